import { expect, it } from "vitest";
import { sha256 } from "../../../platform/files.js";
import { buildWasm, filesHashes, findWasmCompiler, madeRecord, sourcesHash } from "./build.js";
import { createWasmBackend } from "./index.js";
import { WASM_ISAS } from "./module.js";

it("the .wasm files are those that were made from these sources (else: npm run build:wasm)", () => {
  expect(madeRecord()!.sources).toBe(sourcesHash());
  expect(madeRecord()!.files).toEqual(filesHashes());
});

const compiler = findWasmCompiler();
const same = compiler?.version === madeRecord()?.compiler;
it.skipIf(process.env.CYGNET_FULL === undefined || !same)("the compiler gives the same bytes again", () => {
  const made = WASM_ISAS.map((isa) => sha256(buildWasm(compiler!, isa)));
  expect(made).toEqual(Object.values(madeRecord()!.files));
});

it("says how much was asked for when memory is at its end, and goes on", () => {
  const b = createWasmBackend({ threads: 1, mostPages: 1024 });
  expect(() => b.allocate("f32", 1 << 26)).toThrow(/0\.25 GiB.*at most 0\.03 GiB/);
  const x = b.allocate("f32", 1000);
  b.fill({ storage: x, offset: 0 }, 1000, 2);
  expect(b.sum({ storage: x, offset: 0 }, 1000)).toBe(2000);
  b.dispose();
});

it("runs over memory of its own where none can be shared", () => {
  const b = createWasmBackend({ threads: 2, shared: false });
  expect(b.threads).toBe(1);
  const x = b.allocate("f32", 100_000);
  b.fill({ storage: x, offset: 0 }, 100_000, 1);
  expect(b.sum({ storage: x, offset: 0 }, 100_000)).toBe(100_000);
  b.dispose();
});
