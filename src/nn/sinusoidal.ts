/** @file The position table of the original transformer (Vaswani et al. 2017, section 3.5), [positions, dim]:
 *    PE(pos, 2i) = sin(pos / 10000^(2i/dim)),  PE(pos, 2i+1) = cos(pos / 10000^(2i/dim)).
 *  The paper interleaves sines and cosines (as DistilBERT does); Marian and Pegasus put all sines first ("halves"). */

export type SinusoidalLayout = "interleaved" | "halves";

export function sinusoidalTable(positions: number, dim: number, layout: SinusoidalLayout): Float32Array {
  const table = new Float32Array(positions * dim);
  const sines = Math.ceil(dim / 2);
  for (let position = 0; position < positions; position++) {
    for (let j = 0; j < dim; j++) {
      const angle = position / 10_000 ** ((2 * (j >> 1)) / dim);
      const at = layout === "interleaved" ? j : (j >> 1) + (j % 2) * sines;
      table[position * dim + at] = j % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    }
  }
  return table;
}
