/** @file Tokens as a person sees them: neighbours told apart by colour, or by bars where there is none; white space and
 *  control characters visible; bytes that are no whole character in hexadecimal; what is trained in a colour of its own. */

export interface ShownToken {
  readonly id: number;
  /** UTF-8 that the token stands for. */
  readonly bytes: Uint8Array;
  readonly kind: "plain" | "special" | "unknown";
  /** Whether a training would learn it; undefined where that is not asked. */
  readonly trained?: boolean | undefined;
}

/** Foregrounds and backgrounds of the 256 colours. */
const PALETTE = {
  plain: ["30;48;5;153", "30;48;5;223", "30;48;5;194", "30;48;5;218"],
  trained: ["30;48;5;114", "30;48;5;157"],
  untrained: ["38;5;250;48;5;238", "38;5;250;48;5;240"],
  special: ["1;97;48;5;90", "1;97;48;5;96"],
  specialTrained: ["1;97;48;5;22", "1;97;48;5;28"],
  unknown: ["1;97;48;5;160"],
};

/** The text of the tokens, each told apart from its neighbours. A token that ends a line ends it on screen, too. */
export function drawTokens(tokens: readonly ShownToken[], colour: boolean): string {
  const text = tokens.map((token, i) => (colour ? inColour(token, i) : inBars(token))).join("");
  return colour ? text : text.replaceAll("||", "|");
}

/** What the colours or marks of `drawTokens` mean. */
export function tokenLegend(colour: boolean, mask: boolean): string {
  const sample = (codes: readonly string[], text: string) => `\x1b[${codes[0]}m ${text} \x1b[0m`;
  if (!colour) return mask ? "[token] is trained, |token| is not" : "";
  if (!mask) return `${sample(PALETTE.special, "special")} ${sample(PALETTE.unknown, "unknown")}`;
  return [
    sample(PALETTE.trained, "trained"),
    sample(PALETTE.specialTrained, "special, trained"),
    sample(PALETTE.untrained, "not trained"),
    sample(PALETTE.special, "special, not trained"),
  ].join(" ");
}

function inColour(token: ShownToken, i: number): string {
  const codes = PALETTE[paletteOf(token)];
  const paint = (text: string) => (text === "" ? "" : `\x1b[${codes[i % codes.length]}m${text}\x1b[0m`);
  // The background must not run on to the end of the line.
  return visibleBytes(token.bytes).split("\n").map(paint).join("\n");
}

function paletteOf({ kind, trained }: ShownToken): keyof typeof PALETTE {
  if (kind === "unknown") return "unknown";
  if (kind === "special") return trained === true ? "specialTrained" : "special";
  if (trained === undefined) return "plain";
  return trained ? "trained" : "untrained";
}

function inBars({ bytes, trained }: ShownToken): string {
  const [text, end] = cutLineEnd(visibleBytes(bytes));
  return (trained === true ? `[${text}]` : `|${text}|`) + end;
}

const cutLineEnd = (text: string): [string, string] =>
  text.endsWith("\n") ? [text.slice(0, -1), "\n"] : [text, ""];

/** Text with white space and control characters made visible; a line feed is shown and kept. */
export function visible(text: string): string {
  return text.replace(/[\0-\x20\x7f-\xa0\xad\u200b-\u200f\u2028-\u202f\u2060\ufeff]/g, (c) => {
    if (c === " ") return "·";
    if (c === "\n") return "⏎\n";
    if (c === "\t") return "⇥";
    const code = c.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return `‹U+${code.toString(16).toUpperCase().padStart(4, "0")}›`;
  });
}

/** The same for bytes: those that are part of no whole character as `‹E7›`. */
export function visibleBytes(bytes: Uint8Array): string {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let out = "";
  for (let at = 0; at < bytes.length; ) {
    const size = characterSize(bytes[at]!);
    try {
      if (at + size > bytes.length) throw new TypeError("cut off");
      out += visible(strict.decode(bytes.subarray(at, at + size)));
      at += size;
    } catch {
      out += `‹${bytes[at]!.toString(16).toUpperCase().padStart(2, "0")}›`;
      at++;
    }
  }
  return out;
}

const characterSize = (first: number) => (first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4);
