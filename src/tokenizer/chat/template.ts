/** @file A chat template, run: parsed by @huggingface/jinja, evaluated as Python's Jinja does, with what transformers gives
 *  its templates besides (the clock, `raise_exception`), and with marks round what an assistant said. */

import { parse, tokenize } from "@huggingface/jinja";
import { UserError } from "../../platform/errors.js";
import { evaluate } from "./evaluate.js";
import { prepareText, prepareTokens } from "./prepare.js";
import { asText, type Callable, fail, fromJavaScript, Namespace, numberOf, type Value } from "./values.js";

export interface RenderedTemplate {
  readonly text: string;
  /** What lies in `{% generation %}` blocks: [start, end) of each, in UTF-16 units of the text. */
  readonly generated: ReadonlyArray<readonly [start: number, end: number]>;
  /** The template has such blocks. */
  readonly marked: boolean;
}

const LONGEST_RANGE = 100_000;

/** Throws UserError `chat-template`: the template is malformed, raised an exception, or used what there is not. */
export function renderTemplate(
  template: string,
  variables: Readonly<Record<string, unknown>>,
  now: Date,
): RenderedTemplate {
  // Characters that neither template nor messages hold.
  const marks = unusedCharacters(template + JSON.stringify(variables), 40);
  try {
    const { template: text, marks: meanings, hasGeneration } = prepareText(template, marks);
    const raw = run(text, variables, now);
    const whole = raw.replace(/[\ue000-\uf8ff]/g, (c) => meanings.get(c) ?? c);
    return { ...takeMarks(whole, marks[0]!, marks[1]!), marked: hasGeneration };
  } catch (cause) {
    throw new UserError({
      code: "chat-template",
      message: `the chat template cannot be applied: ${(cause as Error).message}`,
      fix: "change the messages to what the template takes, or give another template",
      cause,
    });
  }
}

function run(template: string, variables: Readonly<Record<string, unknown>>, now: Date): string {
  const program = parse(prepareTokens(tokenize(template, { lstrip_blocks: true, trim_blocks: true })));
  const values = new Map<string, Value>([
    ["true", true],
    ["false", false],
    ["none", null],
    ["True", true],
    ["False", false],
    ["None", null],
    ["raise_exception", ([message]) => fail(asText(message ?? ""))],
    ["range", range],
    ["strftime_now", ([format]) => strftime(now, asText(format ?? ""))],
    ["namespace", createNamespace],
    ["dict", (_, keywords) => new Map<Value, Value>(Object.entries(keywords))],
  ]);
  for (const [key, value] of Object.entries(variables))
    if (value !== undefined) values.set(key, fromJavaScript(value));
  return evaluate(program.body, values);
}

const createNamespace: Callable = (args, keywords) => {
  const namespace = new Namespace();
  for (const map of args)
    if (map instanceof Map) for (const [key, value] of map) namespace.values.set(asText(key), value);
  for (const [key, value] of Object.entries(keywords)) namespace.values.set(key, value);
  return namespace;
};

const range: Callable = (args) => {
  const numbers = args.map((n) => numberOf(n) ?? fail("range takes whole numbers"));
  const [start, stop, step] =
    numbers.length === 1 ? [0, numbers[0]!, 1] : [numbers[0] ?? 0, numbers[1] ?? 0, numbers[2] ?? 1];
  const length = step === 0 ? Number.NaN : Math.max(0, Math.ceil((stop - start) / step));
  if (!(length <= LONGEST_RANGE)) fail(`a range of ${length} numbers is too long`);
  return Array.from({ length }, (_, i) => start + i * step);
};

export function unusedCharacters(text: string, wanted: number): string[] {
  const found: string[] = [];
  for (let code = 0xe000; found.length < wanted && code < 0xf900; code++) {
    const character = String.fromCharCode(code);
    if (!text.includes(character)) found.push(character);
  }
  return found;
}

function takeMarks(raw: string, open: string, close: string): Omit<RenderedTemplate, "marked"> {
  const generated: [number, number][] = [];
  let text = "";
  let start: number | undefined;
  for (const part of raw.split(new RegExp(`(${open}|${close})`))) {
    if (part === open) start ??= text.length;
    else if (part === close) {
      if (start !== undefined) generated.push([start, text.length]);
      start = undefined;
    } else text += part;
  }
  return { text, generated };
}

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = "January February March April May June July August September October November December".split(
  " ",
);

/** Python's format codes, for UTC parts of `now`. */
export function strftime(now: Date, format: string): string {
  const two = (n: number) => String(n).padStart(2, "0");
  const hour12 = now.getUTCHours() % 12 || 12;
  const dayOfYear = Math.floor(
    (Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()) -
      Date.UTC(now.getUTCFullYear(), 0, 0)) /
      86_400_000,
  );
  const codes: Readonly<Record<string, string>> = {
    a: DAYS[now.getUTCDay()]!.slice(0, 3),
    A: DAYS[now.getUTCDay()]!,
    b: MONTHS[now.getUTCMonth()]!.slice(0, 3),
    B: MONTHS[now.getUTCMonth()]!,
    d: two(now.getUTCDate()),
    e: String(now.getUTCDate()).padStart(2),
    m: two(now.getUTCMonth() + 1),
    y: two(now.getUTCFullYear() % 100),
    Y: String(now.getUTCFullYear()),
    H: two(now.getUTCHours()),
    I: two(hour12),
    M: two(now.getUTCMinutes()),
    S: two(now.getUTCSeconds()),
    p: now.getUTCHours() < 12 ? "AM" : "PM",
    j: String(dayOfYear).padStart(3, "0"),
    "%": "%",
  };
  return format.replace(/%(-?)([a-zA-Z%])/g, (all, plain: string, code: string) => {
    const value = codes[code];
    if (value === undefined) return all;
    return plain === "" ? value : value.replace(/^0+(?=\d)/, "").trimStart();
  });
}
