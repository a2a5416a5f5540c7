/** @file `npm run build:wasm`: native/ → native/wasm/*.wasm, which are in the repository, since most machines have no clang
 *  for WebAssembly. Beside them lies what they were made from (`made.json`), so that a test without a compiler can tell
 *  whether they are what the sources give; with the compiler named there the bytes come out the same. */

import {
  baseName,
  exists,
  isDirectory,
  joinPath,
  listFolder,
  readBytes,
  readText,
  remove,
  sha256,
  writeAtomic,
} from "../../../platform/files.js";
import { environment, isProgram, printLine, processId, run } from "../../../platform/native.js";
import { packageRoot } from "../../../platform/package.js";
import { INITIAL_PAGES } from "./machine.js";
import { WASM_FILES, WASM_ISAS, type WasmIsa } from "./module.js";

// biome-ignore format: a line a purpose
const COMPILE = [
  "--target=wasm32-unknown-unknown", "-std=c++17", "-O3", "-nostdlibinc", "-isystem", "native/wasm/include",
  "-fvisibility=hidden", "-ffp-contract=off", "-fno-math-errno", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics",
  "-Wall", "-Wextra", "-Wno-unused-function",
  "-msimd128", "-matomics", "-mbulk-memory", "-mnontrapping-fptoint", "-msign-ext", "-mmutable-globals",
];
const FLAGS: Readonly<Record<WasmIsa, readonly string[]>> = { simd: [], "relaxed-simd": ["-mrelaxed-simd"] };
const LINK = [
  "--no-entry",
  "--strip-all",
  "--import-memory",
  "--shared-memory",
  `--initial-memory=${INITIAL_PAGES * 65536}`,
  "--max-memory=4294967296",
  "--export-table",
  ...["__heap_base", "__stack_pointer", "__wasm_init_tls", "__tls_size"].map((name) => `--export=${name}`),
  "-z",
  "stack-size=1048576",
  "--stack-first",
];

/** What the files were made from and by. */
export interface Made {
  /** Of sources and flags. */
  readonly sources: string;
  readonly compiler: string;
  /** SHA-256 of each file. */
  readonly files: Readonly<Record<string, string>>;
}

const RECORD = "native/wasm/made.json";

export function madeRecord(): Made | undefined {
  const file = joinPath(packageRoot(), RECORD);
  return exists(file) ? (JSON.parse(readText(file)) as Made) : undefined;
}

/** Of the flags and of every source that WebAssembly's files include. */
export function sourcesHash(): string {
  const root = joinPath(packageRoot(), "native");
  const files = ["half.h", "vec.h", "kernels.inc", "isa/isa.h", "core/ops.h", "core/pool.h", "core/table.h"];
  for (const folder of ["kernels", "wasm", "wasm/include"]) {
    for (const name of listFolder(joinPath(root, folder))) {
      if (!isDirectory(joinPath(root, folder, name)) && /\.(?:inc|h|cpp)$/.test(name))
        files.push(`${folder}/${name}`);
    }
  }
  const parts = files.map((name) => `${name}\n${sha256(readText(joinPath(root, name)))}`);
  return sha256(JSON.stringify([COMPILE, FLAGS, LINK, ...parts]));
}

/** SHA-256 of the files as they are. */
export function filesHashes(): Record<string, string> {
  const entries = WASM_ISAS.map((isa) => {
    const file = joinPath(packageRoot(), WASM_FILES[isa]);
    return [baseName(file), exists(file) ? sha256(readBytes(file)) : ""];
  });
  return Object.fromEntries(entries) as Record<string, string>;
}

export interface WasmCompiler {
  readonly clang: string;
  readonly linker: string;
  readonly version: string;
}

/** A clang for WebAssembly with its linker: $CYGNET_WASM_CLANG, else the usual names, newest last tried first. */
export function findWasmCompiler(): WasmCompiler | undefined {
  const wanted = environment("CYGNET_WASM_CLANG");
  const names = wanted === undefined ? ["clang-19", "clang-20", "clang-21", "clang"] : [wanted];
  for (const clang of names) {
    const linker = clang.replace("clang", "wasm-ld");
    const { ok, stdout } = run(clang, ["--version"]);
    if (!ok || !run(linker, ["--version"]).ok) continue;
    return { clang, linker, version: stdout.split("\n")[0]!.replace(/^.*?(clang version \S+).*$/, "$1") };
  }
  return undefined;
}

/** The bytes of one file. Throws an Error with what the compiler said. */
export function buildWasm(compiler: WasmCompiler, isa: WasmIsa): Uint8Array {
  const root = packageRoot();
  const beside = joinPath(root, `native/wasm/${isa}.${processId()}.tmp`);
  const inPackage = (flag: string) => (flag.startsWith("native/") ? joinPath(root, flag) : flag);
  try {
    const source = joinPath(root, "native/wasm/wasm.cpp");
    const flags = [...COMPILE.map(inPackage), ...FLAGS[isa]];
    const compiled = run(compiler.clang, [...flags, "-c", source, "-o", `${beside}.o`]);
    if (!compiled.ok) throw new Error(`${compiler.clang} failed:\n${compiled.stderr}`);
    const linked = run(compiler.linker, [...LINK, `${beside}.o`, "-o", beside]);
    if (!linked.ok) throw new Error(`${compiler.linker} failed:\n${linked.stderr}`);
    return readBytes(beside);
  } finally {
    for (const file of [beside, `${beside}.o`]) remove(file);
  }
}

/** Makes both files and the record of them; returns the lines to print. */
export function makeWasm(): string[] {
  const compiler = findWasmCompiler();
  if (compiler === undefined)
    throw new Error(
      "no clang for WebAssembly was found: apt-get install clang-19 lld-19, or set CYGNET_WASM_CLANG",
    );
  const sources = sourcesHash();
  const lines = WASM_ISAS.map((isa) => {
    const bytes = buildWasm(compiler, isa);
    writeAtomic(joinPath(packageRoot(), WASM_FILES[isa]), bytes);
    return `${WASM_FILES[isa]}: ${Math.round(bytes.length / 1024)} KiB`;
  });
  const record: Made = { sources, compiler: compiler.version, files: filesHashes() };
  writeAtomic(joinPath(packageRoot(), RECORD), `${JSON.stringify(record, null, 2)}\n`);
  return lines;
}

if (isProgram(import.meta.url)) for (const line of makeWasm()) printLine(line);
