/** @file A tokenizer of bytes with the special tokens that conversations need, made on the spot. */

import { type Tokenizer, type TokenRoles, tokenizerFromJson } from "../../src/tokenizer/index.js";
import { bytesToToken } from "../../src/tokenizer/text/byteAlphabet.js";

export const START = 256;
export const END = 257;
const SPECIAL = ["<|start|>", "<|end|>"];

/** Ids 0 to 255 are bytes, `<|start|>` is 256, `<|end|>` (end of text) 257; behind them a token for each of `merged`, pairs of
 *  letters that are joined. `putIn`: the post-processor writes `<|start|>` before every text. */
export function byteTokenizer(
  options: {
    readonly merged?: readonly string[];
    readonly putIn?: boolean;
    readonly roles?: TokenRoles;
  } = {},
): Tokenizer {
  const { merged = [], putIn = false, roles = { bos: "<|start|>", eos: "<|end|>" } } = options;
  const bytes = Array.from({ length: 256 }, (_, b) => bytesToToken([b]));
  const spelled = merged.map((pair) => [...Buffer.from(pair)].map((b) => bytesToToken([b])));
  const tokens = [...bytes, ...SPECIAL, ...spelled.map((pair) => pair.join(""))];
  return tokenizerFromJson(
    {
      added_tokens: SPECIAL.map((content, i) => ({ id: 256 + i, content, special: true })),
      pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, use_regex: true },
      decoder: { type: "ByteLevel" },
      ...(putIn
        ? {
            post_processor: {
              type: "TemplateProcessing",
              single: [
                { SpecialToken: { id: "<|start|>", type_id: 0 } },
                { Sequence: { id: "A", type_id: 0 } },
              ],
              pair: [{ Sequence: { id: "A", type_id: 0 } }, { Sequence: { id: "B", type_id: 1 } }],
              special_tokens: { "<|start|>": { id: "<|start|>", ids: [START], tokens: ["<|start|>"] } },
            },
          }
        : {}),
      model: {
        type: "BPE",
        vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
        merges: spelled,
      },
    },
    roles,
  );
}

/** Says who speaks and ends every message; says what the assistant generates. */
export const MARKED_TEMPLATE =
  "{% for m in messages %}<|start|>{{ m.role }}\n{% if m.role == 'assistant' %}{% generation %}{{ m.content }}<|end|>{% endgeneration %}{% else %}{{ m.content }}<|end|>{% endif %}{{ '\n' }}{% endfor %}{% if add_generation_prompt %}<|start|>assistant\n{% endif %}";

/** The same without saying it. */
export const PLAIN_TEMPLATE =
  "{% for m in messages %}<|start|>{{ m.role }}\n{{ m.content }}<|end|>\n{% endfor %}{% if add_generation_prompt %}<|start|>assistant\n{% endif %}";
