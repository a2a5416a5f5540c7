/** @file The program: its commands, and what an error becomes. Exit codes: 0 done, 1 failed, 2 used wrongly. A user's
 *  mistake is told in a line, never as a stack. */

import { Command, CommanderError } from "commander";
import { isUserError } from "../platform/errors.js";
import type { CliCommand } from "./command.js";
import type { Io } from "./io.js";

/** Codes of errors that say the command was used wrongly. */
const USAGE = new Set([
  "unknown-key",
  "value-invalid",
  "recipe-contradiction",
  "recipe-invalid",
  "recipe-shape",
  "usage",
]);

export interface ProgramOptions {
  readonly version: string;
  readonly io: Io;
}

/** Runs what `words` ask for; returns the exit code. */
export async function runProgram(
  commands: readonly CliCommand[],
  words: readonly string[],
  { version, io }: ProgramOptions,
): Promise<number> {
  const program = new Command("cygnet")
    .description("Raise language models: from raw text to a model of your own that you can talk to.")
    .version(version)
    .showHelpAfterError(false)
    .configureOutput({
      writeOut: (text) => io.out.write(text),
      writeErr: (text) => io.err.write(text),
      outputError: (text, write) => write(text),
    })
    .exitOverride();
  for (const { install } of commands) install(program, io);
  for (const made of program.commands) made.exitOverride().configureOutput(program.configureOutput());
  try {
    if (words.length === 0) {
      io.out.write(program.helpInformation());
      return 2;
    }
    await program.parseAsync([...words], { from: "user" });
    return 0;
  } catch (error) {
    return report(error, io);
  }
}

function report(error: unknown, io: Io): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (isUserError(error)) {
    io.err.write(`error: ${error.message}\n`);
    return USAGE.has(error.code) ? 2 : 1;
  }
  if (error instanceof StoppedError) return error.exitCode;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  io.err.write(`this is a defect of cygnet, please report it:\n${text}\n`);
  return 1;
}

/** A command that was stopped by a signal, and has said so: it ends with the signal's code. */
export class StoppedError extends Error {
  readonly exitCode: number;
  constructor(exitCode: number) {
    super("stopped");
    this.exitCode = exitCode;
  }
}
