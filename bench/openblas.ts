/** @file OpenBLAS's sgemm through koffi: Debian's libopenblas0 and the peers' node_modules, both only for benchmarks. */

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const LIBRARY = "libopenblas.so.0";
const KOFFI = "bench/peers/node_modules/koffi";

/** What is used of koffi. */
interface Koffi {
  load(library: string): { func(signature: string): (...values: unknown[]) => unknown };
}

export interface OpenBlas {
  /** The kernel it chose, such as "Zen". */
  readonly kernel: string;
  readonly version: string;
  setThreads(count: number): void;
  /** C[m,n] = op(A)·op(B), row-major. */
  sgemm(p: {
    a: Float32Array;
    b: Float32Array;
    c: Float32Array;
    m: number;
    n: number;
    k: number;
    transA: boolean;
    transB: boolean;
  }): void;
}

/** Throws an Error that says what to install. */
export function loadOpenBlas(): OpenBlas {
  if (!existsSync(KOFFI)) throw new Error("koffi is not installed: npm run bench:peers");
  const koffi = createRequire(resolve("bench/peers/package.json"))("koffi") as Koffi;
  let library: ReturnType<Koffi["load"]>;
  try {
    library = koffi.load(LIBRARY);
  } catch {
    throw new Error(`${LIBRARY} is not installed: apt-get install libopenblas0`);
  }
  const sgemm = library.func(
    "void cblas_sgemm(int order, int transA, int transB, int m, int n, int k, float alpha, const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc)",
  );
  const setThreads = library.func("void openblas_set_num_threads(int count)");
  const [ROW_MAJOR, PLAIN, TRANSPOSED] = [101, 111, 112];
  return {
    kernel: String(library.func("const char *openblas_get_corename()")()),
    version: String(library.func("const char *openblas_get_config()")()).trim(),
    setThreads: (count) => void setThreads(count),
    sgemm({ a, b, c, m, n, k, transA, transB }) {
      const [ta, tb] = [transA ? TRANSPOSED : PLAIN, transB ? TRANSPOSED : PLAIN];
      sgemm(ROW_MAJOR, ta, tb, m, n, k, 1, a, transA ? m : k, b, transB ? k : n, 0, c, n);
    },
  };
}
