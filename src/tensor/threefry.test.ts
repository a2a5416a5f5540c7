import { expect, it } from "vitest";
import { threefry } from "./threefry.js";

/** The published vectors of Random123 (kat_vectors, threefry2x32 with 13 rounds). */
it.each([
  [
    [0, 0],
    [0, 0],
    [0x9d1c5ec6, 0x8bd50731],
  ],
  [
    [0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0xfd36d048, 0x2d17272c],
  ],
  [
    [0x243f6a88, 0x85a308d3],
    [0x13198a2e, 0x03707344],
    [0xba3e4725, 0xf27d669e],
  ],
] as const)("counter %j, key %j", (counter, key, words) => {
  expect(threefry(counter, key)).toEqual(words);
});
