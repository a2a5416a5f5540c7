/** @file Cases that are a list of checks (format "models/1"): each goes to whoever does its type. */

import {
  type CaseContext,
  CaseError,
  type CaseKind,
  type CheckJson,
  type CheckResult,
  type CheckType,
  resultOfError,
} from "./kind.js";

export function checkListKind(types: readonly CheckType[]): CaseKind {
  return {
    name: "checks",
    matches: (json) => json.format === "models/1",
    async *run(context) {
      for (const check of checksOf(context)) yield* await resultsOf(check, types, context);
    },
  };
}

function checksOf({ json }: CaseContext): readonly CheckJson[] {
  if (!Array.isArray(json.checks)) throw new CaseError("case.json has no list `checks`");
  return json.checks.map((check: unknown) => {
    const { id, type } = (check ?? {}) as { id?: unknown; type?: unknown };
    if (typeof id !== "string" || typeof type !== "string")
      throw new CaseError("a check of case.json has no id or no type");
    return check as CheckJson;
  });
}

/** The check of that id in the same case, for those that build on another. */
export function checkNamed(context: CaseContext, id: unknown): CheckJson {
  const check = checksOf(context).find((c) => c.id === id);
  if (check === undefined) throw new CaseError(`case.json has no check ${JSON.stringify(id)}`);
  return check;
}

async function resultsOf(
  check: CheckJson,
  types: readonly CheckType[],
  context: CaseContext,
): Promise<CheckResult[]> {
  const type = types.find((t) => t.types.includes(check.type));
  if (type === undefined)
    return [{ check: check.id, status: "skip", why: `nothing here does checks of type ${check.type}` }];
  if (type.fp32Only && context.compute !== "fp32") {
    return [
      { check: check.id, status: "skip", why: "tokens chosen by fp32 logits are not to be expected of bf16" },
    ];
  }
  try {
    return [await type.run(check, context)].flat();
  } catch (error) {
    return [resultOfError(check.id, error)];
  }
}
