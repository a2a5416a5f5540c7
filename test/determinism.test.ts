/** @file The same bits: twenty training steps end with the same losses and weights on one thread and two, on every
 *  instruction set by itself; and what docs/numerics.md says about two sets holds. With CYGNET_EMULATE=1 (as when
 *  building) the wide sets also run on plain vectors. */

import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createModel } from "../src/models/index.js";
import { loadNative } from "../src/tensor/backends/native/addon.js";
import { createNativeBackend, type NativeOptions } from "../src/tensor/backends/native/index.js";
import { Engine } from "../src/tensor/index.js";
import { createRandom } from "../src/tensor/random.js";
import { checkRecipe } from "../src/train/config/index.js";
import { modelConfig } from "../src/train/modelConfig.js";
import { causalBatch } from "../src/train/objectives/causal.js";
import { createOptimizer } from "../src/train/parameterGroups.js";
import { modelShape, rates } from "../src/train/presets.js";
import { trainStep } from "../src/train/step.js";

const STEPS = 20;

/** Odd widths and lengths, so that every kernel has an edge; products large enough for two threads. */
const SHAPES = {
  gpt2: { family: "gpt2", dim: 72, heads: 3, mlpWidth: 200, optimizer: "adamw" },
  llama: { family: "llama", dim: 80, heads: 4, kvHeads: 2, mlpWidth: 152, optimizer: "muon" },
} as const;
type Shape = keyof typeof SHAPES;
const VOCABULARY = 331;
const CONTEXT = 67;
const BATCH = 5;

interface Path {
  readonly name: string;
  readonly options: NativeOptions;
}

const isasOf = (emulated: boolean): string[] => {
  const loaded = loadNative(emulated);
  return loaded.ok ? loaded.addon.isas().split(" ") : [];
};
const emulated =
  process.env.CYGNET_EMULATE === "1" ? isasOf(true).filter((isa) => isa.startsWith("emulated-")) : [];
const paths: Path[] = [
  ...isasOf(false).map((isa) => ({ name: isa, options: { isa } })),
  ...emulated.map((isa) => ({ name: isa, options: { isa, emulated: true } })),
];

interface Trained {
  readonly losses: readonly number[];
  readonly weights: string;
}

function train(path: Path, shape: Shape, compute: "fp32" | "bf16", threads: number): Trained {
  const engine = new Engine({ backend: createNativeBackend({ ...path.options, threads }), compute });
  const recipe = checkRecipe({ depth: 2, context: CONTEXT, ...SHAPES[shape] });
  const facts = modelShape(recipe);
  const config = modelConfig(facts, { vocabSize: VOCABULARY, eosId: 0 });
  const model = createModel({ config, engine, seed: 3 });
  const optimizer = createOptimizer(model, recipe, rates(recipe, facts));
  const random = createRandom(5);
  const count = BATCH * CONTEXT;
  // Something to learn: each token is the one before times three, now and then another.
  const tokens = new Int32Array(count + 1);
  for (let i = 1; i <= count; i++)
    tokens[i] = random.integer(8) === 0 ? random.integer(VOCABULARY) : (tokens[i - 1]! * 3 + 1) % VOCABULARY;
  const batch = {
    inputs: tokens.slice(0, count),
    targets: tokens.slice(1),
    batch: BATCH,
    context: CONTEXT,
    targetCount: count,
  };
  const losses = Array.from(
    { length: STEPS },
    () => trainStep(model, optimizer, [causalBatch(model, batch)], { lrFactor: 1, maxNorm: 1 }).loss,
  );
  const hash = createHash("sha256");
  for (const [name, p] of model.parameters) hash.update(name).update(p.readFloats());
  const weights = hash.digest("hex");
  for (const p of model.parameters.values()) p.dispose();
  return { losses, weights };
}

const known = new Map<string, Trained>();
/** On two threads, once for all tests. */
function trained(path: Path, shape: Shape, compute: "fp32" | "bf16"): Trained {
  const key = `${path.name} ${shape} ${compute}`;
  const found = known.get(key) ?? train(path, shape, compute, 2);
  known.set(key, found);
  return found;
}

const runs = (["gpt2", "llama"] as const).flatMap((shape) =>
  (["fp32", "bf16"] as const).map((compute) => [shape, compute] as const),
);

describe.skipIf(paths.length === 0).each(paths)("$name", (path) => {
  it.each(runs)("trains %s in %s to the same bits on one thread, two and three", (shape, compute) => {
    const two = trained(path, shape, compute);
    expect(two.losses.every(Number.isFinite)).toBe(true);
    expect(two.losses.at(-1)).toBeLessThan(two.losses[0]! - 0.01);
    expect(train(path, shape, compute, 1)).toEqual(two);
    expect(train(path, shape, compute, 3)).toEqual(two);
  });
});

/** What docs/numerics.md promises of the losses of two sets, by precision: ten times what was measured, twice in bf16. */
const BETWEEN = { fp32: 5e-6, bf16: 1e-2 } as const;

const others = paths.slice(1);
describe.skipIf(others.length === 0).each(others)(`$name and ${paths[0]?.name}`, (path) => {
  it.each(runs)("train %s in %s with losses that differ by rounding alone", (shape, compute) => {
    const [a, b] = [trained(path, shape, compute), trained(paths[0]!, shape, compute)];
    const off = Math.max(...a.losses.map((loss, i) => Math.abs(loss - b.losses[i]!)));
    expect(off).toBeLessThan(BETWEEN[compute]);
    expect(a.weights).not.toBe(b.weights);
  });
});

/** One class of kernels in fp32: they round once where a product is added. */
const fused = paths.filter(({ name }) => name !== "baseline");
describe.skipIf(fused.length < 2).each(fused.slice(1))(`$name and ${fused[0]?.name}`, (path) => {
  it.each(["gpt2", "llama"] as const)("train %s in fp32 to the same bits", (shape) => {
    expect(trained(path, shape, "fp32")).toEqual(trained(fused[0]!, shape, "fp32"));
  });
});
