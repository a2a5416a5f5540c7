/** @file Text to token shards: the village where no data is given, a tokenizer learned from the training documents (or one
 *  given), the shards. Made once a run; a resumed run opens what is there and does not need the text any more. */

import {
  type DocumentReader,
  openShards,
  readDocuments,
  sourcesKey,
  type TokenStream,
  writeShards,
} from "../data/index.js";
import { exists, joinPath, makeFolder, readJson, sha256, writeAtomic } from "../platform/files.js";
import { loadTokenizer, saveTokenizer, type Tokenizer } from "../tokenizer/index.js";
import type { PretrainRecipe } from "./config/index.js";
import type { Listener } from "./events.js";
import { villageFile } from "./village.js";

export interface Source {
  readonly file: string;
  readonly bytes: number;
}

export interface PreparedSources {
  readonly tokenizer: Tokenizer;
  readonly tokenizerHash: string;
  readonly sources: readonly Source[];
  /** Changes when any file does. */
  readonly sourcesKey: string;
}

export interface PreparedText extends PreparedSources {
  readonly train: TokenStream;
  readonly validation: TokenStream;
}

export interface PreparedFile {
  readonly format: "cygnet-data/1";
  readonly tokenizerHash: string;
  readonly sources: readonly Source[];
  readonly sourcesKey: string;
}

/** What an objective asks of the tokens. */
export interface TokensWanted {
  /** A tokenizer learned from these texts. */
  learn(texts: Texts, emit: Listener, signal: AbortSignal | undefined): Promise<Tokenizer>;
  /** What stands after each text; undefined where the tokenizer has no such token. Throws UserError where it must. */
  endId(tokenizer: Tokenizer): number | undefined;
}

/** Texts that a tokenizer learns from: those that will be trained on, as they are split. */
export interface Texts {
  readonly recipe: PretrainRecipe;
  readonly documents: DocumentReader;
  readonly validation: DocumentReader | undefined;
}

/** `folder` keeps the tokenizer and the shards. Throws UserError for text that cannot be used. */
export async function prepareText(
  recipe: PretrainRecipe,
  folder: string,
  wanted: TokensWanted,
  emit: Listener,
  signal?: AbortSignal,
): Promise<PreparedText> {
  const known = await prepared(folder, () => make(recipe, folder, wanted, emit, signal));
  const shards = joinPath(folder, "shards");
  const options = { tokenizerHash: known.tokenizerHash, vocabSize: known.tokenizer.vocabSize };
  return {
    ...known,
    train: openShards(shards, "train", options),
    validation: openShards(shards, "validation", options),
  };
}

/** What is known of the data in `folder`, which `make` makes where nothing is there yet. */
export async function prepared(folder: string, make: () => Promise<PreparedFile>): Promise<PreparedSources> {
  const file = joinPath(folder, "prepared.json");
  if (!exists(file)) writeAtomic(file, `${JSON.stringify(await make(), null, 2)}\n`);
  const { tokenizerHash, sources, sourcesKey: key } = readJson(file) as PreparedFile;
  return { tokenizer: loadTokenizer(joinPath(folder, "tokenizer")), tokenizerHash, sources, sourcesKey: key };
}

async function make(
  recipe: PretrainRecipe,
  folder: string,
  wanted: TokensWanted,
  emit: Listener,
  signal: AbortSignal | undefined,
): Promise<PreparedFile> {
  makeFolder(folder);
  const reading = { textKey: recipe.textKey, separator: recipe.separator, strict: recipe.strict };
  const data = recipe.data ?? villageFile(recipe, folder, emit);
  const documents = readDocuments(data, reading);
  const validation = recipe.validation === undefined ? undefined : readDocuments(recipe.validation, reading);
  const files = [...documents.files, ...(validation?.files ?? [])];
  const key = sourcesKey(files);
  const tokenizer =
    recipe.tokenizer === undefined
      ? await wanted.learn({ recipe, documents, validation }, emit, signal)
      : loadTokenizer(recipe.tokenizer);
  const endId = wanted.endId(tokenizer);
  const tokenizerHash = keepTokenizer(tokenizer, folder);
  const bytes = bytesOf(files);
  emit({ type: "stage", stage: "shards", message: "cutting the text into tokens", share: 0 });
  const written = await writeShards({
    documents,
    ...(validation === undefined ? { validationFraction: recipe.validationFraction } : { validation }),
    encode: (text) => tokenizer.encode(text),
    vocabSize: tokenizer.vocabSize,
    ...(endId === undefined ? {} : { eosId: endId }),
    tokenizerHash,
    folder: joinPath(folder, "shards"),
    onProgress: (done) =>
      emit({
        type: "stage",
        stage: "shards",
        message: "cutting the text into tokens",
        share: Math.min(1, done.bytes / bytes),
      }),
    ...(signal === undefined ? {} : { signal }),
  });
  tell(documents, written.note, emit);
  return {
    format: "cygnet-data/1",
    tokenizerHash,
    sources: files.map((f) => ({ file: f.file, bytes: f.size })),
    sourcesKey: key,
  };
}

export function bytesOf(files: readonly { readonly size: number }[]): number {
  return files.reduce((sum, f) => sum + f.size, 0);
}

/** Saves it and returns its hash. */
export function keepTokenizer(tokenizer: Tokenizer, folder: string): string {
  saveTokenizer(tokenizer, joinPath(folder, "tokenizer"));
  return sha256(JSON.stringify(tokenizer.definition));
}

/** What was odd about the text, counted: nothing is left out in silence. */
function tell({ statistics }: DocumentReader, note: string | undefined, emit: Listener): void {
  if (note !== undefined) emit({ type: "note", message: note });
  if (statistics.invalidBytes > 0)
    emit({ type: "note", message: `${statistics.invalidBytes} bytes were not UTF-8 and became U+FFFD` });
  for (const [reason, count] of Object.entries(statistics.skipped))
    emit({ type: "note", message: `left out, ${reason}: ${count} (${statistics.skippedFirst[0]})` });
}

/** Whether attention is kept inside documents: only where there are several. */
export function usesDocuments(recipe: PretrainRecipe, shards: TokenStream): boolean {
  return recipe.documentAttention && shards.eosId !== null && shards.documentStarts.length > 1;
}
