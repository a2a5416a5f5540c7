import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { openRanged, sha256 } from "../files.js";
import { readGguf } from "./read.js";
import { GGUF_TENSOR_TYPES, type GgufValue } from "./types.js";
import { type GgufTensorToWrite, writeGguf } from "./write.js";

const folder = mkdtempSync(join(tmpdir(), "cygnet-gguf-"));
afterAll(() => rmSync(folder, { recursive: true }));
const parity = resolve(import.meta.dirname, "../../../../shared/parity/quant");

function read(file: string) {
  const ranged = openRanged(file);
  try {
    return readGguf(ranged, file);
  } finally {
    ranged.close();
  }
}

const METADATA: readonly (readonly [string, GgufValue])[] = [
  ["general.architecture", { type: "string", value: "test" }],
  ["u8", { type: "uint8", value: 255 }],
  ["i16", { type: "int16", value: -32768 }],
  ["u32", { type: "uint32", value: 4294967295 }],
  ["u64", { type: "uint64", value: 2n ** 64n - 1n }],
  ["i64", { type: "int64", value: -(2n ** 63n) }],
  ["f32", { type: "float32", value: 1.5 }],
  ["yes", { type: "bool", value: true }],
  ["strings", { type: "array", of: "string", values: ["", "grüße 🦢", "\0"] }],
  ["floats", { type: "array", of: "float64", values: [0.1, -0, Number.NaN] }],
  ["bigs", { type: "array", of: "int64", values: [-1n] }],
  ["bools", { type: "array", of: "bool", values: [true, false] }],
  [
    "nested",
    {
      type: "array",
      of: "array",
      values: [
        { type: "array", of: "uint8", values: [1, 2] },
        { type: "array", of: "string", values: [] },
      ],
    },
  ],
];
const bytes = (length: number, first: number) => Uint8Array.from({ length }, (_, i) => first + i);
const TENSORS: readonly GgufTensorToWrite[] = [
  { name: "a", type: "F32", dimensions: [5, 3], data: () => bytes(60, 1) },
  { name: "b", type: "Q8_0", dimensions: [64, 2], data: () => [bytes(100, 2), bytes(36, 3)] },
  { name: "scalar", type: "I8", dimensions: [], data: () => bytes(1, 9) },
];

describe("GGUF", () => {
  it.each([32, 256])("reads what it wrote, at an alignment of %i", (alignment) => {
    const file = join(folder, "all.gguf");
    const metadata = [...METADATA, ["general.alignment", { type: "uint32", value: alignment }] as const];
    writeGguf(file, metadata, TENSORS);
    const found = read(file);
    expect(found.version).toBe(3);
    const plain = (value: unknown): unknown =>
      JSON.parse(
        JSON.stringify(value, (_, v: unknown) =>
          typeof v === "bigint" ? `${v}n` : ArrayBuffer.isView(v) ? [...(v as Float64Array)] : v,
        ),
      );
    expect(plain([...found.metadata])).toEqual(plain(metadata));
    const data = readFileSync(file);
    expect(found.tensors.map(({ name, type, dimensions }) => ({ name, type, dimensions }))).toEqual(
      TENSORS.map(({ name, type, dimensions }) => ({ name, type, dimensions })),
    );
    found.tensors.forEach(({ position, bytes: size }, i) => {
      const wanted = TENSORS[i]!.data();
      expect(position % alignment).toBe(0);
      expect([...data.subarray(position, position + size)]).toEqual([
        ...(wanted instanceof Uint8Array ? wanted : [...wanted].flatMap((part) => [...part])),
      ]);
    });
  });

  it("refuses to write what no reader takes, and leaves the old file", () => {
    const file = join(folder, "kept.gguf");
    writeFileSync(file, "old");
    const number = (type: "uint8", value: number) => [["k", { type, value }]] as const;
    const tensor = (more: Partial<GgufTensorToWrite>) => [{ ...TENSORS[0]!, ...more }];
    const bad = [
      () => writeGguf(file, number("uint8", 256)),
      () => writeGguf(file, number("uint8", 0.5)),
      () => writeGguf(file, [["k", { type: "uint64", value: -1n }]]),
      () => writeGguf(file, [...METADATA, METADATA[0]!]),
      () => writeGguf(file, [["general.alignment", { type: "uint32", value: 3 }]]),
      () => writeGguf(file, [], tensor({ name: "x".repeat(64) })),
      () => writeGguf(file, [], tensor({ type: "Q4_0" })),
      () => writeGguf(file, [], tensor({ dimensions: [1, 1, 1, 1, 15] })),
      () => writeGguf(file, [], tensor({ data: () => new Uint8Array(59) })),
      () => writeGguf(file, [], [TENSORS[0]!, TENSORS[0]!]),
    ];
    for (const write of bad)
      expect(write).toThrow(expect.objectContaining({ code: "gguf-unwritable" }) as Error);
    expect(readFileSync(file, "utf8")).toBe("old");
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("ends in an error or a header for any damage, at once", () => {
    const file = join(folder, "good.gguf");
    writeGguf(file, METADATA, TENSORS);
    const good = readFileSync(file);
    const damaged = join(folder, "damaged.gguf");
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        fc.option(fc.nat(good.length)),
        (changes, cut) => {
          const copy = Buffer.from(good);
          for (const [at, byte] of changes) copy[at] = byte;
          writeFileSync(damaged, copy.subarray(0, cut ?? copy.length));
          try {
            read(damaged);
          } catch (error) {
            expect((error as { code?: string }).code).toMatch(/^(malformed|unsupported)-gguf$/);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

interface Expected {
  version: number;
  alignment: number;
  data_offset: number;
  metadata: Record<string, { types: string[]; value: unknown }>;
  tensors: { name: string; dims: number[]; type: string; nbytes: number; sha256: string }[];
}

describe.skipIf(!existsSync(parity))("GGUF files of gguf-py (needs ../shared/parity)", () => {
  it.each(["gguf-metadata", "gguf-llama"])("reads %s", (name) => {
    const json = JSON.parse(
      readFileSync(join(parity, name, "case.json"), "utf8").replace(/: (-?\d{16,})(?=[,\s])/g, ': "$1"'),
    ) as { expected: { files: Record<string, Expected> } };
    for (const [file, expected] of Object.entries(json.expected.files)) {
      const path = join(parity, name, file);
      const found = read(path);
      expect([found.version, found.alignment, found.dataPosition]).toEqual([
        expected.version,
        expected.alignment,
        expected.data_offset,
      ]);
      expect([...found.metadata.keys()]).toEqual(Object.keys(expected.metadata));
      for (const [key, { types, value }] of Object.entries(expected.metadata)) {
        const entry = found.metadata.get(key)!;
        const own =
          entry.type === "array" ? Array.from(entry.values as ArrayLike<unknown>) : (entry.value as unknown);
        expect(typeof own === "bigint" ? String(own) : own, key).toEqual(value);
        expect([entry.type, ...(entry.type === "array" ? [entry.of] : [])]).toEqual(
          types.map((type) => type.toLowerCase()),
        );
      }
      const data = readFileSync(path);
      expect(
        found.tensors.map((tensor) => ({
          name: tensor.name,
          dims: tensor.dimensions,
          type: tensor.type,
          nbytes: tensor.bytes,
          sha256: sha256(data.subarray(tensor.position, tensor.position + tensor.bytes)),
        })),
      ).toEqual(
        expected.tensors.map(({ name, dims, type, nbytes, sha256 }) => ({
          name,
          dims,
          type,
          nbytes,
          sha256,
        })),
      );
    }
  });

  it("refuses the bad files and no other", () => {
    const rows = readFileSync(join(parity, "gguf-bad/files.jsonl"), "utf8").trim().split("\n");
    let refused = 0;
    for (const row of rows) {
      const {
        file,
        must_reject: must,
        what,
      } = JSON.parse(row) as { file: string; must_reject: boolean | null; what: string };
      let error: unknown;
      try {
        read(join(parity, "gguf-bad", file));
      } catch (caught) {
        error = caught;
        expect((caught as { code?: string }).code, what).toMatch(/^(malformed|unsupported)-gguf$/);
      }
      if (must !== null) expect(error !== undefined, what).toBe(must);
      if (error !== undefined) refused++;
    }
    expect(rows.length).toBe(59);
    expect(refused).toBeGreaterThanOrEqual(51);
  });

  it("knows the field's types of tensors", () => {
    const { expected } = JSON.parse(readFileSync(join(parity, "gguf-type-table/case.json"), "utf8")) as {
      expected: { types: { name: string; id: number; block_size: number; type_size: number }[] };
    };
    expect(Object.entries(GGUF_TENSOR_TYPES).map(([name, numbers]) => [name, ...numbers])).toEqual(
      expected.types.map(({ name, id, block_size, type_size }) => [name, id, block_size, type_size]),
    );
  });
});
