/** @file Which parameters decay: matrices do, biases and the gains of norms do not, as the field's trainers split them.
 *  Told by dimensions (a vector never decays) and by name (T5's relative position bias is a matrix, and a bias). */

const NEVER = [
  /bias/,
  /layernorm/i,
  /rmsnorm/i,
  /(?:^|\.)norm(?:$|\.)/,
  /_norm(?:$|\.)/,
  /(?:^|\.)ln_(?:\d+|f)(?:$|\.)/,
];

/** Whether weight decay applies to a parameter of this name and number of dimensions. */
export function decays(name: string, dimensions = 2): boolean {
  return dimensions >= 2 && !NEVER.some((pattern) => pattern.test(name));
}
