/** @file Flags from a zod schema: `embeddingLr` becomes `--embedding-lr <number>`, a boolean becomes `--strict` or
 *  `--no-strict`, a list may be given with several words. Kinds, choices and defaults come from the schema's JSON Schema. */

import { Option } from "commander";
import { z } from "zod";

interface Property {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Property[];
  readonly items?: Property;
}

export interface Flag {
  readonly key: string;
  readonly kind: "boolean" | "number" | "string" | "list";
  readonly description: string;
  readonly choices: readonly string[] | undefined;
  readonly default: unknown;
}

export function flagName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

export function flagsOf(schema: z.ZodObject): Flag[] {
  const properties = z.toJSONSchema(schema, { io: "input" }).properties as Record<string, Property>;
  return Object.entries(properties).map(([key, property]) => ({
    key,
    kind: kindOf(property),
    description: property.description ?? "",
    choices: property.enum?.map(String),
    default: property.default,
  }));
}

function kindOf(property: Property): Flag["kind"] {
  const kinds = property.anyOf ?? [property];
  if (kinds.some((k) => k.type === "array")) return "list";
  const [type] = kinds.map((k) => k.type);
  if (type === "boolean") return "boolean";
  return type === "number" || type === "integer" ? "number" : "string";
}

/** The commander options of a flag: two for a boolean that is on by default or may be turned off. */
export function optionsOf(flag: Flag, group: string): Option[] {
  const name = flagName(flag.key);
  const shown = flag.default === undefined || flag.default === false ? "" : ` (default: ${flag.default})`;
  if (flag.kind === "boolean") {
    const on = new Option(name, flag.description + shown).helpGroup(group);
    const off = new Option(name.replace("--", "--no-"), `not so: ${flag.description}`).helpGroup(group);
    return flag.default === true ? [on.hideHelp(), off] : [on, off.hideHelp()];
  }
  const argument =
    flag.kind === "list"
      ? "<text...>"
      : `<${flag.kind === "number" ? "number" : (flag.choices?.join("|") ?? "text")}>`;
  return [new Option(`${name} ${argument}`, flag.description + shown).helpGroup(group)];
}

/** A flag's text as the value that the schema checks; what is no number stays text, so that the check names it. */
export function readValue(flag: Flag, given: unknown): unknown {
  if (flag.kind !== "number" || typeof given !== "string") return given;
  const number = Number(given.replaceAll("_", ""));
  return given.trim() === "" || Number.isNaN(number) ? given : number;
}
