/** @file What the runner and the kinds of cases know of each other. A kind either takes whole cases (`CaseKind`) or, where a
 *  case is a list of checks, checks of some types (`CheckType`); both are listed in `index.ts`. */

import type { Compute, Device, Engine } from "../../../tensor/index.js";

export interface Worst {
  /** Tensor or number concerned. */
  readonly name: string;
  /** Largest absolute difference. */
  readonly error: number;
  /** What it may be. */
  readonly limit: number;
  /** error / largest magnitude expected. */
  readonly relative?: number;
}

export interface CheckResult {
  readonly check: string;
  readonly status: "ok" | "fail" | "skip";
  /** The number nearest to its limit, or furthest beyond. */
  readonly worst?: Worst;
  readonly why?: string;
}

/** case.json as it stands; nothing of it is trusted. */
export type CaseJson = Readonly<Record<string, unknown>>;

export interface CaseTensor {
  readonly shape: readonly number[];
  readonly dtype: string;
  floats(): Float32Array;
  /** Integers (I64 ones below 2³¹, else an error). */
  ints(): Int32Array;
  numbers(): Float64Array;
}

export interface CaseContext {
  readonly folder: string;
  readonly json: CaseJson;
  readonly device: Device;
  readonly compute: Compute;
  /** One for the whole run, made when first asked for. */
  engine(): Engine;
  /** A tensor of tensors.safetensors; throws CaseError where it is missing. */
  tensor(name: unknown): CaseTensor;
  /** A path inside the case's folder; throws CaseError for one that leads out. */
  path(relative: unknown): string;
  /** Makes something once a case; `dispose` is called when the case is done. */
  once<T>(key: string, make: () => T, dispose?: (made: T) => void): T;
}

export interface CaseKind {
  readonly name: string;
  matches(json: CaseJson): boolean;
  run(context: CaseContext): AsyncIterable<CheckResult> | Iterable<CheckResult>;
}

export type CheckJson = CaseJson & { readonly id: string; readonly type: string };

export interface CheckType {
  readonly types: readonly string[];
  /** Compares choices (tokens), which coarser products rightly change: skipped with --compute bf16. */
  readonly fp32Only?: boolean;
  /** One result or, where a check has parts of different names, several. */
  run(
    check: CheckJson,
    context: CaseContext,
  ): CheckResult | readonly CheckResult[] | Promise<CheckResult | readonly CheckResult[]>;
}

/** The case is at fault, or lacks something: a failure with this reason. */
export class CaseError extends Error {}

/** Nothing here does this yet: skipped with this reason. */
export class NotHere extends Error {}

/** Turns what a check throws into its result. */
export function resultOfError(check: string, error: unknown): CheckResult {
  const said = error instanceof Error ? error.message : String(error);
  // Taken apart as its format says, the case did not hold what it should; or the fault is ours.
  const why = error instanceof TypeError ? `the check could not be carried out: ${said}` : said;
  return { check, status: error instanceof NotHere ? "skip" : "fail", why };
}
