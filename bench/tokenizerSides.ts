/** @file Who encodes in the tokenizer benchmark: ours and five peers, all with GPT-2's vocabulary, one thread each. The ids of
 *  every peer are compared with ours before anything is timed. */

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { Tokenizer as HuggingFace } from "@huggingface/tokenizers";
import type { Tokenizer } from "../src/tokenizer/index.js";
import { readGpt2Files, saveTokenizer } from "../src/tokenizer/index.js";
import type { LineWorker } from "./peer.js";

export const DATA = resolve("../shared/data");

export interface Side {
  readonly name: string;
  /** Seconds of one pass over the documents. */
  time(cold: boolean): Promise<number>;
}

/** What all kinds of text share. */
export interface SideContext {
  readonly worker: LineWorker;
  readonly folder: string;
  readonly ours: Tokenizer;
  readonly javascript: readonly JsPeer[];
}

interface JsPeer {
  readonly name: string;
  /** How to encode: fresh, if `cold`. */
  encoder(cold: boolean): (text: string) => ArrayLike<number>;
}

export const loadGpt2 = () =>
  readGpt2Files(join(DATA, "tokenizer/gpt2_encoder.json"), join(DATA, "tokenizer/gpt2_vocab.bpe"));

export async function prepare(worker: LineWorker, folder: string): Promise<SideContext> {
  const ours = loadGpt2();
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
  return { worker, folder, ours, javascript: [huggingFace(folder), ...installedPeers()] };
}

function huggingFace(folder: string): JsPeer {
  const read = (name: string) => JSON.parse(readFileSync(join(folder, name), "utf8")) as object;
  const make = () => new HuggingFace(read("tokenizer.json"), read("tokenizer_config.json"));
  const warm = make();
  return {
    name: "@huggingface/tokenizers",
    encoder(cold) {
      const peer = cold ? make() : warm;
      return (text) => peer.encode(text, { add_special_tokens: false }).ids;
    },
  };
}

/** From bench/peers/node_modules: tiktoken's WebAssembly, which has no cache, and gpt-tokenizer, which has one. */
function installedPeers(): JsPeer[] {
  const require = createRequire(resolve("bench/peers/package.json"));
  const load = <T>(name: string): T => {
    try {
      return require(name) as T;
    } catch (cause) {
      throw new Error(`${name} is not installed: npm run bench:peers`, { cause });
    }
  };
  const wasm = load<{
    get_encoding(name: string): { encode_ordinary(text: string): Uint32Array };
  }>("tiktoken").get_encoding("gpt2");
  const gpt = load<{
    encode(text: string, options: { disallowedSpecial: Set<string> }): number[];
    clearMergeCache(): void;
  }>("gpt-tokenizer/encoding/r50k_base");
  const none = { disallowedSpecial: new Set<string>() };
  return [
    { name: "tiktoken (wasm)", encoder: () => (text) => wasm.encode_ordinary(text) },
    {
      name: "gpt-tokenizer",
      encoder(cold) {
        if (cold) gpt.clearMergeCache();
        return (text) => gpt.encode(text, none);
      },
    },
  ];
}

/** All sides on one set of documents, after a check that all give the same ids. `javascript`: the peers in JavaScript
 *  too, some of which take minutes on a megabyte of letters. */
export async function sidesFor(
  { worker, folder, ours, ...context }: SideContext,
  kind: string,
  texts: readonly string[],
  javascript: boolean,
): Promise<Side[]> {
  const documents = join(folder, `${kind}.json`);
  const idsFile = join(folder, "ids.bin");
  writeFileSync(documents, JSON.stringify(texts));
  const want = idsOf(texts, (text) => ours.encode(text));
  const python = async (lib: string): Promise<Side> => {
    await worker.ask(JSON.stringify({ op: "encode", lib, documents, cold: false, ids: idsFile }));
    check(lib, kind, want, readFileSync(idsFile));
    const ask = async (cold: boolean) =>
      Number((await worker.ask(JSON.stringify({ op: "encode", lib, documents, cold }))).seconds);
    return { name: lib, time: ask };
  };
  const sides: Side[] = [
    {
      name: "ours",
      time: async (cold) => {
        const tokenizer = cold ? loadGpt2() : ours;
        return clock(texts, (text) => tokenizer.encode(text));
      },
    },
    await python("tiktoken"),
    await python("tokenizers"),
  ];
  for (const peer of javascript ? context.javascript : []) {
    check(peer.name, kind, want, idsOf(texts, peer.encoder(false)));
    sides.push({ name: peer.name, time: async (cold) => clock(texts, peer.encoder(cold)) });
  }
  return sides;
}

function idsOf(texts: readonly string[], encode: (text: string) => ArrayLike<number>): Buffer {
  const parts = texts.map((text) => {
    const ids = Int32Array.from(encode(text));
    return Buffer.from(ids.buffer, ids.byteOffset, ids.byteLength);
  });
  return Buffer.concat(parts);
}

function check(name: string, kind: string, want: Buffer, got: Buffer): void {
  if (!got.equals(want)) throw new Error(`${kind}: the ids differ from those of ${name}`);
}

function clock(texts: readonly string[], encode: (text: string) => unknown): number {
  const start = performance.now();
  for (const text of texts) encode(text);
  return (performance.now() - start) / 1000;
}
