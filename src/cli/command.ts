/** @file A command from its schema: flags, help, recipe file, checks. Strict: what is not known is an error that names the
 *  nearest. A command's file holds no logic of its own; it calls what the API calls. */

import { Argument, type Command, Option } from "commander";
import type { z } from "zod";
import { UserError } from "../platform/errors.js";
import { readJson } from "../platform/files.js";
import { check } from "../platform/schema.js";
import { flagName, flagsOf, optionsOf, readValue } from "./flags.js";
import type { Io } from "./io.js";

export interface CommandDefinition<S extends z.ZodObject> {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  readonly schema: S;
  /** Keys given without a flag, in order: `cygnet chat FOLDER`. */
  readonly positional?: readonly {
    readonly key: keyof z.input<S> & string;
    readonly required?: boolean;
    readonly several?: boolean;
  }[];
  /** Headings of the help and the keys below them; the rest comes first. */
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  /** Whether `--recipe FILE` gives values that flags override. */
  readonly recipe?: boolean;
  readonly examples?: readonly string[];
  /** `given`: what the user said, checked, without the defaults. */
  readonly run: (given: z.input<S>, io: Io) => Promise<void>;
}

/** A definition of any schema, for lists. */
export interface CliCommand {
  readonly name: string;
  /** Adds the command to the program. */
  install(program: Command, io: Io): void;
}

export function command<S extends z.ZodObject>(definition: CommandDefinition<S>): CliCommand {
  return { name: definition.name, install: (program, io) => install(program, definition, io) };
}

/** Commands under one word: `cygnet tokenizer train`. */
export function commandGroup(name: string, summary: string, commands: readonly CliCommand[]): CliCommand {
  return {
    name,
    install(program, io) {
      const group = program.command(name).description(summary).showHelpAfterError(false);
      for (const { install: add } of commands) add(group, io);
    },
  };
}

function install<S extends z.ZodObject>(program: Command, definition: CommandDefinition<S>, io: Io): void {
  const { name, summary, schema, positional = [], groups = {}, examples = [] } = definition;
  const flags = flagsOf(schema);
  const made = program
    .command(name)
    .description(summary)
    .allowExcessArguments(false)
    .showHelpAfterError(false);
  for (const { key, required = false, several = false } of positional) {
    const word = several ? `${key}...` : key;
    made.addArgument(
      new Argument(required ? `<${word}>` : `[${word}]`, flags.find((f) => f.key === key)?.description),
    );
  }
  const headings = new Map(
    Object.entries(groups).flatMap(([heading, keys]) => keys.map((key) => [key, heading] as const)),
  );
  if (definition.recipe === true)
    made.addOption(
      new Option(
        "--recipe <file>",
        "JSON file with these settings, by the names of the API; flags override it",
      ).helpGroup("Options:"),
    );
  for (const flag of flags) {
    if (positional.some((p) => p.key === flag.key)) continue;
    const heading = headings.get(flag.key);
    for (const option of optionsOf(flag, heading === undefined ? "Options:" : `${heading}:`))
      made.addOption(option);
  }
  if (examples.length > 0)
    made.addHelpText("after", `\nExamples:\n${examples.map((e) => `  ${e}`).join("\n")}\n`);
  made.action(async (...parameters: unknown[]) => {
    const given = gather(definition, parameters.slice(0, positional.length), made.opts());
    await definition.run(given, io);
  });
}

/** Recipe, flags and positional words as one checked object. */
function gather<S extends z.ZodObject>(
  definition: CommandDefinition<S>,
  words: readonly unknown[],
  options: Record<string, unknown>,
): z.input<S> {
  const { schema, positional = [] } = definition;
  const flags = flagsOf(schema);
  const given: Record<string, unknown> = {};
  for (const flag of flags)
    if (options[flag.key] !== undefined) given[flag.key] = readValue(flag, options[flag.key]);
  for (const [i, { key, several = false }] of positional.entries()) {
    const word = words[i];
    if (word === undefined || (several && (word as unknown[]).length === 0)) continue;
    const flag = flags.find((f) => f.key === key)!;
    given[key] = several ? word : readValue(flag, word);
  }
  const recipe =
    definition.recipe === true && typeof options.recipe === "string"
      ? readRecipe(schema, options.recipe)
      : {};
  const all = { ...recipe, ...given };
  check(schema, all, { showKey: flagName });
  return all as z.input<S>;
}

function readRecipe(schema: z.ZodObject, file: string): Record<string, unknown> {
  const value = readJson(file);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UserError({
      code: "recipe-invalid",
      file,
      message: "is no recipe",
      found: Array.isArray(value) ? "a list" : typeof value,
      expected: 'an object of settings, such as {"depth": 4}',
    });
  }
  check(schema, value, { file });
  return value as Record<string, unknown>;
}
