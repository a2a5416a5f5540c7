/** @file Upper and lower case as one (simple case folding): `s` is also `S` and the long s `ſ`, `k` also the Kelvin
 *  sign. */

/** For each letter that has any, all letters that fold alike, itself among them. */
export type CaseVariants = ReadonlyMap<number, readonly number[]>;

/** Dotted capital I and dotless i fold to nothing else (except in Turkish). */
const ALONE = new Set([0x130, 0x131]);

export function createCaseVariants(): CaseVariants {
  const groups = new Map<number, number[]>();
  const join = (a: number, b: number): void => {
    const left = groups.get(a) ?? [a];
    const right = groups.get(b) ?? [b];
    if (left === right) return;
    const both = [...left, ...right];
    for (const c of both) groups.set(c, both);
  };
  for (let c = 0x41; c < 0x1e944; c++) {
    if ((c >= 0xd800 && c < 0xe000) || ALONE.has(c)) continue;
    const letter = String.fromCodePoint(c);
    for (const other of [letter.toLowerCase(), letter.toUpperCase()]) {
      const code = other.codePointAt(0)!;
      if (code !== c && other === String.fromCodePoint(code) && !ALONE.has(code)) join(c, code);
    }
  }
  return groups;
}
