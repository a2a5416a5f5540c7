/** @file `cygnet inspect`: looking at what there is. */

import { commandGroup } from "../command.js";
import { inspectModelCommand } from "./model.js";

export const inspectCommand = commandGroup("inspect", "look at a model", [inspectModelCommand]);
