/** @file Upper and lower case as one (simple case folding): `s` is also `S` and the long s `ſ`, `k` also the Kelvin
 *  sign. */

/** For each letter that has any, all letters that fold alike, itself among them. */
export type CaseVariants = ReadonlyMap<number, readonly number[]>;

/** Dotted capital I and dotless i fold to nothing else (except in Turkish). */
const ALONE = new Set([0x130, 0x131]);

/** Where stretches without upper and lower case begin, and where the next letter may be that has them. */
const GAPS: ReadonlyMap<number, number> = new Map([
  [0x590, 0x10a0],
  [0x1400, 0x1c80],
  [0x2190, 0x24b0],
  [0x2d30, 0xa640],
  [0xabc0, 0xfb00],
  [0xfb20, 0xff20],
  [0xff60, 0x10400],
  [0x10600, 0x10c80],
  [0x10da0, 0x118a0],
  [0x118e0, 0x16e40],
  [0x16ee0, 0x1e900],
]);
const LAST = 0x1e950;

/** Whether `createCaseVariants` looks at a code point. */
export function isLookedAt(codePoint: number): boolean {
  for (const [from, to] of GAPS) if (codePoint >= from && codePoint < to) return false;
  return codePoint >= 0x41 && codePoint <= LAST;
}

export function createCaseVariants(): CaseVariants {
  const groups = new Map<number, number[]>();
  const join = (a: number, b: number): void => {
    const left = groups.get(a) ?? [a];
    const right = groups.get(b) ?? [b];
    if (left === right) return;
    const both = [...left, ...right];
    for (const c of both) groups.set(c, both);
  };
  for (let c = 0x41; c <= LAST; c++) {
    c = GAPS.get(c) ?? c;
    if (ALONE.has(c)) continue;
    const letter = String.fromCodePoint(c);
    for (const other of [letter.toLowerCase(), letter.toUpperCase()]) {
      const code = other.codePointAt(0)!;
      if (code !== c && other === String.fromCodePoint(code) && !ALONE.has(code)) join(c, code);
    }
  }
  return groups;
}
