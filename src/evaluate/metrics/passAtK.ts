/** @file pass@k: the chance that at least one of k answers is right, without bias from n ≥ k answers of which c are right
 *  (Chen et al. 2021, eq. 1):  1 − C(n−c, k) / C(n, k) = 1 − Π_{i=n−c+1…n} (1 − k/i).
 *  1 − (1 − c/n)^k would be too low. */

/** Throws where k > n, or c is not within 0 … n. */
export function passAtK(n: number, c: number, k: number): number {
  if (!(k >= 1 && k <= n && c >= 0 && c <= n))
    throw new Error(`passAtK: k = ${k} of n = ${n} answers, ${c} of them right`);
  if (n - c < k) return 1;
  let none = 1;
  for (let i = n - c + 1; i <= n; i++) none *= 1 - k / i;
  return 1 - none;
}

/** The mean over tasks. */
export function meanPassAtK(
  tasks: readonly { readonly answers: number; readonly right: number }[],
  k: number,
): number {
  if (tasks.length === 0) throw new Error("meanPassAtK: no tasks");
  return tasks.reduce((sum, { answers, right }) => sum + passAtK(answers, right, k), 0) / tasks.length;
}
