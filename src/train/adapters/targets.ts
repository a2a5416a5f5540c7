/** @file Which modules an adapter is for, by the rules of PEFT:
 *    a text      a regular expression for the whole path, or "all-linear": every product but the output's
 *    a list      whole paths, or their ends: `c_proj` is `h.0.attn.c_proj` and `h.0.mlp.c_proj`
 *  `layers` keeps some layers of those that a list names by their ends; `exclude` takes away again. The keys of patterns (rank, alpha)
 *  are regular expressions for a path's end; the first that fits counts. */

import { nearest, UserError } from "../../platform/errors.js";
import { innerLinear, type Module } from "./modules.js";

export interface Targets {
  readonly targets: string | readonly string[];
  readonly exclude?: string | readonly string[] | undefined;
  readonly layers?: number | readonly number[] | undefined;
  /** What stands before the layer's number in a path; default: anything. */
  readonly layersPattern?: string | readonly string[] | undefined;
}

export const ALL_LINEAR = "all-linear";

/** In the order of the modules. Throws UserError: `target-unknown` (with the nearest names) where none is found or, `strict`,
 *  where a name of a list finds none; `pattern-invalid`. */
export function targetedModules(modules: readonly Module[], rule: Targets, strict = true): Module[] {
  const candidates =
    rule.targets === ALL_LINEAR ? innerLinear(modules) : modules.filter(({ path }) => isTarget(path, rule));
  const found = candidates.filter(({ path }) => !isExcluded(path, rule.exclude));
  const names = typeof rule.targets === "string" || !strict ? [] : rule.targets;
  const idle = names.find((name) => !modules.some(({ path }) => fits(path, name)));
  if (found.length === 0 || idle !== undefined) throw nothing(modules, rule, candidates.length, idle);
  return found;
}

export function isTarget(path: string, { targets, layers, layersPattern }: Targets): boolean {
  if (typeof targets === "string") return expression("targets", `^(?:${targets})$`).test(path);
  if (targets.includes(path)) return true;
  if (!targets.some((name) => fits(path, name))) return false;
  return layers === undefined || isInLayers(path, layers, layersPattern);
}

function isInLayers(
  path: string,
  layers: number | readonly number[],
  patterns: Targets["layersPattern"],
): boolean {
  const before = [patterns ?? []].flat();
  for (const name of before.length === 0 ? ["[^.]*"] : before) {
    const index = expression("layersPattern", `^.*\\.(?:${name})\\.(\\d+)\\.`).exec(path)?.[1];
    if (index !== undefined) return [layers].flat().includes(Number(index));
  }
  return false;
}

function isExcluded(path: string, exclude: Targets["exclude"]): boolean {
  if (exclude === undefined) return false;
  if (typeof exclude === "string") return expression("exclude", `^(?:${exclude})$`).test(path);
  return exclude.some((name) => fits(path, name));
}

const fits = (path: string, name: string): boolean => path === name || path.endsWith(`.${name}`);

/** The value under the first key that fits the path, or undefined. */
export function byPattern<T>(patterns: Readonly<Record<string, T>>, path: string): T | undefined {
  const key = Object.keys(patterns).find((k) => expression("pattern", `^(?:.*\\.)?(?:${k})$`).test(path));
  return key === undefined ? undefined : patterns[key];
}

/** Python's spelling of named groups is understood. */
export function expression(at: string, source: string): RegExp {
  try {
    return new RegExp(source.replaceAll("(?P<", "(?<"));
  } catch (cause) {
    throw new UserError({
      code: "pattern-invalid",
      at,
      message: "is no regular expression",
      found: source,
      cause,
    });
  }
}

function nothing(
  modules: readonly Module[],
  rule: Targets,
  before: number,
  idle: string | undefined,
): UserError {
  const { targets, layers } = rule;
  const found = idle ?? (typeof targets === "string" ? targets : targets.join(", "));
  const there = endings(modules);
  const wanted = idle ?? [targets].flat()[0] ?? "";
  const near = nearest(wanted.split(/[.\\]/).at(-1) ?? "", there);
  const why =
    before > 0
      ? "all that targets name is excluded"
      : idle === undefined && layers !== undefined
        ? `name no module of the layers ${[layers].flat()}`
        : "name no module of this model";
  return new UserError({
    code: "target-unknown",
    at: before > 0 ? "exclude" : "targets",
    message: why,
    found,
    expected: `some of ${there.join(", ")}, or "${ALL_LINEAR}"`,
    fix: near === undefined || near === wanted ? undefined : `did you mean ${JSON.stringify(near)}?`,
  });
}

/** What paths end in, each once. */
function endings(modules: readonly Module[]): string[] {
  return [...new Set(modules.map(({ path }) => path.split(".").at(-1)!))];
}
