/** @file Lines that a person types or a program pipes in, and Ctrl-C between them. */

import { createInterface } from "node:readline";

export type Line =
  | { readonly kind: "line"; readonly text: string }
  /** The input is over (Ctrl-D). */
  | { readonly kind: "end" }
  /** Ctrl-C at the prompt. */
  | { readonly kind: "interrupt" };

export interface LineSource {
  /** Shows `prompt` where a person is looking, and waits for a line. */
  next(prompt: string): Promise<Line>;
  close(): void;
}

/** Lines from standard input: with editing and history on a terminal, plain otherwise. */
export function standardLines(): LineSource {
  return process.stdin.isTTY === true && process.stdout.isTTY === true ? typedLines() : pipedLines();
}

/** The terminal is in raw mode only while a line is being typed, so that Ctrl-C is a signal at other times. */
function typedLines(): LineSource {
  const history: string[] = [];
  return {
    next: (prompt) =>
      new Promise((resolve) => {
        const reader = createInterface({
          input: process.stdin,
          output: process.stdout,
          history: [...history],
          terminal: true,
        });
        const give = (line: Line) => {
          resolve(line); // before close, whose event would say "end"
          reader.close();
        };
        reader.on("line", (text) => {
          if (text.trim() !== "") history.unshift(text);
          give({ kind: "line", text });
        });
        reader.on("SIGINT", () => {
          process.stdout.write("\n");
          give({ kind: "interrupt" });
        });
        reader.on("close", () => resolve({ kind: "end" }));
        reader.setPrompt(prompt);
        reader.prompt();
      }),
    close: () => process.stdin.pause(),
  };
}

function pipedLines(): LineSource {
  const reader = createInterface({ input: process.stdin, terminal: false });
  const lines = reader[Symbol.asyncIterator]();
  return {
    async next() {
      const { done, value } = await lines.next();
      return done === true ? { kind: "end" } : { kind: "line", text: value };
    },
    close: () => reader.close(),
  };
}

/** Calls `listener` at every Ctrl-C, which then no longer ends the process; returns the function that ends listening. */
export function onInterrupt(listener: () => void): () => void {
  process.on("SIGINT", listener);
  return () => void process.off("SIGINT", listener);
}
