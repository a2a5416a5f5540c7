/** @file `npm run bench -- tokenizer`: encoding, loading and training beside Hugging Face's tokenizers and tiktoken (Python,
 *  Rust cores) and, in JavaScript, @huggingface/tokenizers, tiktoken (WebAssembly) and gpt-tokenizer; one thread each. The
 *  same vocabulary and documents, ids and merges compared before anything is timed, the sides in turn, medians. "warm": the
 *  tokenizer has seen the text before (we keep up to 131,072 words, tokenizers 10,000, gpt-tokenizer 100,000, tiktoken none).
 *  "cold": a tokenizer just loaded, on its first pass; tiktoken has no cache, so its figure is the same. */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Tokenizer as HuggingFace } from "@huggingface/tokenizers";
import { createEncodePool, encodeMany, loadTokenizer, trainBpe } from "../src/tokenizer/index.js";
import type { BenchOptions, Outcome, Verdict } from "./outcome.js";
import { median } from "./outcome.js";
import type { LineWorker } from "./peer.js";
import { PEER_PYTHON, peersInstalled, startWorker } from "./peer.js";
import { byteLength, type Corpora, readCorpora } from "./tokenizer-corpora.js";
import { DATA, loadGpt2, prepare, type Side, type SideContext, sidesFor } from "./tokenizerSides.js";

const REPEATS = 5;
const ONE_THREAD = { TOKENIZERS_PARALLELISM: "false", RAYON_NUM_THREADS: "1" };

export async function* run({ quick, filter = "" }: BenchOptions): AsyncGenerator<Outcome> {
  if (!existsSync(DATA)) throw new Error(`the texts of this benchmark are not there: ${DATA}`);
  if (!peersInstalled()) throw new Error("the Python peers are not installed: npm run bench:peers");
  const folder = mkdtempSync(join(tmpdir(), "cygnet-bench-"));
  const worker = startWorker(PEER_PYTHON, ["bench/peers/tokenizers_bench.py"], ONE_THREAD);
  const wanted = (name: string) => name.includes(filter) || filter.startsWith(name);
  try {
    const corpora = readCorpora(DATA, quick);
    const context = await prepare(worker, folder);
    for (const kind of ["english", "code", "chinese", "scripts"] as const)
      if (wanted(`tokenizer/encode/${kind}`)) yield* encoding(context, kind, corpora, quick ? 3 : 5);
    for (const [name, text] of longWords())
      if (wanted(`tokenizer/encode/${name}`)) yield* longWord(context, name, text, quick ? 1 : 3);
    if (wanted("tokenizer/workers")) yield* workers(corpora.train, quick ? 1 : 3);
    if (wanted("tokenizer/load")) yield* loading(worker, quick ? 1 : 5);
    for (const merges of quick ? [2048] : [8192, 32768])
      if (wanted(`tokenizer/train/${merges}`))
        yield await training(worker, folder, corpora.train, quick || merges > 8192 ? 1 : 2, merges);
  } finally {
    worker.close();
    rmSync(folder, { recursive: true });
  }
}

async function* encoding(
  context: SideContext,
  kind: Exclude<keyof Corpora, "train">,
  corpora: Corpora,
  rounds: number,
): AsyncGenerator<Outcome> {
  const texts = corpora[kind];
  const sides = await sidesFor(context, kind, texts, true);
  for (const cold of [false, true]) {
    const outcome = await compare(
      `tokenizer/encode/${kind}${cold ? "/cold" : ""}`,
      sides,
      byteLength(texts),
      cold,
      rounds,
    );
    yield kind === "scripts"
      ? outcome
      : { ...outcome, verdicts: [atLeast(outcome.ratio, 1.2, "of the fastest peer")] };
  }
}

/** One piece of a megabyte: one letter, and random letters. */
function longWords(): [name: string, text: string][] {
  let seed = 1;
  const letter = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return String.fromCharCode(97 + Math.floor((seed / 2 ** 32) * 26));
  };
  return [
    ["1-MB-one-letter", "a".repeat(1e6)],
    ["1-MB-random-letters", Array.from({ length: 1e6 }, letter).join("")],
  ];
}

async function* longWord(
  context: SideContext,
  name: string,
  text: string,
  rounds: number,
): AsyncGenerator<Outcome> {
  const sides = await sidesFor(context, name, [text], false);
  const outcome = await compare(`tokenizer/encode/${name}`, sides, text.length, false, rounds);
  const seconds = async (times: number) => {
    const whole = text.repeat(times);
    const all: number[] = [];
    for (let i = 0; i < Math.max(3, rounds); i++) {
      const start = performance.now();
      context.ours.encode(whole);
      all.push(performance.now() - start);
    }
    return median(all);
  };
  const growth = (await seconds(10)) / (await seconds(1));
  const linear: Verdict = {
    bar: `ten times the text takes ten times the time, at most 12 (${growth.toFixed(1)})`,
    met: growth <= 12,
  };
  yield { ...outcome, verdicts: [atLeast(outcome.ratio, 1, "of the fastest peer"), linear] };
}

/** The stream of documents to ids, by one thread and by two: threads that are there already, and a whole call with their
 *  start, on a stream that is long enough for that to be a part only. */
async function* workers(texts: readonly string[], rounds: number): AsyncGenerator<Outcome> {
  const tokenizer = loadGpt2();
  const pool = createEncodePool(tokenizer, { workers: 2 });
  await pool.ready();
  const stream = function* () {
    for (let i = 0; i < REPEATS; i++) yield* texts;
  };
  const bytes = (REPEATS * byteLength(texts)) / 1e6;
  const ways = {
    one: () => encodeMany(tokenizer, stream()),
    started: () => pool.encodeMany(stream()),
    whole: () => encodeMany(tokenizer, stream(), { workers: 2 }),
  };
  const rates = { one: [] as number[], started: [] as number[], whole: [] as number[] };
  let want: number | undefined;
  for (let round = 0; round <= rounds; round++)
    for (const way of ["one", "started", "whole"] as const) {
      const start = performance.now();
      let sum = 0; // of the ids by their places
      let tokens = 0;
      for await (const ids of ways[way]()) {
        sum = (Math.imul(sum, 31) + ids.length + (ids[0] ?? 0)) | 0;
        tokens += ids.length;
      }
      if (want !== undefined && want !== sum + tokens) throw new Error("threads give other ids");
      want = sum + tokens;
      if (round > 0) rates[way].push((1000 * bytes) / (performance.now() - start)); // the first is for the compiler
    }
  await pool.close();
  const peer = median(rates.one);
  for (const way of ["started", "whole"] as const) {
    const ours = median(rates[way]);
    const note = `${bytes.toFixed(0)} MB; two workers beside one; ${way === "whole" ? "starting the thread included" : "the thread is there"}`;
    const verdicts = [atLeast(ours / peer, 1.6, "of one thread")];
    yield {
      name: `tokenizer/workers/2-${way}`,
      ours,
      peer,
      ratio: ours / peer,
      unit: "MB/s",
      note,
      verdicts,
    };
  }
}

/** From a file to the first ids. */
async function* loading(worker: LineWorker, rounds: number): AsyncGenerator<Outcome> {
  for (const name of ["gpt_neox_tokenizer.json", "llama_tokenizer.json"]) {
    const file = join(DATA, "tokenizer", name);
    const times: Record<"ours" | "js" | "python", number[]> = { ours: [], js: [], python: [] };
    for (let round = 0; round < rounds; round++) {
      times.ours.push(await stopwatch(() => loadTokenizer(file).encode("Hello world")));
      times.js.push(
        await stopwatch(() =>
          new HuggingFace(JSON.parse(readFileSync(file, "utf8")) as object, {}).encode("Hello world"),
        ),
      );
      times.python.push(Number((await worker.ask(JSON.stringify({ op: "open", tokenizer: file }))).seconds));
    }
    const [ours, js, python] = [times.ours, times.js, times.python].map((t) => 1000 * median(t)) as [
      number,
      number,
      number,
    ];
    const note = `@huggingface/tokenizers ${js.toFixed(0)}, tokenizers ${python.toFixed(0)}; ours checks the file`;
    const peer = Math.min(js, python);
    yield {
      name: `tokenizer/load/${name.replace("_tokenizer.json", "")}`,
      ours,
      peer,
      ratio: peer / ours,
      unit: "ms",
      note,
    };
  }
}

async function stopwatch(action: () => unknown): Promise<number> {
  const start = performance.now();
  action();
  return (performance.now() - start) / 1000;
}

/** MB/s of each side, in turn; the peer is the fastest of the others. */
async function compare(
  name: string,
  sides: readonly Side[],
  bytes: number,
  cold: boolean,
  rounds: number,
): Promise<Outcome> {
  const rates = sides.map(() => [] as number[]);
  for (let i = 0; i < 3; i++) await sides[0]!.time(cold); // the JIT compiler's time is not what is asked here
  const slow = (i: number) =>
    i > 0 && median(rates[i]!) * 3 < Math.max(...rates.slice(1).map((rate) => median(rate)));
  for (let round = 0; round < rounds; round++)
    // A side that is far from the fastest peer cannot change the outcome: two rounds will do.
    for (const [i, side] of sides.entries())
      if (round < 2 || !slow(i)) rates[i]!.push(bytes / 1e6 / (await side.time(cold)));
  const [ours, ...peers] = rates.map(median);
  const fastest = Math.max(...peers);
  const note = peers.map((rate, i) => `${sides[i + 1]!.name} ${rate.toPrecision(3)}`).join(", ");
  return { name, ours: ours!, peer: fastest, ratio: ours! / fastest, unit: "MB/s", note };
}

const atLeast = (ratio: number, bar: number, what: string): Verdict => ({
  bar: `≥ ${bar.toFixed(2)} ${what}`,
  met: ratio >= bar,
});

async function training(
  worker: LineWorker,
  folder: string,
  texts: string[],
  rounds: number,
  merges: number,
): Promise<Outcome> {
  const documents = join(folder, "train.json");
  const mergesFile = join(folder, "merges.json");
  const vocabSize = 257 + merges;
  writeFileSync(documents, JSON.stringify(texts));
  const ours: number[] = [];
  const peer: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    const trained = await trainBpe({ documents: texts, vocabSize, pattern: "gpt2" });
    ours.push((performance.now() - start) / 1000);
    const request = { op: "train", documents, vocab_size: vocabSize, merges: mergesFile };
    peer.push(Number((await worker.ask(JSON.stringify(request))).seconds));
    const model = (JSON.parse(JSON.stringify(trained.definition)) as { model: { merges: unknown } }).model;
    if (JSON.stringify(model.merges) !== JSON.stringify(JSON.parse(readFileSync(mergesFile, "utf8"))))
      throw new Error("the merges differ from those of tokenizers");
  }
  const [a, b] = [median(ours), median(peer)];
  const size = byteLength(texts) / 1e6;
  return {
    name: `tokenizer/train/${merges}-merges`,
    ours: a,
    peer: b,
    ratio: b / a,
    unit: "s",
    note: `${size.toFixed(1)} MB; the peer is tokenizers`,
    verdicts: [atLeast(b / a, 2, "of tokenizers")],
  };
}
