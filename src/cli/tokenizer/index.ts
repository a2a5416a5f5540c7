/** @file `cygnet tokenizer`: tokenizers trained, used and looked at. */

import { commandGroup } from "../command.js";
import { compareCommand } from "./compare.js";
import { decodeCommand } from "./decode.js";
import { encodeCommand } from "./encode.js";
import { inspectCommand } from "./inspect.js";
import { trainCommand } from "./train.js";

export const tokenizerCommand = commandGroup("tokenizer", "train a tokenizer, use it, look at it", [
  trainCommand,
  encodeCommand,
  decodeCommand,
  inspectCommand,
  compareCommand,
]);
