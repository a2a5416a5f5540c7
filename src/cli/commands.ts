/** @file The list of commands. A new command is a file beside this one and a line here. */

import { chatCommand } from "./chat.js";
import type { CliCommand } from "./command.js";
import { exportCommand, importCommand } from "./convert.js";
import { doctorCommand } from "./doctor.js";
import { embedCommand } from "./embed.js";
import { fillMaskCommand } from "./fillMask.js";
import { generateCommand } from "./generate.js";
import { inspectCommand } from "./inspect/index.js";
import { pretrainCommand } from "./pretrain.js";
import { quickstartCommand } from "./quickstart.js";
import { tokenizerCommand } from "./tokenizer/index.js";

export const commands: readonly CliCommand[] = [
  quickstartCommand,
  pretrainCommand,
  generateCommand,
  chatCommand,
  embedCommand,
  fillMaskCommand,
  exportCommand,
  importCommand,
  doctorCommand,
  inspectCommand,
  tokenizerCommand,
];
