import { describe, expect, it } from "vitest";
import type { Backend, Operand } from "../../backend.js";
import { Trail } from "../../trail.js";
import { differences, execute, type Plan, planOf } from "../conformance.js";
import { conformanceCases } from "../conformanceCases.js";
import { createReferenceBackend } from "../reference/index.js";
import { FOOTPRINTS } from "./footprints.js";
import { checkedBackend } from "./index.js";

/** The conformance suite's cases lie between NaN, and their outputs are NaN before: whatever a footprint has too much shows. */
const reference = createReferenceBackend();
const small = conformanceCases.filter((c) => c.kernel in FOOTPRINTS || c.kernel === "adamw");
const elements = (plan: Plan) =>
  Object.values(plan.buffers).reduce((n, b) => n + b.shape.reduce((product, d) => product * d, 1), 0);
const plans = small
  .map((c) => ({ name: `${c.kernel} ${c.label}`, kernel: c.kernel, plan: planOf(c, 5) }))
  .filter(({ plan }) => elements(plan) < 1500);
const outcomes = new Map(plans.map((p) => [p.name, execute(reference, p.plan)]));

const isFloat = (name: string, plan: Plan) => plan.buffers[name]!.dtype !== "i32";
/** Values of the buffer inside the allocation, by its places. */
function finite(plan: Plan, name: string): boolean {
  const { contents } = outcomes.get(plans.find((p) => p.plan === plan)!.name)!;
  return places(plan, name).every((at) => Number.isFinite(contents[name]![at]!));
}
function places(plan: Plan, name: string): number[] {
  const { shape, strides } = plan.buffers[name]!;
  const before = 17 + 6 * Object.keys(plan.buffers).indexOf(name);
  const all: number[] = [];
  const visit = (d: number, at: number): void => {
    if (d === shape.length) all.push(at);
    else for (let i = 0; i < shape[d]!; i++) visit(d + 1, at + i * strides[d]!);
  };
  visit(0, before);
  return all;
}
const clean = plans.filter(({ plan }) =>
  Object.keys(plan.buffers)
    .filter((name) => isFloat(name, plan))
    .every((name) => finite(plan, name)),
);

/** The plan with one number made NaN, before or after the kernel ran. */
function spoiled(plan: Plan, kernel: string, name: string, at: number, when: "before" | "after"): Plan {
  const before = 17 + 6 * Object.keys(plan.buffers).indexOf(name);
  return {
    ...plan,
    run(_, operands) {
      const { storage } = operands[name] as Operand;
      const value = storage.dtype === "bf16" ? Uint16Array.of(0x7fc0) : Float32Array.of(Number.NaN);
      const spoil = () => reference.write({ storage, offset: at }, value);
      const run = reference[kernel as "unary"];
      const inner: Backend = {
        ...reference,
        [kernel]: (p: Parameters<typeof run>[0]) => {
          run(p);
          if (when === "after") spoil();
        },
      };
      if (when === "before") spoil();
      expect(before).toBeLessThanOrEqual(at);
      return plan.run(checkedBackend(inner, new Trail()), operands);
    },
  };
}

describe("what kernels read and write", () => {
  it("has cases of every kernel", () => {
    const found = new Set(clean.flatMap(({ kernel }) => kernel.split(" and ")));
    expect([...Object.keys(FOOTPRINTS), "adamw"].filter((kernel) => !found.has(kernel))).toEqual([]);
  });

  it("covers no number too many: nothing is found in what is finite, and the bits are those without checks", () => {
    const checked = checkedBackend(reference, new Trail());
    for (const { name, plan } of clean)
      expect(differences(execute(checked, plan), outcomes.get(name)!), name).toEqual([]);
  });

  it("covers every output to its last number", () => {
    let count = 0;
    for (const { name, kernel, plan } of clean) {
      if (kernel === "adamw" || (kernel === "stridedCopy" && !name.includes('"accumulate":true'))) continue;
      for (const [buffer, { tolerance, dtype }] of Object.entries(plan.buffers)) {
        if (tolerance === null || dtype === "i32") continue;
        const all = places(plan, buffer);
        for (const at of new Set([all[0], all.at(-1)])) {
          if (at === undefined) continue;
          count++;
          // A table's size is not among the parameters: what lies behind it here is taken for a part of it.
          const message =
            kernel === "embedding" ? / 1 NaN of \d+ in y/ : /first operation to make .* 1 NaN of/;
          const run = () => execute(reference, spoiled(plan, kernel, buffer, at, "after"));
          expect(run, `${name}: ${buffer}`).toThrow(message);
        }
      }
    }
    expect(count).toBeGreaterThan(500);
  });

  it("lays a fault that was there before on what was given", () => {
    let count = 0;
    for (const { name, kernel, plan } of clean) {
      for (const [buffer, { values, dtype }] of Object.entries(plan.buffers)) {
        const at = places(plan, buffer)[0];
        if (values === null || dtype === "i32" || at === undefined) continue;
        try {
          execute(reference, spoiled(plan, kernel, buffer, at, "before"));
        } catch (error) {
          count++;
          expect((error as Error).message, `${name}: ${buffer}`).toMatch(/was given .* holds \d+ NaN of/);
        }
      }
    }
    expect(count).toBeGreaterThan(500);
  });
});
