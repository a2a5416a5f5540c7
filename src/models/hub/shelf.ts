/** @file Where downloaded models lie: ~/.cache/cygnet/hub/ORG--NAME/COMMIT, and beside them what commit a branch meant when it
 *  was last asked for, so that it can be used without a connection. In each folder .cygnet-hub.json says what came from where. */

import { z } from "zod";
import {
  exists,
  joinPath,
  makeFolder,
  readText,
  resolvePath,
  sha256,
  writeAtomic,
} from "../../platform/files.js";
import { homeFolder } from "../../platform/machine.js";
import { environment } from "../../platform/native.js";
import { type HubPlace, isCommit } from "./place.js";

const Manifest = z.object({
  repo: z.string(),
  commit: z.string(),
  endpoint: z.string(),
  /** What was asked for last. */
  revision: z.string(),
  /** All is there. */
  complete: z.boolean(),
  files: z.record(z.string(), z.object({ checksum: z.string(), size: z.number(), modifiedMs: z.number() })),
});
export type Manifest = z.output<typeof Manifest>;

const MANIFEST = ".cygnet-hub.json";
export const LEASE = ".cygnet-hub.lock";

export function readManifest(folder: string): Manifest | undefined {
  return readChecked(joinPath(folder, MANIFEST), Manifest);
}

export function writeManifest(folder: string, manifest: Manifest): void {
  writeAtomic(joinPath(folder, MANIFEST), `${JSON.stringify(manifest, null, 1)}\n`);
}

/** A file that is damaged counts as none. */
function readChecked<T>(file: string, schema: z.ZodType<T>): T | undefined {
  if (!exists(file)) return undefined;
  try {
    return schema.parse(JSON.parse(readText(file)));
  } catch {
    return undefined;
  }
}

/** CYGNET_CACHE, else where the system keeps such things, else ~/.cache/cygnet. */
export function cacheFolder(): string {
  const cache = environment("CYGNET_CACHE");
  if (cache !== undefined) return resolvePath(cache);
  return joinPath(environment("XDG_CACHE_HOME") ?? joinPath(homeFolder(), ".cache"), "cygnet");
}

const shelfOf = (repo: string) => joinPath(cacheFolder(), "hub", repo.replace("/", "--"));
export const folderOf = (repo: string, commit: string) => joinPath(shelfOf(repo), commit);

const Ref = z.object({ revision: z.string(), commit: z.string().refine(isCommit), endpoint: z.string() });
/** A branch's name may be no name of a file, and names may differ in case alone. */
const refFile = ({ repo, revision }: HubPlace) =>
  joinPath(shelfOf(repo), "refs", `${sha256(revision).slice(0, 32)}.json`);

export function rememberCommit(place: HubPlace, commit: string, endpoint: string): void {
  const file = refFile(place);
  makeFolder(joinPath(file, ".."));
  writeAtomic(file, `${JSON.stringify({ revision: place.revision, commit, endpoint })}\n`);
}

/** The folder that holds the whole model already (or the file that is `enough`): the one given, or of the cache. */
export function keptFolder(
  place: HubPlace,
  endpoint: string,
  given: string | undefined,
  enough?: string,
): string | undefined {
  const folder = given ?? cachedFolder(place, endpoint);
  if (folder === undefined) return undefined;
  const manifest = readManifest(folder);
  if (manifest === undefined || manifest.repo !== place.repo) return undefined;
  if (enough === undefined ? !manifest.complete : manifest.files[enough] === undefined) return undefined;
  if (manifest.endpoint !== endpoint) return undefined;
  // A folder of the user's holds what was asked for last; one of the cache is found by its commit.
  if (given !== undefined && ![manifest.revision, manifest.commit].includes(place.revision)) return undefined;
  const needed = enough === undefined ? Object.keys(manifest.files) : [enough];
  return needed.every((name) => exists(joinPath(folder, name))) ? folder : undefined;
}

function cachedFolder(place: HubPlace, endpoint: string): string | undefined {
  if (isCommit(place.revision)) return folderOf(place.repo, place.revision);
  const ref = readChecked(refFile(place), Ref);
  return ref === undefined || ref.endpoint !== endpoint ? undefined : folderOf(place.repo, ref.commit);
}
