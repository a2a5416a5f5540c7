/** @file Threefry-2x32 with 13 rounds (Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011): two
 *  random words from a key and a counter of two words each. Only additions, rotations and exclusive ors, which every set of
 *  vector instructions has: native/kernels/dropout.inc computes the same. */

const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const;
/** Of the paper: keeps a key of zeros from being its own schedule. */
const PARITY = 0x1bd11bda;
const ROUNDS = 13;

export function threefry(
  counter: readonly [number, number],
  key: readonly [number, number],
): [number, number] {
  const schedule = [key[0], key[1], PARITY ^ key[0] ^ key[1]];
  let x = (counter[0] + key[0]) | 0;
  let y = (counter[1] + key[1]) | 0;
  for (let round = 0; round < ROUNDS; round++) {
    const by = ROTATIONS[round % 8]!;
    x = (x + y) | 0;
    y = ((y << by) | (y >>> (32 - by))) ^ x;
    if (round % 4 === 3) {
      const turn = (round + 1) / 4;
      x = (x + schedule[turn % 3]!) | 0;
      y = (y + schedule[(turn + 1) % 3]! + turn) | 0;
    }
  }
  return [x >>> 0, y >>> 0];
}
