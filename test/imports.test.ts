/** @file The house's rules on imports: they go down the layers only, and nothing but `platform/` imports Node. */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

const SRC = resolve(import.meta.dirname, "../src");

/** What each folder may import, beside itself. */
const LAYERS: Record<string, readonly string[]> = {
  platform: [],
  tensor: ["platform"],
  nn: ["platform", "tensor"],
  tokenizer: ["platform"],
  data: ["platform", "tokenizer"],
  models: ["platform", "tensor", "nn", "tokenizer"],
  /** src/evaluate/metrics: texts and numbers compared, without a model. */
  metrics: ["platform", "tokenizer", "data"],
  generate: ["platform", "tensor", "nn", "tokenizer", "data", "models"],
  train: ["platform", "tensor", "nn", "tokenizer", "data", "metrics", "models", "generate"],
  evaluate: ["platform", "tensor", "nn", "tokenizer", "data", "metrics", "models", "generate", "train"],
  browser: ["platform", "tensor", "models", "generate"],
  cli: ["platform", "tensor", "nn", "tokenizer", "data", "models", "generate", "train", "evaluate"],
};

interface Import {
  readonly file: string;
  readonly target: string;
}

function imports(): Import[] {
  const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter(
    (f) => f.endsWith(".ts") && !f.endsWith(".test.ts"),
  );
  return files.flatMap((file) => {
    const text = readFileSync(join(SRC, file), "utf8");
    const specifiers = [...text.matchAll(/(?:\bfrom\s+|\bimport\s*\(?\s*)["']([^"']+)["']/g)].map(
      (m) => m[1]!,
    );
    return specifiers.map((target) => ({ file, target }));
  });
}

const folderOf = (file: string) => (file.startsWith("evaluate/metrics/") ? "metrics" : file.split("/")[0]!);

test("imports go down the layers only", () => {
  const found = imports().filter(({ target }) => target.startsWith("."));
  expect(found.length).toBeGreaterThan(100);
  const wrong = found.filter(({ file, target }) => {
    const from = folderOf(file);
    const to = folderOf(relative(SRC, resolve(SRC, dirname(file), target)));
    return file !== "index.ts" && from !== to && !LAYERS[from]?.includes(to);
  });
  expect(wrong).toEqual([]);
});

test("every folder of src has its place among the layers", () => {
  const folders = new Set(
    imports()
      .map(({ file }) => file)
      .filter((f) => f.includes("/"))
      .map(folderOf),
  );
  expect([...folders].filter((f) => !(f in LAYERS))).toEqual([]);
});

test("only platform imports node:*", () => {
  expect(
    imports().filter(({ file, target }) => target.startsWith("node:") && folderOf(file) !== "platform"),
  ).toEqual([]);
});
