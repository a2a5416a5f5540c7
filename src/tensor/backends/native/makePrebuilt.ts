/** @file `npm run build:prebuilt`: the package of compiled kernels for machines like this one, in prebuilt/, with every
 *  instruction set. `-- --declare FOLDER`, when a release is packed: names the packages found in FOLDER as optional
 *  dependencies in package.json. They are not there before, since none is published for what is in the repository. */

import {
  exists,
  joinPath,
  makeFolder,
  readBytes,
  readJson,
  remove,
  resolvePath,
  writeAtomic,
} from "../../../platform/files.js";
import { isProgram, printLine, processorName, systemName, usesMusl } from "../../../platform/native.js";
import { packageRoot, packageVersion } from "../../../platform/package.js";
import { commandLine } from "../../../platform/terminal.js";
import { buildNative } from "./build.js";
import { kernelSources, PLATFORMS, type Platform, prebuiltName } from "./prebuilt.js";
import { everyIsa } from "./toolchain.js";

/** The package's folder: prebuilt/native-linux-x64 and so on. */
const folderOf = (platform: Platform, within: string): string =>
  joinPath(within, prebuiltName(platform).split("/")[1]!);

/** Builds it and returns its folder. Throws an Error where there is no compiler, or not one that knows every set. */
export async function makePrebuilt(within: string): Promise<string> {
  const [system, processor] = [systemName(), processorName()];
  const platform = PLATFORMS.find(
    (p) => p.system === system && p.processor === processor && p.musl === usesMusl(),
  );
  if (platform === undefined) throw new Error(`there is no package for ${system} on ${processor}`);
  const folder = folderOf(platform, within);
  remove(folder);
  makeFolder(folder);
  const built = await buildNative({
    portable: joinPath(folder, "cygnet.node"),
    onCompile: (compiler) => printLine(`compiling every instruction set with ${compiler} …`),
  });
  if (!built.built) throw new Error(built.why);
  const missing = everyIsa(system, processor).filter((isa) => !built.isas.includes(isa));
  if (missing.length > 0) throw new Error(`the compiler does not know ${missing.join(", ")}`);
  writeAtomic(joinPath(folder, "package.json"), `${JSON.stringify(manifestOf(platform), null, 2)}\n`);
  writeAtomic(joinPath(folder, "README.md"), readmeOf(platform, built.isas));
  writeAtomic(joinPath(folder, "LICENSE"), readBytes(joinPath(packageRoot(), "LICENSE")));
  return folder;
}

function manifestOf(platform: Platform): Record<string, unknown> {
  const { system, processor, musl } = platform;
  const { license, engines } = readJson(joinPath(packageRoot(), "package.json")) as Record<string, unknown>;
  return {
    name: prebuiltName(platform),
    version: packageVersion(),
    description: `Cygnet's native kernels, compiled for ${system} on ${processor}${musl ? " with musl" : ""}`,
    license,
    engines,
    os: [system],
    cpu: [processor],
    ...(system === "linux" ? { libc: [musl ? "musl" : "glibc"] } : {}),
    main: "cygnet.node",
    files: ["cygnet.node"],
    cygnet: { sources: kernelSources() },
  };
}

const readmeOf = (platform: Platform, isas: readonly string[]): string => `# ${prebuiltName(platform)}

The native kernels of Cygnet ${packageVersion()}, compiled. An optional dependency of \`cygnet\`, which loads it where it was
made from the same sources; nothing here is for other programs. Holds ${isas.join(", ")}; the best that the processor and
the system allow is chosen when it is loaded.
`;

/** Writes optionalDependencies for the packages that lie in a folder; returns their names. */
export function declarePrebuilt(within: string): string[] {
  const file = joinPath(packageRoot(), "package.json");
  const names = PLATFORMS.filter((p) => exists(joinPath(folderOf(p, within), "package.json"))).map(
    prebuiltName,
  );
  const manifest = readJson(file) as Record<string, unknown>;
  const optionalDependencies = Object.fromEntries(names.map((name) => [name, packageVersion()]));
  writeAtomic(file, `${JSON.stringify({ ...manifest, optionalDependencies }, null, 2)}\n`);
  return names;
}

if (isProgram(import.meta.url)) {
  const [flag, folder] = commandLine();
  if (flag === "--declare" && folder !== undefined)
    for (const name of declarePrebuilt(resolvePath(folder))) printLine(name);
  else printLine(await makePrebuilt(joinPath(packageRoot(), "prebuilt")));
}
