/** @file Tokenizers: trained here, read from the field's files, saved as tokenizer.json. */

export { refuseDoubled } from "./chat/doubled.js";
export type { ChatMessage, RenderChatOptions, RenderedChat } from "./chat/renderChat.js";
export { renderChat } from "./chat/renderChat.js";
export { PythonFloat } from "./chat/values.js";
export type { EncodeManyOptions, EncodePool } from "./encodeMany.js";
export { createEncodePool, encodeMany } from "./encodeMany.js";
export type { Encoding } from "./encoding/encoding.js";
export type { Padding } from "./encoding/pad.js";
export type { EncodingInput } from "./encoding/pipeline.js";
export type { Truncation } from "./encoding/truncate.js";
export { ggufTokenizer, readGgufTokenizer } from "./files/gguf.js";
export { readGpt2Files } from "./files/gpt2.js";
export { readLlama2cTokenizer } from "./files/llama2c.js";
export { loadTokenizer } from "./files/load.js";
export { saveTokenizer } from "./files/save.js";
export type { GgufTokenizerOptions } from "./files/saveGguf.js";
export { ggufTokenizerEntries } from "./files/saveGguf.js";
export { readSentencePiece } from "./files/sentencePiece.js";
export type { TiktokenOptions } from "./files/tiktoken.js";
export { readTiktoken } from "./files/tiktoken.js";
export { tokenizerFromJson } from "./files/tokenizerJson.js";
export type { IdBuffer } from "./idBuffer.js";
export { createIdBuffer, takeIds } from "./idBuffer.js";
export type { PatternName } from "./pretokenizers/splitter.js";
export type {
  AddedToken,
  BatchOptions,
  DecodeOptions,
  EncodeOptions,
  EncodingOptions,
  StreamDecoder,
  Tokenizer,
  TokenizerConfig,
  TokenRoles,
} from "./tokenizer.js";
export { normalizerJson, PRESETS as TOKENIZER_PRESETS, preTokenizerJson } from "./training/presets.js";
export type { TrainBpeOptions, TrainingProgress } from "./training/trainBpe.js";
export { trainBpe } from "./training/trainBpe.js";
export type { TrainCharactersOptions } from "./training/trainCharacters.js";
export { trainCharacters } from "./training/trainCharacters.js";
export type {
  ModelTraining,
  TrainTokenizerOptions,
  TrainTokenizerProgress,
} from "./training/trainTokenizer.js";
export { trainTokenizer } from "./training/trainTokenizer.js";
