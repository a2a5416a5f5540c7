/** @file `npm run bench -- embed`: sentence embeddings of a published model (all-MiniLM-L6-v2, fp32, two threads) beside
 *  sentence-transformers (PyTorch) and @huggingface/transformers (onnxruntime-node): the same texts in turn, the vectors
 *  compared before anything is timed. "sentences": captions of about a dozen tokens; "passages": fifteen of them each. */

import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { type Embedder, loadEmbedder } from "../src/generate/index.js";
import { type BenchOptions, median, type Outcome } from "./outcome.js";
import { type LineWorker, PEER_PYTHON, peersInstalled, startWorker } from "./peer.js";

const MODEL = "bench/peers/.cache/models/all-MiniLM-L6-v2";
const TEXTS = "../shared/data/translation/multi30k.val.en.gz";
const THREADS = 2;
const BAR = 1.2;

export async function* run({ quick, filter = "" }: BenchOptions): AsyncGenerator<Outcome> {
  if (!existsSync(`${MODEL}/onnx/model.onnx`))
    throw new Error("the model is not there: npm run bench:models");
  if (!peersInstalled()) throw new Error("the Python peers are not installed: npm run bench:peers");
  const embedder = loadEmbedder(MODEL, { threads: THREADS });
  const environment = { OMP_NUM_THREADS: String(THREADS), HF_HUB_OFFLINE: "1" };
  const peers = {
    "sentence-transformers": startWorker(
      PEER_PYTHON,
      ["bench/peers/embed_torch.py", MODEL, `${THREADS}`],
      environment,
    ),
    "@huggingface/transformers": startWorker(process.execPath, [
      "bench/peers/embed_onnx.mjs",
      MODEL,
      `${THREADS}`,
    ]),
  };
  try {
    for (const peer of Object.values(peers)) await peer.next();
    const lines = gunzipSync(readFileSync(TEXTS)).toString("utf8").trim().split("\n");
    const passages = Array.from({ length: 32 }, (_, i) => lines.slice(15 * i, 15 * i + 15).join(" "));
    const workloads = {
      sentences: lines.slice(0, quick ? 256 : 512),
      passages: quick ? passages.slice(0, 16) : passages,
    };
    for (const [name, texts] of Object.entries(workloads))
      if (`embed/${name}`.includes(filter)) yield await compare(name, texts, embedder, peers, quick ? 3 : 5);
  } finally {
    for (const peer of Object.values(peers)) peer.close();
    embedder.dispose();
  }
}

async function compare(
  name: string,
  texts: readonly string[],
  embedder: Embedder,
  peers: Readonly<Record<string, LineWorker>>,
  rounds: number,
): Promise<Outcome> {
  const ask = (peer: LineWorker, vectors: boolean) => peer.ask(JSON.stringify({ texts, vectors }));
  const ours = await embedder.embed(texts, { normalize: true });
  for (const [who, peer] of Object.entries(peers)) {
    const theirs = (await ask(peer, true)).embeddings as number[][];
    const far = ours.reduce(
      (w, v, i) => v.reduce((x, a, j) => Math.max(x, Math.abs(a - theirs[i]![j]!)), w),
      0,
    );
    if (!(far < 1e-5)) throw new Error(`${who} gives other vectors: off by ${far}`);
  }
  const times: Record<string, number[]> = {
    ours: [],
    ...Object.fromEntries(Object.keys(peers).map((k) => [k, []])),
  };
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    await embedder.embed(texts, { normalize: true });
    times.ours!.push((performance.now() - start) / 1000);
    for (const [who, peer] of Object.entries(peers))
      times[who]!.push(Number((await ask(peer, false)).seconds));
  }
  const tokens = texts.reduce((n, text) => n + embedder.tokenize(text).length, 0);
  const rate = (who: string) => texts.length / median(times[who]!);
  const rates = Object.keys(peers).map((who) => [who, rate(who)] as const);
  const peer = Math.max(...rates.map(([, r]) => r));
  const ratio = rate("ours") / peer;
  return {
    name: `embed/${name}`,
    ours: rate("ours"),
    peer,
    ratio,
    unit: "texts/s",
    note: `${texts.length} texts, ${tokens} tokens; ${rates.map(([who, r]) => `${who} ${r.toFixed(0)}`).join(", ")}`,
    verdicts: [{ bar: `at least ${BAR} of the faster peer (${ratio.toFixed(2)})`, met: ratio >= BAR }],
  };
}
