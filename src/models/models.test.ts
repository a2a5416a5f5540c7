import { describe, expect, it } from "vitest";
import { decoderConfigs as configs } from "../../test/support/decoderConfigs.js";
import { createNativeBackend, nativeAvailable } from "../tensor/backends/native/index.js";
import { createReferenceBackend } from "../tensor/backends/reference/index.js";
import { backward, Engine, zeroGrad } from "../tensor/index.js";
import { createCache } from "./cache.js";
import { createModel } from "./create.js";
import type { CausalModel } from "./model.js";

const backends = { reference: createReferenceBackend, native: () => createNativeBackend({}) };
const available = nativeAvailable().ok ? (["reference", "native"] as const) : (["reference"] as const);
const runs = Object.keys(configs).flatMap((name) => available.map((backend) => ({ name, backend })));

const ids = (batch: number, seq: number, salt = 0) =>
  Int32Array.from(
    { length: batch * seq },
    (_, i) => (i * 7 + 3 * ((i / seq) | 0) + salt + ((i * i) % 5)) % 23,
  );
const far = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce(
    (worst, x, i) => Math.max(worst, Math.abs(x - b[i]!)),
    a.length === b.length ? 0 : Number.POSITIVE_INFINITY,
  );

function logits(model: CausalModel, input: Parameters<CausalModel["hidden"]>[0]): Float32Array {
  return model.engine.noGrad(() => model.engine.scope(() => model.logits(model.hidden(input)).readFloats()));
}

describe.each(runs)("$name on $backend", ({ name, backend }) => {
  const engine = new Engine({ backend: backends[backend]() });
  const make = (seed = 7) => createModel({ config: configs[name]!, engine, seed });

  it("gives a row the same logits alone and in a batch", () => {
    const model = make();
    const rows = ids(3, 9);
    const together = logits(model, { inputIds: rows, batch: 3, seq: 9 });
    const alone = logits(model, { inputIds: rows.slice(9, 18), batch: 1, seq: 9 });
    expect(far(alone, together.slice(alone.length, 2 * alone.length))).toBe(0);
  });

  it("is not changed by padding on either side", () => {
    const model = make();
    const plain = logits(model, { inputIds: ids(1, 7), batch: 1, seq: 7 });
    const right = logits(model, {
      inputIds: Int32Array.from([...ids(1, 7), 5, 5, 5]),
      batch: 1,
      seq: 10,
      attentionMask: [1, 1, 1, 1, 1, 1, 1, 0, 0, 0],
    });
    const left = logits(model, {
      inputIds: Int32Array.from([5, 5, 5, ...ids(1, 7)]),
      batch: 1,
      seq: 10,
      attentionMask: [0, 0, 0, 1, 1, 1, 1, 1, 1, 1],
      positionIds: [0, 0, 0, 0, 1, 2, 3, 4, 5, 6],
    });
    expect(far(plain, right.slice(0, plain.length))).toBeLessThan(1e-6);
    expect(far(plain, left.slice(3 * 23))).toBeLessThan(1e-6);
  });

  it("gives packed documents the logits they have alone", () => {
    const model = make();
    const [a, b] = [ids(1, 5), ids(1, 6, 4)];
    const packed = logits(model, {
      inputIds: Int32Array.from([...a, ...b]),
      batch: 1,
      seq: 11,
      documentStarts: [0, 0, 0, 0, 0, 5, 5, 5, 5, 5, 5],
    });
    const alone = [
      ...logits(model, { inputIds: a, batch: 1, seq: 5 }),
      ...logits(model, { inputIds: b, batch: 1, seq: 6 }),
    ];
    expect(far(packed, alone)).toBeLessThan(1e-6);
  });

  it("computes with a cache, in pieces, what it computes at once, left padding included", () => {
    const model = make();
    const inputIds = ids(2, 11);
    const mask = Array.from({ length: 22 }, (_, i) => (i < 2 ? 0 : 1));
    const positions = Array.from({ length: 22 }, (_, i) => (i < 11 ? Math.max(0, i - 2) : i - 11));
    const rowsOf = <T>(from: number, to: number, all: ArrayLike<T>) =>
      [0, 1].flatMap((r) => Array.from(all).slice(r * 11 + from, r * 11 + to));
    const whole = logits(model, { inputIds, batch: 2, seq: 11, attentionMask: mask, positionIds: positions });
    const cache = createCache(model, 2, 16);
    let from = 0;
    for (const to of [5, 6, 9, 10, 11]) {
      const piece = logits(model, {
        inputIds: Int32Array.from(rowsOf(from, to, inputIds)),
        batch: 2,
        seq: to - from,
        attentionMask: rowsOf(0, to, mask),
        positionIds: rowsOf(from, to, positions),
        cache,
      });
      for (const r of [0, 1]) {
        const width = (to - from) * 23;
        const skip = r === 0 && from === 0 ? 2 * 23 : 0;
        expect(
          far(
            piece.slice(r * width + skip, (r + 1) * width),
            whole.slice((r * 11 + from) * 23 + skip, (r * 11 + to) * 23),
          ),
        ).toBeLessThan(1e-6);
      }
      from = to;
    }
    expect(cache.length).toBe(11);
    expect(() => model.hidden({ inputIds: ids(2, 1), batch: 2, seq: 1, cache })).toThrow(/no gradients/);
    cache.dispose();
  });

  it("adds up the gradients of eight batches of one to those of one batch of eight, and frees what it used", () => {
    const model = make();
    const { parameters } = model;
    const inputIds = ids(8, 6);
    const targets = inputIds.map((_, i) => (i % 5 === 0 ? -100 : inputIds[(i + 1) % 48]!));
    const count = targets.filter((t) => t >= 0).length;
    const step = (from: number, to: number) =>
      engine.scope(() => {
        const { loss } = model.loss(
          model.hidden({ inputIds: inputIds.slice(from * 6, to * 6), batch: to - from, seq: 6 }),
          targets.slice(from * 6, to * 6),
          count,
        );
        const value = loss.item();
        backward(loss);
        return value;
      });
    const whole = step(0, 8);
    const gradients = new Map([...parameters].map(([n, p]) => [n, p.grad!.readFloats()]));
    const level = engine.backend.memory().bytes;
    zeroGrad(parameters.values());
    let sum = 0;
    for (let i = 0; i < 8; i++) sum += step(i, i + 1);
    expect(engine.backend.memory().bytes).toBe(level);
    expect(sum).toBeCloseTo(whole, 5);
    for (const [n, p] of parameters)
      expect(far(p.grad!.readFloats(), gradients.get(n)!), n).toBeLessThan(2e-6);
  });

  it("refuses a text longer than its context and ids that it does not know", () => {
    const model = make();
    expect(() => model.hidden({ inputIds: ids(1, 33), batch: 1, seq: 33 })).toThrow(
      /found 33, expected at most 32 tokens/,
    );
    expect(() => model.hidden({ inputIds: Int32Array.of(23), batch: 1, seq: 1 })).toThrow(
      /found 23, expected 0 to 22/,
    );
  });

  it("is the same for the same seed and another for another", () => {
    const [a, b, c] = [make(1), make(1), make(2)].map((m) =>
      logits(m, { inputIds: ids(1, 4), batch: 1, seq: 4 }),
    );
    expect(far(a!, b!)).toBe(0);
    expect(far(a!, c!)).toBeGreaterThan(0.01);
  });
});
