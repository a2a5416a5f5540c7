/** @file The terminal: what was typed after the command, where text goes, and whether a person is looking. */

export interface Output {
  readonly isTerminal: boolean;
  /** Characters a line; 80 where unknown. */
  readonly columns: number;
  write(text: string): void;
}

export function standardOutput(): Output {
  return output(process.stdout);
}

export function standardError(): Output {
  return output(process.stderr);
}

/** What is piped in or typed, as it comes; a character is never cut. */
export async function* standardInput(): AsyncGenerator<string> {
  process.stdin.setEncoding("utf8");
  for await (const piece of process.stdin) yield piece as string;
}

function output(stream: NodeJS.WriteStream): Output {
  return {
    isTerminal: stream.isTTY === true && process.env.TERM !== "dumb",
    get columns() {
      return stream.columns ?? 80;
    },
    write: (text) => void stream.write(text),
  };
}

/** Whether a person can answer: both ends are terminals. */
export function isInteractive(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true;
}

/** Colours are for terminals, and not where NO_COLOR asks for none (no-color.org); FORCE_COLOR asks for them elsewhere. */
export function wantsColour(out: Output): boolean {
  if (process.env.NO_COLOR) return false;
  return out.isTerminal || (process.env.FORCE_COLOR ?? "0") !== "0";
}

/** What follows the script's name. */
export function commandLine(): string[] {
  return process.argv.slice(2);
}

/** The code with which the process will end, once everything under way is done. */
export function setExitCode(code: number): void {
  process.exitCode = code;
}

/** A reader that went away (`cygnet … | head`) is no error: the process ends quietly. */
export function quietBrokenPipe(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
}
