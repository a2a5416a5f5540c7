// The JavaScript peer of `npm run bench -- embed`: @huggingface/transformers on onnxruntime-node, fp32. MODEL_FOLDER THREADS;
// then lines of JSON as in embed_torch.py. Batches of 32 as there, sorted by length, which this library leaves to its caller.
import { basename, dirname, resolve } from "node:path";
import { createInterface } from "node:readline";
import { env, pipeline } from "@huggingface/transformers";

const [folder, threads] = [resolve(process.argv[2]), Number(process.argv[3])];
env.allowRemoteModels = false;
env.localModelPath = dirname(folder);
const session_options = { intraOpNumThreads: threads, interOpNumThreads: 1 };
const extract = await pipeline("feature-extraction", basename(folder), {
  dtype: "fp32",
  device: "cpu",
  session_options,
});
process.stdout.write(`${JSON.stringify({ ready: true })}\n`);

for await (const line of createInterface({ input: process.stdin })) {
  const { texts, vectors } = JSON.parse(line);
  const start = performance.now();
  const order = [...texts.keys()].sort((a, b) => texts[b].length - texts[a].length);
  const embeddings = new Array(texts.length);
  for (let from = 0; from < order.length; from += 32) {
    const some = order.slice(from, from + 32);
    const out = await extract(
      some.map((i) => texts[i]),
      { pooling: "mean", normalize: true },
    );
    const width = out.dims[1];
    some.forEach((i, row) => {
      embeddings[i] = out.data.slice(row * width, (row + 1) * width);
    });
  }
  const seconds = (performance.now() - start) / 1000;
  const answer = { seconds, ...(vectors ? { embeddings: embeddings.map((e) => [...e]) } : {}) };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
