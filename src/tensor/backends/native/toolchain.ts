/** @file Compilers of the native kernels and their flags: which programs are looked for on which system, the instruction
 *  sets a compiler knows, and builds for tests (sanitizers, other processors, Windows). */

import { environment, processorName, run, systemName } from "../../../platform/native.js";

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
/** GCC for arm64 moves loads far ahead of their use before it hands out registers; then two are missing for the sums of a
 *  product's tile, which went through memory at every step. (For x86-64 it does not do this by itself.) */
const NEON_BY_GCC = ["-fno-schedule-insns"];

const WIDE = [
  ["avx2", AVX2],
  ["avx512", AVX512],
  ["avx512bf16", AVX512BF16],
  ["amx", AMX],
] as const;

/** The sets that kernels are written for, on a system and a processor of those names (Node's), least first. Tiles are asked
 *  of Linux only. */
export function everyIsa(system: string, processor: string): string[] {
  const wide = processor === "x64" ? WIDE.map(([name]) => name) : [];
  return ["baseline", ...wide.filter((name) => name !== "amx" || system === "linux")];
}

/** Of every file. Working memory that cannot be had is thrown through kernels, which have no exceptions of their own: with
 *  unwind tables, which some systems leave out there (macOS on arm64). */
export function commonFlags(system: string): string[] {
  return [
    "-std=c++17",
    ...(system === "win32"
      ? [
          "-DNAPI_EXTERN=",
          "-D_CRT_SECURE_NO_WARNINGS",
          "-fms-runtime-lib=static",
          "-Wno-unused-command-line-argument",
        ]
      : ["-fPIC", "-fvisibility=hidden"]),
    "-ffp-contract=off",
    "-fno-math-errno",
    "-fasynchronous-unwind-tables",
    "-Wall",
    "-Wextra",
    "-Wno-unused-function",
    "-Wno-psabi",
  ];
}

/** Of kernels, first the level of optimisation. */
export const KERNEL_FLAGS = ["-O3", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics"];
/** Of kernels whose wide instructions are emulated, where the set is there. */
export const EMULATED_FLAGS = AVX2;

/** Of the linker, for an addon. `portable`: one that needs nothing of the machine it runs on but its C library. */
export function linkFlags(system: string, portable: boolean): string[] {
  if (system === "darwin") return ["-bundle", "-undefined", "dynamic_lookup"];
  if (system === "win32") return ["-shared", "-fuse-ld=lld"];
  // The threads outlive the JavaScript environment that loaded the addon (a worker, say): never unmap their code.
  const flags = ["-shared", "-pthread", "-Wl,-z,nodelete"];
  return portable ? [...flags, "-static-libstdc++", "-static-libgcc", "-s"] : flags;
}

export interface Compiler {
  readonly program: string;
  /** What it says of itself, which is part of an object's key. */
  readonly version: string;
}

/** `wanted` or $CXX, else the first of the usual names that runs. On Windows clang alone: the kernels use the vectors of GCC
 *  and clang, and GCC does not align AVX registers that it saves on the stack there. */
export function findCompiler(wanted = environment("CXX")): Compiler | undefined {
  const usual = { win32: ["clang++"], darwin: ["clang++", "c++"] }[systemName() as string];
  for (const program of wanted === undefined ? (usual ?? ["g++", "clang++", "c++"]) : [wanted]) {
    const { ok, stdout } = run(program, ["--version"]);
    if (ok && (systemName() !== "win32" || stdout.includes("clang"))) return { program, version: stdout };
  }
  return undefined;
}

/** What to install where, when there is no compiler. */
export function compilerAdvice(): string {
  if (systemName() === "win32") return "winget install LLVM.LLVM, and Visual Studio's C++ build tools";
  return systemName() === "darwin"
    ? "xcode-select --install"
    : "apt-get install g++ (Debian, Ubuntu), dnf install gcc-c++ (Fedora) or apk add g++ (Alpine)";
}

export interface InstructionSet {
  readonly name: string;
  readonly flags: readonly string[];
}

/** Those for this processor that the compiler knows, least first. */
export function instructionSets(compiler: string, system: string): InstructionSet[] {
  const gccForArm = processorName() === "arm64" && !run(compiler, ["--version"]).stdout.includes("clang");
  const sets: InstructionSet[] = [{ name: "baseline", flags: gccForArm ? NEON_BY_GCC : [] }];
  const wanted = environment("CYGNET_BUILD_ISAS")?.split(",") ?? everyIsa(system, processorName());
  for (const [name, flags] of WIDE) {
    if (!wanted.includes(name)) continue;
    if (run(compiler, [...flags, "-fsyntax-only", "-x", "c++", "-"]).ok) sets.push({ name, flags });
  }
  return sets;
}

/** A build for tests in a folder of its own: the kernels as a program (native/test/bridge.cpp), for another processor or
 *  system, or with sanitizers. */
export interface Variant {
  readonly name: string;
  readonly compiler: string;
  /** Of every file, after its own, and of the linker. */
  readonly flags: readonly string[];
  /** Only the processor family's common ground. */
  readonly baselineOnly?: boolean;
  /** The system it runs on, where that is another; the addon is built as well then. */
  readonly system?: "win32";
}

/** Debian's, with the threads of C++. */
const MINGW = "/usr/lib/gcc/x86_64-w64-mingw32/12-posix";
const MINGW_HEADERS = ["", "/x86_64-w64-mingw32", "/backward"].flatMap((folder) => [
  "-isystem",
  `${MINGW}/include/c++${folder}`,
]);

export const VARIANTS: readonly Variant[] = [
  {
    name: "sanitize",
    compiler: "g++",
    flags: ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-DCYGNET_SANITIZE=1"],
  },
  { name: "threads", compiler: "g++", flags: ["-O1", "-g", "-fsanitize=thread"] },
  {
    name: "arm64",
    compiler: "aarch64-linux-gnu-g++",
    flags: ["-static", ...NEON_BY_GCC],
    baselineOnly: true,
  },
  {
    name: "windows",
    compiler: "clang++-19",
    system: "win32",
    flags: [
      ...["--target=x86_64-w64-mingw32", "-nostdinc++", ...MINGW_HEADERS],
      ...[`-L${MINGW}`, "-static", "-pthread", "-fuse-ld=lld"],
    ],
  },
];
