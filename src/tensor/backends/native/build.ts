/** @file Compiles native/ into native/build/cygnet.node: one object a file, each for its instruction set, recompiled only
 *  when its sources, flags or compiler changed. An instruction set whose flags the compiler does not know is left out. */

import {
  baseName,
  directoryOf,
  exists,
  isDirectory,
  joinPath,
  listFolder,
  makeFolder,
  readBytes,
  readText,
  remove,
  rename,
  sha256,
  writeAtomic,
} from "../../../platform/files.js";
import {
  environment,
  processId,
  processorName,
  resolvePackage,
  run,
  runAsync,
  systemName,
} from "../../../platform/native.js";
import { packageRoot } from "../../../platform/package.js";

export const addonFile = (emulated = false): string =>
  joinPath(packageRoot(), "native/build", emulated ? "cygnet-emulated.node" : "cygnet.node");

export const bridgeFile = (variant: string): string =>
  joinPath(packageRoot(), "native/build", variant, "bridge");

const AVX2 = ["-mavx2", "-mfma", "-mf16c", "-mbmi", "-mbmi2"];
const AVX512 = [
  ...AVX2,
  "-mavx512f",
  "-mavx512bw",
  "-mavx512dq",
  "-mavx512cd",
  "-mavx512vl",
  "-mprefer-vector-width=512",
];
const AVX512BF16 = [...AVX512, "-mavx512bf16"];
const AMX = [...AVX512BF16, "-mamx-tile", "-mamx-bf16"];

interface Source {
  readonly file: string;
  readonly flags: readonly string[];
}

const COMMON = [
  "-std=c++17",
  "-fPIC",
  "-fvisibility=hidden",
  "-ffp-contract=off",
  "-fno-math-errno",
  "-Wall",
  "-Wextra",
  "-Wno-unused-function",
  "-Wno-psabi",
];
/** First the level of optimisation. */
const KERNELS = ["-O3", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics"];

export type Built =
  | { readonly built: true; readonly file: string; readonly compiled: number }
  | { readonly built: false; readonly why: string };

/** `wanted` or $CXX, else the first of the usual names that runs. */
export function findCompiler(wanted = environment("CXX")): { program: string; version: string } | undefined {
  for (const program of wanted === undefined ? ["g++", "clang++", "c++"] : [wanted]) {
    const { ok, stdout } = run(program, ["--version"]);
    if (ok) return { program, version: stdout };
  }
  return undefined;
}

/** What to install where, when there is no compiler. */
export function compilerAdvice(): string {
  return systemName() === "darwin"
    ? "xcode-select --install"
    : "apt-get install g++ (Debian, Ubuntu), dnf install gcc-c++ (Fedora) or apk add g++ (Alpine)";
}

function instructionSets(compiler: string): { name: string; flags: readonly string[] }[] {
  const sets = [{ name: "baseline", flags: [] as readonly string[] }];
  if (processorName() !== "x64") return sets;
  const only = environment("CYGNET_BUILD_ISAS")?.split(",");
  for (const [name, flags] of [
    ["avx2", AVX2],
    ["avx512", AVX512],
    ["avx512bf16", AVX512BF16],
    ["amx", AMX],
  ] as const) {
    if (only !== undefined && !only.includes(name)) continue;
    if (run(compiler, [...flags, "-fsyntax-only", "-x", "c++", "-"]).ok) sets.push({ name, flags });
  }
  return sets;
}

/** A build for tests in a folder of its own: the kernels as a program (native/test/bridge.cpp), for another processor or
 *  with sanitizers. */
export interface Variant {
  readonly name: string;
  readonly compiler: string;
  /** Of every file, after its own, and of the linker. */
  readonly flags: readonly string[];
  /** Only the processor family's common ground. */
  readonly baselineOnly?: boolean;
}

export const VARIANTS: readonly Variant[] = [
  {
    name: "sanitize",
    compiler: "g++",
    flags: ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-DCYGNET_SANITIZE=1"],
  },
  { name: "threads", compiler: "g++", flags: ["-O1", "-g", "-fsanitize=thread"] },
  { name: "arm64", compiler: "aarch64-linux-gnu-g++", flags: ["-static"], baselineOnly: true },
];

/** Sources, most expensive first. */
function sources(compiler: string, emulated: boolean, variant?: Variant): Source[] {
  const sets =
    variant?.baselineOnly === true
      ? [{ name: "baseline", flags: [] as readonly string[] }]
      : instructionSets(compiler);
  const has = sets.map((set) => `-DCYGNET_WITH_${set.name.toUpperCase()}=1`);
  const list: Source[] = sets
    .reverse()
    .map((set) => ({ file: `isa/${set.name}.cpp`, flags: [...KERNELS, ...set.flags] }));
  if (emulated) {
    has.push("-DCYGNET_EMULATE=1");
    const wide = sets.some((set) => set.name === "avx2") ? AVX2 : [];
    for (const name of ["avx512", "avx512bf16", "amx"])
      list.push({ file: `test/emulated_${name}.cpp`, flags: [...KERNELS.slice(1), "-O1", ...wide] });
  }
  if (variant === undefined) {
    const include = joinPath(directoryOf(resolvePackage("node-api-headers")), "include");
    list.push({ file: "core/binding.cpp", flags: ["-O2", `-I${include}`] });
  } else list.push({ file: "test/bridge.cpp", flags: ["-O2"] });
  list.push({ file: "core/dispatch.cpp", flags: ["-O2", ...has] });
  for (const name of ["arena", "pool", "system"]) list.push({ file: `core/${name}.cpp`, flags: ["-O2"] });
  return variant === undefined
    ? list
    : list.map(({ file, flags }) => ({ file, flags: [...flags, ...variant.flags] }));
}

/** The object of a source: reused if its recorded dependencies have the contents they had. Objects are named by their
 *  flags and compiler, so that two builds of different flags never disturb one another. */
async function compileOne(
  source: Source,
  compiler: { program: string; version: string },
  folder: string,
  onCompile: () => void,
): Promise<{ object: string; fresh: boolean; error: string }> {
  const args = [...COMMON, ...source.flags];
  const name = `${baseName(source.file, ".cpp")}-${sha256(JSON.stringify([args, compiler])).slice(0, 12)}`;
  const object = joinPath(folder, `${name}.o`);
  const record = joinPath(folder, `${name}.key`);
  const file = joinPath(packageRoot(), "native", source.file);
  if (exists(object) && exists(record)) {
    const [key, ...files] = readText(record).split("\n");
    // A folder copied from elsewhere names the sources there.
    if (files.includes(file) && key === keyOf(files)) return { object, fresh: false, error: "" };
  }
  onCompile();
  const beside = `${object}.${processId()}.tmp`;
  // What is hashed is what was there before the compiler read it: an edit meanwhile is compiled by the next build.
  const before = hashesBelow(joinPath(packageRoot(), "native"));
  const made = await runAsync(compiler.program, [
    ...args,
    "-MMD",
    "-MF",
    `${beside}.d`,
    "-c",
    file,
    "-o",
    beside,
  ]);
  if (!made.ok) {
    for (const left of [beside, `${beside}.d`]) remove(left);
    return { object, fresh: true, error: made.stderr };
  }
  const files = dependencies(readText(`${beside}.d`));
  remove(`${beside}.d`);
  rename(beside, object);
  writeAtomic(record, [keyOf(files, before), ...files].join("\n"));
  return { object, fresh: true, error: "" };
}

/** Files named by a make rule, without the system's own. */
function dependencies(rule: string): string[] {
  const words = rule
    .slice(rule.indexOf(":") + 1)
    .replaceAll("\\\n", " ")
    .split(/(?<!\\)\s+/);
  return words
    .map((word) => word.replaceAll("\\ ", " "))
    .filter((word) => word !== "" && !word.startsWith("/usr/"));
}

/** `known`: hashes taken earlier; a file that is not among them is hashed now. */
function keyOf(files: readonly string[], known: ReadonlyMap<string, string> = new Map()): string {
  return sha256(files.map((file) => `${file}\n${known.get(file) ?? hashOf(file)}`).join("\n"));
}

const hashOf = (file: string): string => (exists(file) ? sha256(readText(file)) : "");

/** Hashes of the sources in a folder and the folders in it. */
function hashesBelow(folder: string): Map<string, string> {
  const hashes = new Map<string, string>();
  for (const name of listFolder(folder)) {
    const path = joinPath(folder, name);
    if (isDirectory(path)) {
      if (name !== "build") for (const [file, hash] of hashesBelow(path)) hashes.set(file, hash);
    } else hashes.set(path, hashOf(path));
  }
  return hashes;
}

export interface BuildOptions {
  /** Builds beside the addon the variant whose AVX-512 and AMX kernels run on plain vectors, for tests. */
  readonly emulated?: boolean;
  readonly variant?: Variant;
  /** Called once, before the first file is compiled; not where everything is there already. */
  readonly onCompile?: (compiler: string) => void;
}

export async function buildNative(options: BuildOptions = {}): Promise<Built> {
  const emulated = options.emulated ?? false;
  if (systemName() === "win32")
    return { built: false, why: "the native kernels do not support Windows yet (use WSL)" };
  const { variant } = options;
  const compiler = findCompiler(variant?.compiler);
  if (compiler === undefined && variant !== undefined)
    return { built: false, why: `${variant.compiler} is not installed` };
  if (compiler === undefined)
    return {
      built: false,
      why: `no C++ compiler was found; install one (${compilerAdvice()}) and run npm install again`,
    };
  const file = variant === undefined ? addonFile(emulated) : bridgeFile(variant.name);
  const folder = directoryOf(file);
  makeFolder(folder);
  const queue = sources(compiler.program, emulated, variant);
  const objects = new Map<string, string>();
  const errors: string[] = [];
  let compiled = 0;
  const order = queue.map((source) => source.file);
  let told = false;
  const onCompile = () => {
    if (!told) options.onCompile?.(compiler.program);
    told = true;
  };
  const worker = async () => {
    for (let source = queue.shift(); source !== undefined && errors.length === 0; source = queue.shift()) {
      const { object, fresh, error } = await compileOne(source, compiler, folder, onCompile);
      if (error !== "") errors.push(error);
      objects.set(source.file, object);
      if (fresh) compiled++;
    }
  };
  await Promise.all([worker(), worker()]);
  if (errors.length > 0) return { built: false, why: `${compiler.program} failed:\n${errors.join("\n")}` };
  return link(
    compiler,
    order.map((file) => objects.get(file)!),
    { file, variant, keepAll: emulated, compiled },
  );
}

/** An object's name and the hash of what it was made from; of itself where that is not recorded. */
function identity(object: string): string {
  const record = object.replace(/\.o$/, ".key");
  return `${object} ${exists(record) ? readText(record).split("\n")[0] : sha256(readBytes(object))}`;
}

function link(
  compiler: { program: string; version: string },
  objects: readonly string[],
  made: { file: string; variant: Variant | undefined; keepAll: boolean; compiled: number },
): Built {
  const { file, variant, compiled } = made;
  const record = `${file}.key`;
  const key = sha256([compiler.version, ...objects.map(identity)].join("\n"));
  if (exists(file) && exists(record) && readText(record) === key) return { built: true, file, compiled };
  const beside = `${file}.${processId()}.tmp`;
  // The threads outlive the JavaScript environment that loaded the addon (a worker, say): never unmap their code.
  const flags =
    variant !== undefined
      ? ["-pthread", ...variant.flags]
      : systemName() === "darwin"
        ? ["-bundle", "-undefined", "dynamic_lookup"]
        : ["-shared", "-pthread", "-Wl,-z,nodelete"];
  const linked = run(compiler.program, [...flags, ...objects, "-o", beside]);
  if (!linked.ok) {
    remove(beside);
    return { built: false, why: `${compiler.program} failed to link:\n${linked.stderr}` };
  }
  // Beside and renamed: a process that has the old file mapped keeps it whole.
  rename(beside, file);
  writeAtomic(record, key);
  sweep(directoryOf(file), made.keepAll ? [] : objects);
  return { built: true, file, compiled };
}

/** Removes objects of flags or compilers no longer in use. */
function sweep(folder: string, objects: readonly string[]): void {
  if (objects.length === 0 || environment("CYGNET_BUILD_ISAS") !== undefined) return;
  const stems = new Set(objects.map((object) => baseName(object).replace(/-[0-9a-f]{12}\.o$/, "")));
  const keep = new Set(objects.map((object) => baseName(object, ".o")));
  for (const name of listFolder(folder)) {
    const match = /^(.+)-[0-9a-f]{12}\.(?:o|key)$/.exec(name);
    if (
      match !== null &&
      stems.has(match[1]!) &&
      match[1] !== "dispatch" &&
      !keep.has(name.replace(/\.(?:o|key)$/, ""))
    )
      remove(joinPath(folder, name));
  }
}
