/** @file Tokenizers as the objectives want them, learned from the text that is trained on: bytes in pairs, or characters, for
 *  next words; WordPiece for masked words, as BERT's; bytes in pairs with an end, a beginning and sentinels for
 *  encoder-decoders. */

import { type DocumentReader, splitByPosition, splitOf, type TextDocument } from "../data/index.js";
import {
  normalizerJson,
  preTokenizerJson,
  TOKENIZER_PRESETS,
  type Tokenizer,
  trainBpe,
  trainCharacters,
  trainTokenizer,
} from "../tokenizer/index.js";
import type { PretrainRecipe } from "./config/index.js";
import type { Listener } from "./events.js";
import { bytesOf, type Texts } from "./prepare.js";
import { vocabularyFor } from "./presets.js";

/** Tokenizer training looks at so many characters at most: more text no longer changes the merges that matter. */
const TOKENIZER_CHARACTERS = 2e8;
const END_OF_TEXT = "<|endoftext|>";

/** For a decoder. */
export async function learnDecoderTokenizer(from: Texts, emit: Listener): Promise<Tokenizer> {
  const { recipe, documents, validation } = from;
  const stage = stageOf(emit);
  if (recipe.characters) {
    stage("collecting the characters");
    // A character that only the validation text has would otherwise have no token.
    const specialTokens =
      several(documents) || (validation !== undefined && several(validation)) ? [END_OF_TEXT] : [];
    return trainCharacters({ documents: texts(documents, validation), specialTokens });
  }
  const bytes = bytesOf(documents.files);
  stage("learning a vocabulary", 0);
  return trainBpe({
    documents: trainingTexts(from),
    vocabSize: recipe.vocabSize ?? vocabularyFor(bytes),
    pattern: recipe.splitPattern,
    ifCorpusTooSmall: recipe.vocabSize === undefined ? "shrink" : "refuse",
    onProgress: (p) =>
      stage(
        "learning a vocabulary",
        p.phase === "count" ? Math.min(0.5, (0.5 * p.characters) / bytes) : 0.5 + (0.5 * p.merges) / p.wanted,
      ),
  });
}

/** For an encoder: BERT's WordPiece, lower case. */
export function learnEncoderTokenizer(
  from: Texts,
  emit: Listener,
  signal: AbortSignal | undefined,
): Promise<Tokenizer> {
  const { model, normalizer, preTokenizer, ...preset } = TOKENIZER_PRESETS.wordpiece;
  return learn(trainingTexts(from), bytesOf(from.documents.files), from.recipe, emit, {
    ...preset,
    model,
    normalizer: normalizerJson(normalizer),
    preTokenizer: preTokenizerJson(preTokenizer),
    roles: { ...preset.roles, eos: "[SEP]" },
    signal,
  });
}

/** T5 has a hundred. */
const SENTINELS = Array.from({ length: 100 }, (_, i) => `<extra_id_${i}>`);

/** For an encoder-decoder: <pad>, <s>, </s>, and with `sentinels` those of span corruption. `bytes`: of the text. */
export function learnPairTokenizer(
  documents: Iterable<string>,
  bytes: number,
  recipe: PretrainRecipe,
  emit: Listener,
  options: { readonly sentinels: boolean; readonly signal: AbortSignal | undefined },
): Promise<Tokenizer> {
  const { model, normalizer, preTokenizer, decoder, minFrequency } = TOKENIZER_PRESETS.bpe;
  const end = { id: "</s>", ids: [2], tokens: ["</s>"] };
  return learn(documents, bytes, recipe, emit, {
    model,
    minFrequency,
    decoder,
    normalizer: normalizerJson(normalizer),
    preTokenizer: preTokenizerJson(preTokenizer),
    specialTokens: ["<pad>", "<s>", "</s>", ...(options.sentinels ? SENTINELS : [])],
    roles: { pad: "<pad>", bos: "<s>", eos: "</s>" },
    postProcessor: {
      type: "TemplateProcessing",
      single: [{ Sequence: { id: "A", type_id: 0 } }, { SpecialToken: { id: "</s>", type_id: 0 } }],
      pair: [
        { Sequence: { id: "A", type_id: 0 } },
        { SpecialToken: { id: "</s>", type_id: 0 } },
        { Sequence: { id: "B", type_id: 0 } },
        { SpecialToken: { id: "</s>", type_id: 0 } },
      ],
      special_tokens: { "</s>": end },
    },
    signal: options.signal,
  });
}

type Learning = Omit<Parameters<typeof trainTokenizer>[0], "documents" | "vocabSize" | "onProgress">;

function learn(
  documents: Iterable<string>,
  bytes: number,
  recipe: PretrainRecipe,
  emit: Listener,
  kind: Learning,
): Promise<Tokenizer> {
  const stage = stageOf(emit);
  stage("learning a vocabulary", 0);
  return trainTokenizer({
    ...kind,
    documents,
    vocabSize: recipe.vocabSize ?? Math.max(1024, vocabularyFor(bytes)),
    onProgress: (p) => {
      if (p.phase === "count") stage("learning a vocabulary", Math.min(0.5, (0.5 * p.characters) / bytes));
      else if (p.phase === "merge") stage("learning a vocabulary", 0.5 + (0.5 * p.merges) / p.wanted);
    },
  });
}

function stageOf(emit: Listener) {
  return (message: string, share?: number) =>
    emit({ type: "stage", stage: "tokenizer", message, ...(share === undefined ? {} : { share }) });
}

function several(documents: Iterable<TextDocument>): boolean {
  let count = 0;
  for (const _ of documents) if (++count === 2) return true;
  return false;
}

/** All texts, of both sides. */
function* texts(...readers: (DocumentReader | undefined)[]): Generator<string> {
  for (const reader of readers) if (reader !== undefined) for (const { text } of reader) yield text;
}

/** The texts that will be trained on, as writeShards splits them: the tokenizer must not have seen the others. */
export function* trainingTexts({ recipe, documents, validation }: Texts): Generator<string> {
  const fraction = validation === undefined ? recipe.validationFraction : 0;
  let first: string | undefined;
  let count = 0;
  let characters = 0;
  const side = (text: string) => splitOf({ text }, fraction) === "train";
  for (const { text } of documents) {
    if (++count === 1) {
      first = text;
      continue;
    }
    if (first !== undefined && side(first)) yield first;
    first = undefined;
    if (side(text)) yield text;
    characters += text.length;
    if (characters > TOKENIZER_CHARACTERS) return;
  }
  if (first !== undefined) yield fraction === 0 ? first : splitByPosition(first, fraction).train;
}
