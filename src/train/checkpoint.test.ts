import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { randomParameter, testEngine } from "../../test/support/optim.js";
import { scratch } from "../../test/support/training.js";
import { latestCheckpoint, readCheckpoint, type TrainingState, writeCheckpoint } from "./checkpoint.js";

const at = scratch();
const state = (step: number): TrainingState => ({
  format: "cygnet-checkpoint/1",
  step,
  tokens: 10 * step,
  elapsedMs: 5,
  loader: { version: 1, seed: 1, context: 4, tokens: 100, mode: "stream", epoch: 0, index: step },
  counts: { w: step },
  averaged: 0,
});
const tensors = () => new Map([["model.w", randomParameter(testEngine(), "w", [2, 3])]]);

describe("checkpoints", () => {
  test("come back as they were, the two last are kept, `latest` names the last", () => {
    const folder = at("kept");
    const saved = tensors();
    for (const step of [3, 6, 9]) writeCheckpoint(folder, state(step), saved);
    expect(readdirSync(folder).sort()).toEqual(["latest", "step-00000006", "step-00000009"]);
    const read = new Map([["model.w", testEngine().parameter([2, 3], "w")]]);
    expect(readCheckpoint(latestCheckpoint(folder)!, read)).toEqual(state(9));
    expect(read.get("model.w")!.readFloats()).toEqual(saved.get("model.w")!.readFloats());
  });

  test("what a kill left half written is not looked at, and cleared by the next", () => {
    const folder = at("torn");
    writeCheckpoint(folder, state(3), tensors());
    mkdirSync(join(folder, "step-00000006"));
    writeFileSync(join(folder, "step-00000006", "tensors.safetensors.1.tmp"), "half");
    expect(latestCheckpoint(folder)).toBe(join(folder, "step-00000003"));
    writeCheckpoint(folder, state(5), tensors());
    expect(readdirSync(folder).sort()).toEqual(["latest", "step-00000003", "step-00000005"]);
  });

  test("one of another shape or without a tensor is refused by name", () => {
    const own = writeCheckpoint(at("foreign"), state(1), tensors());
    const other = new Map([["model.w", testEngine().parameter([3, 3], "w")]]);
    expect(() => readCheckpoint(own, other)).toThrow(/model\.w.*found "\[2,3\]", expected \[3,3\]/);
    expect(() => readCheckpoint(own, new Map([["model.v", other.get("model.w")!]]))).toThrow(
      /has no tensor model\.v/,
    );
  });

  test("a write that fails leaves the one before in force", () => {
    const folder = at("failing");
    writeCheckpoint(folder, state(1), tensors());
    const broken = new Map([
      [
        "model.w",
        {
          size: 2,
          shape: [2],
          get storage(): never {
            throw new Error("gone");
          },
        },
      ],
    ]);
    expect(() => writeCheckpoint(folder, state(2), broken as never)).toThrow();
    expect(readFileSync(join(folder, "latest"), "utf8")).toBe("step-00000001\n");
    expect(existsSync(join(folder, "step-00000002"))).toBe(false);
  });
});
