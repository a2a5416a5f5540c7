/** @file The choice of a backend on machines that lack one. What a machine has is played: the addon's presence, WebAssembly
 *  with its relaxed vectors, memory between threads. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { WasmApi } from "../platform/wasmTypes.js";
import type { Loaded } from "./backends/native/addon.js";
import { createEngine, type Device } from "./device.js";

/** What this machine seems to have. */
const machine = vi.hoisted(() => ({ native: true, wasm: true, relaxed: true, shares: true }));

vi.mock("./backends/native/addon.js", async (original) => {
  const real = await original<typeof import("./backends/native/addon.js")>();
  return {
    ...real,
    loadNative: (emulated?: boolean): Loaded =>
      machine.native ? real.loadNative(emulated) : { ok: false, why: "no addon here" },
  };
});
vi.mock("../platform/wasm.js", async (original) => {
  const real = await original<typeof import("../platform/wasm.js")>();
  const plain: WasmApi = Object.create(real.wasmApi(), {
    // The probe for fused multiply-adds is the only module that small.
    validate: { value: (bytes: Uint8Array) => bytes.length > 1000 && real.wasmApi().validate(bytes) },
  });
  return {
    ...real,
    wasmApi: () => (!machine.wasm ? undefined : machine.relaxed ? real.wasmApi() : plain),
    sharesMemory: () => machine.shares,
  };
});

const told: string[] = [];
beforeEach(() => {
  told.length = 0;
  vi.stubEnv("CYGNET_WASM_ISA", "");
  Object.assign(machine, { native: true, wasm: true, relaxed: true, shares: true });
});
afterEach(() => vi.unstubAllEnvs());

/** The backend that is chosen; it must compute. */
function chosen(device?: Device) {
  const engine = createEngine({
    ...(device === undefined ? {} : { device }),
    threads: 2,
    onFallback: (why) => told.push(why),
  });
  const x = engine.backend.allocate("f32", 1000);
  engine.backend.fill({ storage: x, offset: 0 }, 1000, 2);
  expect(engine.backend.sum({ storage: x, offset: 0 }, 1000)).toBe(2000);
  const { name, isa, threads } = engine.backend;
  engine.dispose();
  return { name, isa, threads };
}

describe("auto", () => {
  it("takes WebAssembly where there is no addon, and says why", () => {
    machine.native = false;
    expect(chosen()).toMatchObject({ name: "wasm", threads: 2 });
    expect(told).toEqual(["WebAssembly is used: no addon here"]);
  });

  it("takes plain vectors where multiply-adds do not fuse", () => {
    machine.native = false;
    machine.relaxed = false;
    expect(chosen()).toMatchObject({ name: "wasm", isa: "simd" });
  });

  it("computes on one thread where memory is not shared", () => {
    machine.native = false;
    machine.shares = false;
    expect(chosen()).toMatchObject({ name: "wasm", threads: 1 });
  });

  it("takes the reference where there is neither, and says that it is slow", () => {
    Object.assign(machine, { native: false, wasm: false });
    expect(chosen().name).toBe("reference");
    expect(told).toEqual([expect.stringMatching(/slow.*no addon here.*no WebAssembly/)]);
  });
});

describe("a backend asked for", () => {
  it("is taken without a word", () => {
    expect(chosen("wasm").name).toBe("wasm");
    expect(chosen("reference").name).toBe("reference");
    expect(told).toEqual([]);
  });

  it.each<[Device, Partial<typeof machine>, string]>([
    ["native", { native: false }, "no addon here; expected one that is there: wasm, reference"],
    ["native", { native: false, wasm: false }, "no addon here; expected one that is there: reference"],
    ["wasm", { native: false, wasm: false }, "no WebAssembly here; expected one that is there: reference"],
  ])("and not there, %s with %o: says which are", (device, lacks, words) => {
    Object.assign(machine, lacks);
    expect(() => chosen(device)).toThrow(words);
    expect(told).toEqual([]);
  });

  it("names native among those that are there", (context) => {
    if (createEngine({ threads: 1 }).backend.name !== "native") context.skip();
    machine.wasm = false;
    expect(() => chosen("wasm")).toThrow("one that is there: native, reference");
  });

  it("refuses relaxed vectors asked for where there are none", () => {
    machine.relaxed = false;
    vi.stubEnv("CYGNET_WASM_ISA", "relaxed-simd");
    expect(() => chosen("wasm")).toThrow(/relaxed-simd.*expected one of simd/);
  });
});
