/** @file Text to token shards: the village where no data is given, a tokenizer learned from the training documents (or one
 *  given), the shards. Made once a run; a resumed run opens what is there and does not need the text any more. */

import {
  type DocumentReader,
  openShards,
  readDocuments,
  sourcesKey,
  splitByPosition,
  splitOf,
  type TextDocument,
  type TokenStream,
  writeShards,
} from "../data/index.js";
import { exists, joinPath, makeFolder, readJson, sha256, writeAtomic } from "../platform/files.js";
import {
  loadTokenizer,
  saveTokenizer,
  type Tokenizer,
  trainBpe,
  trainCharacters,
} from "../tokenizer/index.js";
import type { PretrainRecipe } from "./config/index.js";
import type { Listener } from "./events.js";
import { vocabularyFor } from "./presets.js";
import { villageFile } from "./village.js";

export interface Source {
  readonly file: string;
  readonly bytes: number;
}

export interface PreparedData {
  readonly tokenizer: Tokenizer;
  readonly tokenizerHash: string;
  readonly train: TokenStream;
  readonly validation: TokenStream;
  readonly sources: readonly Source[];
  /** Changes when any file does. */
  readonly sourcesKey: string;
}

interface PreparedFile {
  readonly format: "cygnet-data/1";
  readonly tokenizerHash: string;
  readonly sources: readonly Source[];
  readonly sourcesKey: string;
}

/** Tokenizer training looks at so many characters at most: more text no longer changes the merges that matter. */
const TOKENIZER_CHARACTERS = 2e8;
const END_OF_TEXT = "<|endoftext|>";

/** `folder` keeps the tokenizer and the shards. Throws UserError for text that cannot be used. */
export async function prepareData(
  recipe: PretrainRecipe,
  folder: string,
  emit: Listener,
  signal?: AbortSignal,
): Promise<PreparedData> {
  const file = joinPath(folder, "prepared.json");
  if (!exists(file)) {
    const made = await make(recipe, folder, emit, signal);
    writeAtomic(file, `${JSON.stringify(made, null, 2)}\n`);
  }
  const { tokenizerHash, sources, sourcesKey: key } = readJson(file) as PreparedFile;
  const tokenizer = loadTokenizer(joinPath(folder, "tokenizer"));
  const shards = joinPath(folder, "shards");
  const options = { tokenizerHash, vocabSize: tokenizer.vocabSize };
  return {
    tokenizer,
    tokenizerHash,
    sources,
    sourcesKey: key,
    train: openShards(shards, "train", options),
    validation: openShards(shards, "validation", options),
  };
}

async function make(
  recipe: PretrainRecipe,
  folder: string,
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
  const tokenizer = await makeTokenizer(recipe, documents, validation, emit);
  saveTokenizer(tokenizer, joinPath(folder, "tokenizer"));
  const tokenizerHash = sha256(JSON.stringify(tokenizer.definition));
  const bytes = files.reduce((sum, f) => sum + f.size, 0);
  emit({ type: "stage", stage: "shards", message: "cutting the text into tokens", share: 0 });
  const written = await writeShards({
    documents,
    ...(validation === undefined ? { validationFraction: recipe.validationFraction } : { validation }),
    encode: (text) => tokenizer.encode(text),
    vocabSize: tokenizer.vocabSize,
    ...(tokenizer.eosId === undefined ? {} : { eosId: tokenizer.eosId }),
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

/** What was odd about the text, counted: nothing is left out in silence. */
function tell({ statistics }: DocumentReader, note: string | undefined, emit: Listener): void {
  if (note !== undefined) emit({ type: "note", message: note });
  if (statistics.invalidBytes > 0)
    emit({ type: "note", message: `${statistics.invalidBytes} bytes were not UTF-8 and became U+FFFD` });
  for (const [reason, count] of Object.entries(statistics.skipped))
    emit({ type: "note", message: `left out, ${reason}: ${count} (${statistics.skippedFirst[0]})` });
}

async function makeTokenizer(
  recipe: PretrainRecipe,
  documents: DocumentReader,
  validation: DocumentReader | undefined,
  emit: Listener,
): Promise<Tokenizer> {
  if (recipe.tokenizer !== undefined) return loadTokenizer(recipe.tokenizer);
  const stage = (message: string, share?: number) =>
    emit({ type: "stage", stage: "tokenizer", message, ...(share === undefined ? {} : { share }) });
  if (recipe.characters) {
    stage("collecting the characters");
    // A character that only the validation text has would otherwise have no token.
    const specialTokens =
      several(documents) || (validation !== undefined && several(validation)) ? [END_OF_TEXT] : [];
    return trainCharacters({ documents: texts(documents, validation), specialTokens });
  }
  const bytes = documents.files.reduce((sum, f) => sum + f.size, 0);
  stage("learning a vocabulary", 0);
  return trainBpe({
    documents: trainingTexts(documents, validation === undefined ? recipe.validationFraction : 0),
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

function several(documents: Iterable<TextDocument>): boolean {
  let count = 0;
  for (const _ of documents) if (++count === 2) return true;
  return false;
}

function* texts(...readers: (DocumentReader | undefined)[]): Generator<string> {
  for (const reader of readers) if (reader !== undefined) for (const { text } of reader) yield text;
}

/** The texts that will be trained on, as writeShards splits them: the tokenizer must not have seen the others. */
function* trainingTexts(documents: DocumentReader, fraction: number): Generator<string> {
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
