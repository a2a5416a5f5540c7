/** @file Lines of cells: CSV (RFC 4180: cells in quotation marks may hold delimiters, line ends, and marks doubled) and TSV
 *  (text/tab-separated-values: a mark is a letter like others). */

import { errorAt } from "../row.js";

export interface Cells {
  readonly cells: string[];
  readonly line: number;
}

const QUOTE = '"';

/** Blank lines are left out. Throws UserError `csv-quotes`: a cell that never ends, or text behind the mark that ends one. */
export function* delimitedCells(
  chunks: Iterable<string>,
  file: string,
  options: { readonly delimiter: string; readonly quotes: boolean },
): Generator<Cells> {
  const { delimiter, quotes } = options;
  let cells: string[] = [];
  let cell = "";
  let state: "start" | "plain" | "quoted" | "behind" = "start";
  let [line, began, quotedAt] = [1, 1, 1];
  let returned = false; // the last character was CR
  const endCell = () => {
    cells.push(cell);
    cell = "";
    state = "start";
  };
  const row = (): Cells | undefined => {
    endCell();
    const done = { cells, line: began };
    cells = [];
    began = line;
    return done.cells.length === 1 && done.cells[0]!.trim() === "" ? undefined : done;
  };
  // What neither ends a cell nor means anything inside it is taken a run at a time.
  const plainRun = new RegExp(`[^${escaped(delimiter)}\\r\\n]+`, "yu");
  const quotedRun = /[^"\r\n]+/y;
  for (const chunk of chunks)
    for (let i = 0; i < chunk.length; i++) {
      const run = state === "quoted" ? quotedRun : state === "plain" ? plainRun : undefined;
      if (run !== undefined) {
        run.lastIndex = i;
        const taken = run.exec(chunk)?.[0];
        if (taken !== undefined) {
          cell += taken;
          i += taken.length - 1;
          returned = false;
          continue;
        }
      }
      const c = chunk[i]!;
      const second = returned && c === "\n";
      returned = c === "\r";
      if (c === "\n" || c === "\r") {
        if (!second) line++;
        if (state === "quoted") {
          cell += c;
          continue;
        }
        if (second) {
          began = line;
          continue;
        }
        const done = row();
        if (done !== undefined) yield done;
      } else if (state === "quoted") {
        if (c === QUOTE) state = "behind";
        else cell += c;
      } else if (c === delimiter) endCell();
      else if (c === QUOTE && quotes && state === "start") {
        state = "quoted";
        quotedAt = line;
      } else if (c === QUOTE && state === "behind") {
        cell += QUOTE;
        state = "quoted";
      } else if (state === "behind") {
        throw errorAt(
          { file, line },
          {
            code: "csv-quotes",
            message: "goes on behind the quotation mark that ends a cell",
            found: `${QUOTE}${chunk.slice(i, i + 20)}`,
            expected: `the delimiter ${JSON.stringify(delimiter)} or the end of the line`,
            fix: 'write a quotation mark inside such a cell twice: ""',
          },
        );
      } else {
        cell += c;
        state = "plain";
      }
    }
  if (state === "quoted")
    throw errorAt(
      { file, line: quotedAt },
      {
        code: "csv-quotes",
        message: "begins a cell with a quotation mark that nothing ends",
        fix: 'end the cell with a quotation mark; write one inside it twice: ""',
      },
    );
  const done = row();
  if (done !== undefined) yield done;
}

function escaped(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`;
}
