#!/usr/bin/env node

/** @file `cygnet`: the command line. */

import { packageVersion } from "../platform/package.js";
import { surviveFileSizeLimit } from "../platform/signals.js";
import { commandLine, quietBrokenPipe, setExitCode } from "../platform/terminal.js";
import { commands } from "./commands.js";
import { terminalIo } from "./io.js";
import { runProgram } from "./program.js";

quietBrokenPipe();
surviveFileSizeLimit();
setExitCode(await runProgram(commands, commandLine(), { version: packageVersion(), io: terminalIo() }));
