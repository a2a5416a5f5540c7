/** @file Compiles native/ into native/build/cygnet.node: one object a file, each for its instruction set, recompiled only
 *  when its sources, flags or compiler changed. An instruction set whose flags the compiler does not know is left out. */

import {
  baseName,
  directoryOf,
  exists,
  isDirectory,
  joinPath,
  listFolder,
  readBytes,
  readText,
  remove,
  rename,
  sha256,
  writeAtomic,
} from "../../../platform/files.js";
import { withLock } from "../../../platform/lock.js";
import {
  environment,
  processId,
  resolvePackage,
  run,
  runAsync,
  systemName,
} from "../../../platform/native.js";
import { packageRoot } from "../../../platform/package.js";
import {
  type Compiler,
  commonFlags,
  compilerAdvice,
  EMULATED_FLAGS,
  findCompiler,
  instructionSets,
  KERNEL_FLAGS,
  linkFlags,
  type Variant,
} from "./toolchain.js";

export const addonFile = (emulated = false): string =>
  joinPath(packageRoot(), "native/build", emulated ? "cygnet-emulated.node" : "cygnet.node");

export const bridgeFile = (variant: string): string =>
  joinPath(packageRoot(), "native/build", variant, variant === "windows" ? "bridge.exe" : "bridge");

interface Source {
  readonly file: string;
  readonly flags: readonly string[];
}

export type Built =
  | {
      readonly built: true;
      readonly file: string;
      /** Files that were compiled; the others were there. */
      readonly compiled: number;
      /** Instruction sets in it, least first. */
      readonly isas: readonly string[];
    }
  | { readonly built: false; readonly why: string };

/** What is built: the addon for this machine; a portable one, for others of its kind; the bridge or addon of a variant. */
interface Product {
  readonly file: string;
  readonly addon: boolean;
  readonly emulated: boolean;
  readonly portable: boolean;
  readonly variant: Variant | undefined;
  /** Node's name of the system it runs on. */
  readonly system: string;
}

/** Sources, most expensive first, and the instruction sets among them. */
function sourcesOf(product: Product, compiler: string): { sources: Source[]; isas: string[] } {
  const { variant, system } = product;
  const sets =
    variant?.baselineOnly === true ? [{ name: "baseline", flags: [] }] : instructionSets(compiler, system);
  const has = sets.map((set) => `-DCYGNET_WITH_${set.name.toUpperCase()}=1`);
  const isas = sets.map((set) => set.name);
  const sources: Source[] = sets
    .reverse()
    .map((set) => ({ file: `isa/${set.name}.cpp`, flags: [...KERNEL_FLAGS, ...set.flags] }));
  const add = (file: string, ...flags: string[]) => sources.push({ file, flags });
  if (product.emulated) {
    has.push("-DCYGNET_EMULATE=1");
    const wide = isas.includes("avx2") ? EMULATED_FLAGS : [];
    for (const name of ["avx512", "avx512bf16", "amx"])
      add(`test/emulated_${name}.cpp`, ...KERNEL_FLAGS.slice(1), "-O1", ...wide);
  }
  if (product.addon) {
    const headers = `-I${joinPath(directoryOf(resolvePackage("node-api-headers")), "include")}`;
    add("core/binding.cpp", "-O2", headers);
    if (system === "win32") add("core/node_windows.cpp", "-O2", headers);
  } else add("test/bridge.cpp", "-O2");
  add("core/dispatch.cpp", "-O2", ...has);
  for (const name of ["arena", "pool", "system"]) add(`core/${name}.cpp`, "-O2");
  const after = variant?.flags ?? [];
  return {
    sources: sources.map(({ file, flags }) => ({
      file,
      flags: [...commonFlags(system), ...flags, ...after],
    })),
    isas,
  };
}

/** The object of a source: reused if its recorded dependencies have the contents they had. Objects are named by their
 *  flags and compiler, so that two builds of different flags never disturb one another. */
async function compileOne(
  source: Source,
  compiler: Compiler,
  folder: string,
  onCompile: () => void,
): Promise<{ object: string; fresh: boolean; error: string }> {
  const args = source.flags;
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
  /** A build for tests: its bridge, or (`addon`) its addon. */
  readonly variant?: Variant;
  readonly addon?: boolean;
  /** An addon for other machines of this system and processor, into this file. */
  readonly portable?: string;
  /** Called once, before the first file is compiled; not where everything is there already. */
  readonly onCompile?: (compiler: string) => void;
  /** Called once where another process is building, which is waited for. */
  readonly onWait?: (holder: number) => void;
}

function productOf({
  emulated = false,
  variant,
  addon = variant === undefined,
  portable,
}: BuildOptions): Product {
  const beside = variant === undefined ? undefined : bridgeFile(variant.name);
  const file =
    portable ??
    (beside === undefined
      ? addonFile(emulated)
      : addon
        ? joinPath(directoryOf(beside), "cygnet.node")
        : beside);
  const system = variant?.system ?? systemName();
  return { file, addon, emulated, portable: portable !== undefined, variant, system };
}

export async function buildNative(options: BuildOptions = {}): Promise<Built> {
  const product = productOf(options);
  const { variant } = product;
  const compiler = findCompiler(variant?.compiler);
  if (compiler === undefined && variant !== undefined)
    return { built: false, why: `${variant.compiler} is not installed` };
  if (compiler === undefined)
    return {
      built: false,
      why: `no C++ compiler was found; install one (${compilerAdvice()}) and run npx cygnet doctor --compile`,
    };
  const { onWait } = options;
  const folder = directoryOf(variant === undefined ? addonFile() : product.file);
  return withLock(
    joinPath(folder, "building"),
    () => compileAndLink(product, compiler, folder, options),
    onWait === undefined ? {} : { onWait },
  );
}

/** Objects go into `folder`, each beside its name first. */
async function compileAndLink(
  product: Product,
  compiler: Compiler,
  folder: string,
  options: BuildOptions,
): Promise<Built> {
  const { sources, isas } = sourcesOf(product, compiler.program);
  const queue = [...sources];
  const objects = new Map<Source, string>();
  const errors: string[] = [];
  let compiled = 0;
  let told = false;
  const onCompile = () => {
    if (!told) options.onCompile?.(compiler.program);
    told = true;
  };
  const worker = async () => {
    for (let source = queue.shift(); source !== undefined && errors.length === 0; source = queue.shift()) {
      const { object, fresh, error } = await compileOne(source, compiler, folder, onCompile);
      if (error !== "") errors.push(error);
      objects.set(source, object);
      if (fresh) compiled++;
    }
  };
  await Promise.all([worker(), worker()]);
  if (errors.length > 0) return { built: false, why: `${compiler.program} failed:\n${errors.join("\n")}` };
  const linked = sources.map((source) => objects.get(source)!);
  const error = link(product, compiler, linked);
  if (error !== "") return { built: false, why: error };
  if (!product.emulated) sweep(folder, linked);
  return { built: true, file: product.file, compiled, isas };
}

/** An object's name and the hash of what it was made from; of itself where that is not recorded. */
function identity(object: string): string {
  const record = object.replace(/\.o$/, ".key");
  return `${object} ${exists(record) ? readText(record).split("\n")[0] : sha256(readBytes(object))}`;
}

/** Returns what went wrong, or "". */
function link(product: Product, compiler: Compiler, objects: readonly string[]): string {
  const { file, variant, addon, portable } = product;
  const record = `${file}.key`;
  const key = sha256([compiler.version, ...objects.map(identity)].join("\n"));
  if (!portable && exists(file) && exists(record) && readText(record) === key) return "";
  const beside = `${file}.${processId()}.tmp`;
  const flags =
    variant === undefined
      ? linkFlags(product.system, portable)
      : [...(addon ? ["-shared"] : []), "-pthread", ...variant.flags];
  const { ok, stderr } = run(compiler.program, [...flags, ...objects, "-o", beside]);
  if (!ok) {
    remove(beside);
    return `${compiler.program} failed to link:\n${stderr}`;
  }
  // Beside and renamed: a process that has the old file mapped keeps it whole. Windows lets a loaded file be renamed, but
  // not replaced or removed.
  if (systemName() === "win32" && exists(file)) rename(file, `${file}.${processId()}.old`);
  rename(beside, file);
  if (!portable) writeAtomic(record, key);
  return "";
}

/** Removes objects of flags or compilers no longer in use. */
function sweep(folder: string, objects: readonly string[]): void {
  if (environment("CYGNET_BUILD_ISAS") !== undefined) return;
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
