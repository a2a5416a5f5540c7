/** @file Order of strings by code point, which is that of their UTF-8; JavaScript's own is by UTF-16 unit. */

export function byCodePoint(a: string, b: string): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x === y) continue;
    const [high, low] = [(x & 0xf800) === 0xd800, (y & 0xf800) === 0xd800];
    return high === low ? x - y : high ? 1 : -1;
  }
  return a.length - b.length;
}
