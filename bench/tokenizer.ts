/** @file `npm run bench -- tokenizer`: training and encoding beside Hugging Face's tokenizers and tiktoken (Python, Rust
 *  cores, one thread) and @huggingface/tokenizers (JavaScript). The same vocabulary and documents, ids and merges compared
 *  before anything is timed, the sides in turn, medians. "warm": the tokenizer has seen the text before (we keep up to
 *  131,072 words, tokenizers 10,000, tiktoken none). "cold": a tokenizer just loaded, on its first pass; tiktoken has no
 *  cache, so its figure is the same. Loading is not timed. */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Tokenizer as JsPeer } from "@huggingface/tokenizers";
import type { Tokenizer } from "../src/tokenizer/index.js";
import { readGpt2Files, saveTokenizer, trainBpe } from "../src/tokenizer/index.js";
import type { BenchOptions, Outcome } from "./outcome.js";
import { median } from "./outcome.js";
import type { LineWorker } from "./peer.js";
import { PEER_PYTHON, peersInstalled, startWorker } from "./peer.js";
import { byteLength, readCorpora } from "./tokenizer-corpora.js";

const DATA = resolve("../shared/data");
const ONE_THREAD = { TOKENIZERS_PARALLELISM: "false", RAYON_NUM_THREADS: "1" };

export async function* run({ quick }: BenchOptions): AsyncGenerator<Outcome> {
  if (!existsSync(DATA)) throw new Error(`the texts of this benchmark are not there: ${DATA}`);
  if (!peersInstalled()) throw new Error("the Python peers are not installed: npm run bench:peers");
  const folder = mkdtempSync(join(tmpdir(), "cygnet-bench-"));
  const worker = startWorker(PEER_PYTHON, ["bench/peers/tokenizers_bench.py"], ONE_THREAD);
  try {
    const corpora = readCorpora(DATA, quick);
    yield* encoding(worker, folder, corpora, quick ? 3 : 5);
    yield* longWords(worker, folder, quick ? 1 : 3);
    yield await training(worker, folder, corpora.train, quick ? 1 : 2, quick ? 2048 : 8192);
    if (!quick) yield await training(worker, folder, corpora.train, 1, 32768);
  } finally {
    worker.close();
    rmSync(folder, { recursive: true });
  }
}

interface Side {
  readonly name: string;
  /** Seconds of one pass over the documents. */
  time(cold: boolean): Promise<number>;
}

const load = () =>
  readGpt2Files(join(DATA, "tokenizer/gpt2_encoder.json"), join(DATA, "tokenizer/gpt2_vocab.bpe"));

async function* encoding(
  worker: LineWorker,
  folder: string,
  corpora: Readonly<Record<"english" | "code" | "scripts", string[]>>,
  rounds: number,
): AsyncGenerator<Outcome> {
  const ours = await prepare(worker, folder);
  for (const kind of ["english", "code", "scripts"] as const) {
    const sides = await prepareSides(worker, folder, ours, kind, corpora[kind]);
    for (const cold of [false, true])
      yield* compare(
        `tokenizer/encode/${kind}${cold ? "/cold" : ""}`,
        sides,
        byteLength(corpora[kind]),
        cold,
        rounds,
      );
  }
}

/** One piece of a megabyte: one letter, and random letters. */
async function* longWords(worker: LineWorker, folder: string, rounds: number): AsyncGenerator<Outcome> {
  const ours = await prepare(worker, folder);
  let seed = 1;
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
  const letters = Array.from({ length: 1e6 }, () => String.fromCharCode(97 + Math.floor(random() * 26))).join(
    "",
  );
  for (const [name, text] of [
    ["one-letter", "a".repeat(1e6)],
    ["random-letters", letters],
  ] as const) {
    const sides = await prepareSides(worker, folder, ours, name, [text]);
    yield* compare(`tokenizer/encode/1-MB-${name}`, sides, 1e6, false, rounds);
  }
}

async function prepare(worker: LineWorker, folder: string): Promise<Tokenizer> {
  const ours = load();
  saveTokenizer(ours, folder);
  const ranks: Record<string, number> = {};
  for (let id = 0; id < ours.vocabSize - 1; id++)
    ranks[Buffer.from(ours.tokenBytes(id)).toString("hex")] = id;
  writeFileSync(join(folder, "ranks.json"), JSON.stringify(ranks));
  await worker.ask(
    JSON.stringify({
      op: "load",
      tokenizer: join(folder, "tokenizer.json"),
      vocab: join(folder, "ranks.json"),
    }),
  );
  return ours;
}

/** The four sides on one set of documents, after a check that all give the same ids. */
async function prepareSides(
  worker: LineWorker,
  folder: string,
  ours: Tokenizer,
  kind: string,
  texts: string[],
): Promise<Side[]> {
  const documents = join(folder, `${kind}.json`);
  const idsFile = join(folder, "ids.bin");
  writeFileSync(documents, JSON.stringify(texts));
  const read = (name: string) => JSON.parse(readFileSync(join(folder, name), "utf8")) as object;
  const js = () => new JsPeer(read("tokenizer.json"), read("tokenizer_config.json"));
  const jsWarm = js();
  const python = (lib: string): Side => ({
    name: lib,
    time: async (cold) =>
      Number((await worker.ask(JSON.stringify({ op: "encode", lib, documents, cold }))).seconds),
  });
  const want = Buffer.from(Int32Array.from(texts.flatMap((text) => [...ours.encode(text)])).buffer);
  for (const lib of ["tiktoken", "tokenizers"]) {
    await worker.ask(JSON.stringify({ op: "encode", lib, documents, cold: false, ids: idsFile }));
    if (!readFileSync(idsFile).equals(want)) throw new Error(`${kind}: the ids differ from those of ${lib}`);
  }
  const sides: Side[] = [
    {
      name: "ours",
      time: async (cold) =>
        clock(cold ? load() : ours, (tokenizer) => encodeAll(texts, (text) => tokenizer.encode(text))),
    },
    python("tiktoken"),
    python("tokenizers"),
  ];
  if (kind !== "one-letter" && kind !== "random-letters")
    sides.push({
      name: "tokenizers.js",
      time: async (cold) =>
        clock(cold ? js() : jsWarm, (peer) =>
          encodeAll(texts, (text) => peer.encode(text, { add_special_tokens: false })),
        ),
    });
  return sides;
}

function encodeAll(texts: readonly string[], encode: (text: string) => unknown): void {
  for (const text of texts) encode(text);
}

function clock<T>(subject: T, action: (subject: T) => void): number {
  const start = performance.now();
  action(subject);
  return (performance.now() - start) / 1000;
}

/** MB/s of each side, in turn; the peer is the fastest of the others. */
async function* compare(
  name: string,
  sides: readonly Side[],
  bytes: number,
  cold: boolean,
  rounds: number,
): AsyncGenerator<Outcome> {
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
  yield { name, ours: ours!, peer: fastest, ratio: ours! / fastest, unit: "MB/s", note };
}

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
    peer.push(
      Number(
        (
          await worker.ask(
            JSON.stringify({ op: "train", documents, vocab_size: vocabSize, merges: mergesFile }),
          )
        ).seconds,
      ),
    );
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
  };
}
