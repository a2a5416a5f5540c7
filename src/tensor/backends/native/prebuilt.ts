/** @file Compiled kernels from a package of their own, @cygnet/native-SYSTEM-PROCESSOR: optional dependencies of this one, of
 *  which npm installs that of the machine. One made from other sources, or for another version, is not used. */

import {
  directoryOf,
  exists,
  isDirectory,
  joinPath,
  listFolder,
  readJson,
  readText,
  sha256,
} from "../../../platform/files.js";
import { processorName, resolvePackage, systemName } from "../../../platform/native.js";
import { packageRoot, packageVersion } from "../../../platform/package.js";

/** Node's names of what packages are made for. */
export interface Platform {
  readonly system: string;
  readonly processor: string;
  /** A Linux whose C library is musl (Alpine). */
  readonly musl: boolean;
}

export const PLATFORMS: readonly Platform[] = [
  { system: "linux", processor: "x64", musl: false },
  { system: "linux", processor: "x64", musl: true },
  { system: "linux", processor: "arm64", musl: false },
  { system: "linux", processor: "arm64", musl: true },
  { system: "darwin", processor: "x64", musl: false },
  { system: "darwin", processor: "arm64", musl: false },
  { system: "win32", processor: "x64", musl: false },
];

export const prebuiltName = ({ system, processor, musl }: Platform): string =>
  `@cygnet/native-${system}-${processor}${musl ? "-musl" : ""}`;

/** What the package's package.json says. */
interface Manifest {
  readonly version?: unknown;
  readonly cygnet?: { readonly sources?: unknown };
}

export type Prebuilt =
  | { readonly ok: true; readonly file: string; readonly name: string }
  /** `why` is absent where no package is installed. */
  | { readonly ok: false; readonly why?: string };

/** The addon of an installed package for this machine. `locate` gives a package's file, or throws. */
export function findPrebuilt(locate: (name: string) => string = resolvePackage): Prebuilt {
  const here = PLATFORMS.filter((p) => p.system === systemName() && p.processor === processorName());
  // npm installs the one whose C library fits.
  for (const name of here.map(prebuiltName)) {
    const manifest = located(locate, `${name}/package.json`);
    if (manifest === undefined) continue;
    const { version, cygnet } = readJson(manifest) as Manifest;
    const file = joinPath(directoryOf(manifest), "cygnet.node");
    if (version !== packageVersion())
      return { ok: false, why: `${name} is of version ${version}, and this is ${packageVersion()}` };
    if (cygnet?.sources !== kernelSources())
      return { ok: false, why: `${name} was made from other sources than those in native/` };
    if (!exists(file)) return { ok: false, why: `${file} is missing` };
    return { ok: true, file, name };
  }
  return { ok: false };
}

function located(locate: (name: string) => string, name: string): string | undefined {
  try {
    return locate(name);
  } catch {
    return undefined;
  }
}

/** A hash of the sources that an addon is compiled from. */
export function kernelSources(): string {
  const root = joinPath(packageRoot(), "native");
  const files = ["half.h", "kernels.inc", "vec.h"];
  for (const folder of ["core", "isa", "kernels"])
    for (const name of listFolder(joinPath(root, folder)))
      if (!isDirectory(joinPath(root, folder, name))) files.push(`${folder}/${name}`);
  return sha256(files.map((name) => `${name}\n${sha256(readText(joinPath(root, name)))}`).join("\n"));
}
