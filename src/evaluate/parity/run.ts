/** @file Finding cases (folders with a case.json) and running them: every case gives one result, whatever is wrong with it. */

import { UserError } from "../../platform/errors.js";
import {
  baseName,
  exists,
  isDirectory,
  joinPath,
  listFolder,
  readJson,
  relativePath,
  resolvePath,
} from "../../platform/files.js";
import { lazyEngine, openCase, type RunOptions } from "./caseContext.js";
import { caseKinds } from "./kinds/index.js";
import { type CaseContext, type CaseJson, type CheckResult, resultOfError } from "./kinds/kind.js";

export interface CaseResult {
  readonly name: string;
  readonly folder: string;
  /** ok: at least one check was made and none failed. */
  readonly status: "ok" | "fail" | "skip";
  readonly checks: readonly CheckResult[];
}

/** Folders with a case.json at or below `root`, in order of name, with names relative to it. */
export function findCases(root: string): { name: string; folder: string }[] {
  if (!isDirectory(root))
    throw new UserError({
      code: "folder-missing",
      file: root,
      message: "is not a folder",
      fix: "name a folder that holds cases, such as ../shared/parity/models",
    });
  const found: { name: string; folder: string }[] = [];
  const visit = (folder: string) => {
    if (exists(joinPath(folder, "case.json")))
      found.push({ name: relativePath(root, folder) || baseName(resolvePath(folder)), folder });
    for (const name of listFolder(folder)) {
      const inside = joinPath(folder, name);
      if (isDirectory(inside)) visit(inside);
    }
  };
  visit(root);
  return found;
}

export async function* runCases(
  cases: readonly { name: string; folder: string }[],
  options: RunOptions,
): AsyncGenerator<CaseResult> {
  const lazy = lazyEngine(options);
  try {
    for (const { name, folder } of cases) {
      const checks = await runCase(folder, options, () => lazy.engine());
      yield { name, folder, status: overall(checks), checks };
    }
  } finally {
    lazy.dispose();
  }
}

function overall(checks: readonly CheckResult[]): CaseResult["status"] {
  if (checks.some((c) => c.status === "fail")) return "fail";
  return checks.some((c) => c.status === "ok") ? "ok" : "skip";
}

async function runCase(
  folder: string,
  options: RunOptions,
  engine: Parameters<typeof openCase>[3],
): Promise<CheckResult[]> {
  let opened: ReturnType<typeof openCase> | undefined;
  const results: CheckResult[] = [];
  try {
    const json = readJson(joinPath(folder, "case.json"));
    if (typeof json !== "object" || json === null || Array.isArray(json))
      throw new Error("case.json is not an object");
    opened = openCase(folder, json as CaseJson, options, engine);
    for await (const result of resultsOf(opened.context)) results.push(result);
    if (results.length === 0)
      results.push({ check: "case", status: "fail", why: "case.json lists no check" });
  } catch (error) {
    results.push(resultOfError("case", error));
  } finally {
    opened?.close();
  }
  return results;
}

async function* resultsOf(context: CaseContext): AsyncGenerator<CheckResult> {
  const kind = caseKinds.find((k) => k.matches(context.json));
  if (kind === undefined)
    yield {
      check: "case",
      status: "skip",
      why: `nothing here does cases of format ${String(context.json.format)}, kind ${String(context.json.kind)}`,
    };
  else yield* kind.run(context);
}
