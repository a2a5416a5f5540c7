/** @file The one error class for a user's mistake: what is wrong, where, what was found, what was expected, what to do.
 *  The CLI prints `message` alone (never a stack) and exits 2 for `usage` codes, 1 otherwise. */

export interface UserErrorDetail {
  /** What went wrong, in kebab-case; callers switch on it. */
  readonly code: string;
  /** One plain sentence. */
  readonly message: string;
  /** File or folder concerned. */
  readonly file?: string | undefined;
  /** Line, key, tensor name or flag inside it. */
  readonly at?: string | undefined;
  readonly found?: unknown;
  readonly expected?: unknown;
  /** The remedy. */
  readonly fix?: string | undefined;
  readonly cause?: unknown;
}

/** Mark that survives bundling twice and crossing a worker's boundary; `instanceof` does not. */
const MARK = "cygnet.UserError";

export class UserError extends Error {
  readonly mark = MARK;
  readonly code: string;
  readonly detail: UserErrorDetail;

  constructor(detail: UserErrorDetail) {
    super(format(detail), detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = "UserError";
    this.code = detail.code;
    this.detail = detail;
  }
}

export function isUserError(error: unknown): error is UserError {
  return typeof error === "object" && error !== null && (error as { mark?: unknown }).mark === MARK;
}

function show(value: unknown): string {
  if (typeof value === "string")
    return value.length > 120 ? `${JSON.stringify(value.slice(0, 117))}…` : JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  return String(value);
}

function format(d: UserErrorDetail): string {
  const place = [d.file, d.at].filter((part) => part !== undefined).join(": ");
  let text = place === "" ? d.message : `${place}: ${d.message}`;
  if (d.found !== undefined) text += `; found ${show(d.found)}`;
  if (d.expected !== undefined)
    text += `${d.found === undefined ? ";" : ","} expected ${typeof d.expected === "string" ? d.expected : show(d.expected)}`;
  if (d.fix !== undefined)
    text += `. ${d.fix[0]?.toUpperCase()}${d.fix.slice(1)}${/[.!?]$/.test(d.fix) ? "" : "."}`;
  return text;
}

/** The nearest of `choices` to a misspelt `word` (Levenshtein distance at most 1/3 of its length + 1), or undefined. */
export function nearest(word: string, choices: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.floor(word.length / 3) + 2;
  for (const choice of choices) {
    const distance = levenshtein(word, choice);
    if (distance < bestDistance) [best, bestDistance] = [choice, distance];
  }
  return best;
}

function levenshtein(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(previous[j]! + 1, row[j - 1]! + 1, swap));
    }
    previous = row;
  }
  return previous[b.length]!;
}
