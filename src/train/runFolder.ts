/** @file The folder of a run: what is where, what was asked for, and what was planned. `run.json` is written before anything
 *  else, so that a run killed at any moment can be gone on with. */

import { UserError } from "../platform/errors.js";
import {
  exists,
  joinPath,
  listFolder,
  makeFolder,
  readJson,
  remove,
  writeAtomic,
} from "../platform/files.js";
import { checkRecipe, type PretrainConfig, type PretrainRecipe, RESUMABLE } from "./config/index.js";
import type { Plan } from "./plan.js";

export interface RunFolder {
  readonly folder: string;
  readonly recipe: PretrainRecipe;
  /** What the user gave: the recipe without its defaults. */
  readonly given: PretrainConfig;
  readonly resumed: boolean;
  readonly paths: RunPaths;
  /** The plan on disk, or undefined before there is one. */
  plan(): Plan | undefined;
  savePlan(plan: Plan): void;
}

export interface RunPaths {
  readonly model: string;
  readonly report: string;
  readonly metrics: string;
  readonly checkpoints: string;
  /** Tokenizer and token shards, made of the text. */
  readonly data: string;
}

interface RunFile {
  readonly format: "cygnet-run/1";
  readonly given: PretrainConfig;
}

const RUN = "run.json";
const PLAN = "plan.json";

/** Opens the run that `config` names: a new one, or with `resume` the one that is there. Throws UserError. */
export function openRun(config: PretrainConfig): RunFolder {
  const asked = checkRecipe(config);
  const folder = asked.out;
  const file = joinPath(folder, RUN);
  // One that never got as far as a plan (a misspelt path, say) is in nobody's way.
  const there = exists(file);
  const began = there && exists(joinPath(folder, PLAN));
  if (asked.resume && !there)
    throw new UserError({
      code: "run-missing",
      file: folder,
      message: "holds no run to go on with",
      fix: "leave out --resume, or name the run's folder with --out",
    });
  if (began && !asked.resume && !asked.overwrite) {
    throw new UserError({
      code: "run-exists",
      file: folder,
      message: "holds a run already",
      fix: "go on with it (--resume), name another folder (--out), or begin anew (--overwrite)",
    });
  }
  if (there && !asked.resume) clear(folder);
  const given = there && asked.resume ? resumedConfig(readRun(file), config, file) : config;
  if (!(there && asked.resume)) {
    makeFolder(folder);
    const { resume: _, overwrite: __, ...kept } = config;
    writeAtomic(file, json({ format: "cygnet-run/1", given: kept } satisfies RunFile));
  }
  return handle(folder, given, asked.resume);
}

function handle(folder: string, given: PretrainConfig, resumed: boolean): RunFolder {
  const at = (name: string) => joinPath(folder, name);
  const planFile = at(PLAN);
  return {
    folder,
    given,
    resumed,
    recipe: { ...checkRecipe(given), out: folder },
    paths: {
      model: at("model"),
      report: at("report.html"),
      metrics: at("metrics.jsonl"),
      checkpoints: at("checkpoints"),
      data: at("data"),
    },
    plan: () => (exists(planFile) ? (readJson(planFile) as Plan) : undefined),
    savePlan: (plan) => writeAtomic(planFile, json(plan)),
  };
}

function readRun(file: string): PretrainConfig {
  const run = readJson(file) as RunFile;
  if (run?.format === "cygnet-run/1") return run.given;
  throw new UserError({
    code: "run-damaged",
    file,
    at: "format",
    message: "is no run of this version",
    found: run?.format ?? "nothing",
    expected: "cygnet-run/1",
  });
}

/** The stored recipe, with what may be given anew taken from the new one. */
function resumedConfig(stored: PretrainConfig, config: PretrainConfig, file: string): PretrainConfig {
  const before = stored as Record<string, unknown>;
  const merged: Record<string, unknown> = { ...before };
  for (const [key, value] of Object.entries(config)) {
    if (value === undefined) continue;
    if (RESUMABLE.includes(key)) merged[key] = value;
    else if (JSON.stringify(before[key]) !== JSON.stringify(value)) {
      throw new UserError({
        code: "recipe-changed",
        file,
        at: key,
        message: "a resumed run keeps its recipe",
        found: show(value),
        expected: before[key] === undefined ? "what it was: the default" : show(before[key]),
        fix: "leave it out, or begin a new run with --out",
      });
    }
  }
  return merged as PretrainConfig;
}

function show(value: unknown): unknown {
  return typeof value === "object" ? JSON.stringify(value) : value;
}

/** Removes what a run made, and nothing else that somebody may have put there. */
function clear(folder: string): void {
  const made = new Set([RUN, PLAN, "model", "report.html", "metrics.jsonl", "checkpoints", "data"]);
  for (const name of listFolder(folder)) if (made.has(name)) remove(joinPath(folder, name));
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
