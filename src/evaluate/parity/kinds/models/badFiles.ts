/** @file Checks of damaged and hostile files: `refuse` (an error that names the file), `accept` (the values given), `either`,
 *  `warn` (an error, or a warning on loading). A folder with config.json is loaded as a model. */

import { loadModel, openWeights, openWeightsFile, readFloats } from "../../../../models/index.js";
import { isUserError } from "../../../../platform/errors.js";
import { baseName, exists, isDirectory, joinPath } from "../../../../platform/files.js";
import { createComparison } from "../../compare.js";
import type { CaseContext, CheckJson, CheckResult, CheckType } from "../kind.js";

interface Outcome {
  readonly error?: unknown;
  readonly warnings: readonly string[];
  readonly tensors: ReadonlyMap<string, Float32Array>;
}

export const badFiles: CheckType = {
  types: ["refuse", "accept", "either", "warn"],
  run(check, context) {
    const file = context.path(check.file);
    const forbidden = typeof check.must_not_exist === "string" ? check.must_not_exist : undefined;
    const before = forbidden !== undefined && exists(forbidden);
    const outcome = open(file, context);
    if (forbidden !== undefined && !before && exists(forbidden))
      return { check: check.id, status: "fail", why: `opening it made ${forbidden}: the file was run` };
    const fail = (why: string): CheckResult => ({ check: check.id, status: "fail", why });
    if (outcome.error !== undefined && !isUserError(outcome.error))
      return fail(`not an error for users: ${String(outcome.error)}`);
    if (isUserError(outcome.error) && !outcome.error.message.includes(baseName(file)))
      return fail(`the error does not name the file: ${outcome.error.message}`);
    const refused = isUserError(outcome.error) ? outcome.error.message : undefined;
    if (check.type === "refuse")
      return refused === undefined
        ? fail(`was accepted, though ${String(check.wrong)}`)
        : { check: check.id, status: "ok", why: refused };
    if (check.type === "warn")
      return (refused ?? outcome.warnings[0])
        ? { check: check.id, status: "ok", why: refused ?? outcome.warnings[0]! }
        : fail(`nothing was said, though ${String(check.wrong)}`);
    if (refused !== undefined)
      return check.type === "either"
        ? { check: check.id, status: "ok", why: refused }
        : fail(`was refused: ${refused}`);
    return values(check, outcome.tensors);
  },
};

function open(file: string, context: CaseContext): Outcome {
  const warnings: string[] = [];
  const tensors = new Map<string, Float32Array>();
  try {
    if (isDirectory(file) && exists(joinPath(file, "config.json"))) {
      loadModel(file, { engine: context.engine(), onWarning: (w) => warnings.push(w) }).dispose();
    } else {
      const weights = isDirectory(file) ? openWeights(file) : openWeightsFile(file);
      for (const [name, tensor] of weights.tensors) tensors.set(name, readFloats(tensor));
      weights.close();
    }
    return { warnings, tensors };
  } catch (error) {
    return { error, warnings, tensors };
  }
}

function values(check: CheckJson, tensors: ReadonlyMap<string, Float32Array>): CheckResult {
  const c = createComparison(check.id);
  const expected = Object.entries((check.expect ?? {}) as Record<string, number[]>);
  if (check.expect !== undefined)
    c.that(
      "names",
      expected.length === tensors.size,
      `${tensors.size} tensors, ${expected.length} are expected`,
    );
  for (const [name, numbers] of expected) {
    const found = tensors.get(name);
    c.that(name, found !== undefined, `tensor ${JSON.stringify(name)} is not there`);
    if (found) c.arrays(name, found, numbers, Number.MIN_VALUE);
  }
  return c.result();
}
