/** @file Numbers and times as a person reads them. */

export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** 12,345; 1.23 M. */
export function amount(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toFixed(2)} G`;
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  return Math.round(value).toLocaleString("en-US");
}

const BARS = "▁▂▃▄▅▆▇█";

/** The last values as little columns; each the mean of its share. */
export function sparkline(values: readonly number[], width: number): string {
  if (values.length === 0) return "";
  const columns = Math.min(width, values.length);
  const means = Array.from({ length: columns }, (_, i) => {
    const part = values.slice(
      Math.floor((i * values.length) / columns),
      Math.max(
        Math.floor((i * values.length) / columns) + 1,
        Math.floor(((i + 1) * values.length) / columns),
      ),
    );
    return part.reduce((a, b) => a + b, 0) / part.length;
  });
  const low = Math.min(...means);
  const span = Math.max(...means) - low;
  return means.map((m) => BARS[span === 0 ? 0 : Math.round(((m - low) / span) * (BARS.length - 1))]).join("");
}

export function bar(share: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width);
  return "█".repeat(full) + "░".repeat(width - full);
}

/** Breaks a text that comes in pieces between words: returns what to write now; `undefined` asks for what was held back.
 *  A word is held back until its end is known; `columns` is asked anew at every word. */
export function wordWrapper(columns: () => number): (piece: string | undefined) => string {
  let column = 0;
  let word = "";
  let space = "";
  const place = (): string => {
    if (word === "") return "";
    const length = [...word].length;
    const breaks = column > 0 && column + space.length + length >= columns();
    const text = `${breaks ? "\n" : space}${word}`;
    column = (breaks ? 0 : column + space.length) + length;
    [word, space] = ["", ""];
    return text;
  };
  return (piece) => {
    if (piece === undefined) return place() + space;
    let out = "";
    for (const c of piece) {
      if (c === "\n") {
        out += `${place()}\n`;
        [column, space] = [0, ""];
      } else if (c === " ") {
        out += place();
        space += " ";
      } else word += c;
    }
    return out;
  };
}
