/** llama.cpp opens a GGUF file: `node logits.mjs FILE` with {"text", "ids", "continue"} on standard input gives {"tokens":
 *  the text's ids, "logits": of each place of the ids, "greedy": ids that follow} on standard output. */

import { readFileSync } from "node:fs";
import { getLlama, LlamaLogLevel } from "node-llama-cpp";

const { text, ids, continue: more } = JSON.parse(readFileSync(0, "utf8"));
const llama = await getLlama({ build: "never", gpu: false, logLevel: LlamaLogLevel.error });
const model = await llama.loadModel({ modelPath: process.argv[2], useMmap: false });
const context = await model.createContext({
  contextSize: ids.length + more + 8,
  threads: 1,
  flashAttention: false,
  // Not halves, which is the default: it is the model that is compared.
  experimentalKvCacheKeyType: "F32",
  experimentalKvCacheValueType: "F32",
});
const sequence = context.getSequence();
const wanted = { generateNext: { logits: true, token: true, options: { temperature: 0 } } };
const all = await sequence.controlledEvaluate(ids.map((id) => [id, wanted]));
const row = (next) => {
  const values = new Array(next.logits.size).fill(0);
  for (const [id, logit] of next.logits) values[id] = logit;
  return values;
};
const logits = all.map((output) => row(output.next));
const greedy = [];
let token = all.at(-1).next.token;
while (greedy.length < more && token != null) {
  greedy.push(token);
  const [output] = await sequence.controlledEvaluate([[token, wanted]]);
  token = output.next.token;
}
process.stdout.write(JSON.stringify({ tokens: [...model.tokenize(text)], logits, greedy }));
await llama.dispose();
process.exit(0);
