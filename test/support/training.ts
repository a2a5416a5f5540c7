/** @file Helps of this folder's tests: a small text, and folders that are removed after the test. */

import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { PretrainConfig } from "../../src/train/config/index.js";

/** A folder of this test file's own. */
export function scratch(): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), "cygnet-train-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return (name) => join(folder, name);
}

/** Many short documents of a few words, the same every time. */
export function writeText(file: string, documents = 300): string {
  const words = [
    "the",
    "fox",
    "saw",
    "a",
    "red",
    "hen",
    "and",
    "ran",
    "home",
    "to",
    "sleep",
    "under",
    "old",
    "trees",
  ];
  let state = 7;
  const next = (n: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const text = Array.from(
    { length: documents },
    (_, i) => `${i} ${Array.from({ length: 12 + next(20) }, () => words[next(words.length)]).join(" ")}.`,
  );
  writeFileSync(file, text.join("\n<|endoftext|>\n"));
  return file;
}

/** A run of seconds. */
export function tiny(data: string, out: string): PretrainConfig {
  return {
    data,
    out,
    depth: 1,
    dim: 16,
    heads: 2,
    context: 16,
    batch: 4,
    steps: 12,
    vocabSize: 300,
    evaluateEvery: 6,
    evaluateTokens: 256,
    checkpointSeconds: 1000,
  };
}

export function hashOf(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}
