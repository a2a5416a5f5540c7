/** @file A table for the terminal: the first column to the left, the others to the right; wide characters count two. */

export function drawTable(rows: ReadonlyArray<readonly string[]>): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, c) =>
    Math.max(...rows.map((row) => textWidth(row[c] ?? ""))),
  );
  return rows
    .map((row) => {
      const cells = row.map((cell, c) => {
        const space = " ".repeat(widths[c]! - textWidth(cell));
        return c === 0 ? cell + space : space + cell;
      });
      return `${cells.join("  ").trimEnd()}\n`;
    })
    .join("");
}

/** Columns on screen, without escape sequences. */
export function textWidth(text: string): number {
  let width = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  for (const c of text.replace(/\x1b\[[\d;]*m/g, "")) width += isWide(c.codePointAt(0)!) ? 2 : 1;
  return width;
}

const isWide = (c: number) =>
  (c >= 0x1100 && c <= 0x115f) ||
  (c >= 0x2e80 && c <= 0xa4cf) ||
  (c >= 0xac00 && c <= 0xd7a3) ||
  (c >= 0xf900 && c <= 0xfaff) ||
  (c >= 0xfe30 && c <= 0xfe6f) ||
  (c >= 0xff00 && c <= 0xff60) ||
  (c >= 0x1f300 && c <= 0x1faff) ||
  (c >= 0x20000 && c <= 0x3fffd);
