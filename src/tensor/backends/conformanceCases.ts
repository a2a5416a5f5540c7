/** @file All conformance cases of all kernels; a new kernel's list goes in here. `everyKernel` is checked against the
 *  contract, so that none can be forgotten. */

import type { Backend } from "../backend.js";
import {
  type ConformanceCase,
  differences,
  differencesByHalf,
  execute,
  judge,
  type Outcome,
  type Plan,
  planOf,
} from "./conformance.js";
import { attentionCases } from "./conformanceAttention.js";
import { elementCases } from "./conformanceElements.js";
import { matmulCases } from "./conformanceMatmul.js";
import { memoryCases } from "./conformanceMemory.js";
import { rowCases } from "./conformanceRows.js";
import { createReferenceBackend } from "./reference/index.js";

export const conformanceCases: readonly ConformanceCase[] = [
  ...memoryCases,
  ...matmulCases,
  ...attentionCases,
  ...rowCases,
  ...elementCases,
];

export const kernelNames: readonly string[] = [...new Set(conformanceCases.map((c) => c.kernel))];

export interface KernelReport {
  readonly kernel: string;
  readonly count: number;
  readonly failures: readonly string[];
  /** Largest error as a multiple of its tolerance, and the case that had it. */
  readonly worst: number;
  readonly worstCase: string;
}

/** Makes the reference's outcome once a case; they serve every backend, instruction set and number of threads. */
export function createExpectations(): (c: ConformanceCase, plan: Plan) => Outcome {
  const reference = createReferenceBackend();
  const known = new Map<ConformanceCase, Outcome>();
  return (c, plan) => {
    const outcome = known.get(c) ?? execute(reference, plan);
    known.set(c, outcome);
    return outcome;
  };
}

/** Runs every case of a kernel on a backend. With `again`, runs it a second time there, as on another number of
 *  threads, and demands the same bits. */
export function checkKernel(
  kernel: string,
  seed: number,
  expected: (c: ConformanceCase, plan: Plan) => Outcome,
  backend: () => Backend,
  again?: () => Backend,
): KernelReport {
  const failures: string[] = [];
  let [worst, worstCase] = [0, ""];
  const first = backend();
  const done = conformanceCases
    .filter((c) => c.kernel === kernel)
    .map((c) => {
      const plan = planOf(c, seed);
      const outcome = execute(first, plan);
      const verdict = judge(plan, outcome, expected(c, plan));
      if (verdict.worst > worst) [worst, worstCase] = [verdict.worst, c.label];
      for (const problem of verdict.problems) failures.push(`${kernel} ${c.label}: ${problem}`);
      if (c.half !== undefined) {
        const names = differencesByHalf(first, plan, outcome);
        if (names.length > 0) failures.push(`${kernel} ${c.label}: ${names} are not what f32 gives, rounded`);
      }
      return { c, plan, outcome };
    });
  if (again) {
    const second = again();
    for (const { c, plan, outcome } of done) {
      const names = differences(outcome, execute(second, plan));
      if (names.length > 0)
        failures.push(`${kernel} ${c.label}: other bits in ${names} on ${second.threads} threads`);
    }
  }
  return { kernel, count: done.length, failures, worst, worstCase };
}
