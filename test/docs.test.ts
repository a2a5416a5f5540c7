/** @file The pages hold what they say: recipes.md has every key with its description, commands and scripts exist with the
 *  flags shown, programs pass the type checker, links lead somewhere, and examples/recipes parse. */

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Command } from "commander";
import { describe, expect, test } from "vitest";
import { commands } from "../src/cli/commands.js";
import type { Io } from "../src/cli/io.js";
import { families } from "../src/models/index.js";
import { checkRecipe } from "../src/train/config/index.js";
import { PARTS } from "../src/train/index.js";

const ROOT = resolve(import.meta.dirname, "..");
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((f) => f.endsWith(".md"))
    .map((f) => join("docs", f)),
];
const textOf = (page: string) => readFileSync(join(ROOT, page), "utf8");
const scripts = (JSON.parse(textOf("package.json")) as { scripts: Record<string, string> }).scripts;

test("recipes.md names every key of a recipe, with its description", () => {
  const text = textOf("docs/guide/recipes.md");
  const rows = Object.values(PARTS).flatMap((part) =>
    Object.entries(part).map(
      ([key, field]) => `| \`${key}\` | ${field.description?.replaceAll("|", "\\|")} |`,
    ),
  );
  expect(rows.length).toBeGreaterThan(40);
  expect(rows.filter((row) => !text.includes(row))).toEqual([]);
});

test("the recipes of examples/ are valid", () => {
  const folder = join(ROOT, "examples/recipes");
  const recipes = readdirSync(folder);
  expect(recipes.length).toBeGreaterThan(0);
  for (const recipe of recipes) checkRecipe(JSON.parse(readFileSync(join(folder, recipe), "utf8")));
});

test("programs shown pass the type checker", () => {
  const folder = mkdtempSync(join(ROOT, "node_modules/.docs-"));
  try {
    const blocks = pages.flatMap((page) =>
      [...textOf(page).matchAll(/```ts\n([\s\S]*?)```/g)].map((m) => m[1]!),
    );
    expect(blocks.length).toBeGreaterThan(1);
    for (const [i, block] of blocks.entries())
      writeFileSync(join(folder, `block${i}.ts`), `${block}export {};\n`);
    const compilerOptions = {
      noEmit: true,
      noUnusedLocals: false,
      paths: { cygnet: ["../../src/index.ts"], "cygnet/*": ["../../src/*/index.ts"] },
    };
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ extends: "../../tsconfig.json", compilerOptions, include: ["*.ts"], exclude: [] }),
    );
    const tsc = spawnSync(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", folder], {
      encoding: "utf8",
    });
    expect(tsc.stdout + tsc.stderr).toBe("");
    expect(tsc.status).toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe.each(pages)("%s", (page) => {
  test("links lead to files that exist", () => {
    const links = [...textOf(page).matchAll(/\]\((?!https?:)([^)#]+)/g)].map((m) => m[1]!);
    expect(links.filter((link) => !existsSync(resolve(ROOT, dirname(page), link)))).toEqual([]);
  });

  test("commands exist and take the flags shown", () => {
    const blocks = [...textOf(page).matchAll(/```(?:sh|bash)?\n([\s\S]*?)```/g)].map((m) => m[1]!);
    for (const line of blocks.join("\n").split("\n")) checkLine(line.replace(/\s#.*$/, ""));
  });
});

const program = new Command();
for (const command of commands) command.install(program, {} as Io); // nothing is run, only the flags are looked at

function checkLine(line: string): void {
  for (const [, name] of line.matchAll(/npm run ([\w:]+)/g))
    expect(Object.keys(scripts), line).toContain(name);
  const [, name, rest] =
    /\bcygnet (\w+)(.*)$/.exec(line) ?? /npm run (quickstart)(?: -- (.*))?$/.exec(line) ?? [];
  if (name === undefined) return;
  let command = program.commands.find((c) => c.name() === name);
  expect(command, line).toBeDefined();
  if (command!.commands.length > 0) {
    const word = /^ (\w+)/.exec(rest ?? "")?.[1];
    command = command!.commands.find((c) => c.name() === word);
    expect(command, line).toBeDefined();
  }
  const flags = command!.options.map((option) => option.long);
  for (const [flag] of (rest ?? "").matchAll(/--[\w-]+/g)) expect(flags, line).toContain(flag);
}

test("models.md has every kind of decoder", () => {
  const text = textOf("docs/guide/models.md");
  const types = families.filter((f) => f.kind === "causal").flatMap((f) => f.modelTypes);
  expect(types.length).toBeGreaterThan(10);
  expect(types.filter((type) => !text.includes(`\`${type}\``))).toEqual([]);
});
