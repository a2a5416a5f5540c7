/** @file A model from the Hugging Face hub, on disk: `await downloadModel("hf:org/name")` → its folder. Only what a model
 *  needs, each file compared with the hub's checksum; what is there already is not fetched again. */

import { isUserError, UserError } from "../../platform/errors.js";
import {
  exists,
  fileSize,
  joinPath,
  makeFolder,
  readText,
  remove,
  resolvePath,
} from "../../platform/files.js";
import { withLease } from "../../platform/lease.js";
import { environment } from "../../platform/native.js";
import { freeBytes, modifiedMs } from "../../platform/partFile.js";
import { chooseConfig, chooseFiles, chooseShards } from "./choose.js";
import { type Hub, type HubOptions, openHub } from "./connection.js";
import { fetchFile, isSame } from "./fetchFile.js";
import { type HubFile, type HubModel, modelInfo } from "./info.js";
import { type HubPlace, isCommit, isHubPlace, parseHubPlace } from "./place.js";
import {
  folderOf,
  keptFolder,
  LEASE,
  type Manifest,
  readManifest,
  rememberCommit,
  writeManifest,
} from "./shelf.js";

export interface DownloadProgress {
  /** The file that is being fetched. */
  readonly file: string;
  /** Bytes of it that are there, and all. */
  readonly fileBytes: number;
  readonly fileSize: number;
  /** Of all files: bytes that are there, and all. */
  readonly bytes: number;
  readonly size: number;
}

export interface DownloadOptions extends HubOptions {
  /** Where to put it; default ~/.cache/cygnet/hub/ORG--NAME/COMMIT (CYGNET_CACHE instead of ~/.cache/cygnet). */
  readonly folder?: string | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

/** `place`: "hf:org/name", or "hf:org/name@revision" with a branch, tag or commit. Returns the folder. Where the hub cannot be
 *  reached (or HF_HUB_OFFLINE=1 says not to), a model that is there whole is used, and `onNote` told. Throws UserError: no such
 *  model, gated, broken off too often, a wrong checksum, disk full; the signal's reason where it is told to stop. What has come
 *  by then is kept, and the next call goes on from there. */
export async function downloadModel(place: string, options: DownloadOptions = {}): Promise<string> {
  return download(place, options, fill);
}

/** The same for config.json alone: what a model is, without its weights. Returns the file; it lies where the whole model would. */
export async function downloadConfig(place: string, options: DownloadOptions = {}): Promise<string> {
  return joinPath(await download(place, options, fillConfig, CONFIG), CONFIG);
}

const CONFIG = "config.json";

/** `enough`: the file that is wanted, where it is not the whole model. */
async function download(
  place: string,
  options: DownloadOptions,
  filled: (filling: Filling) => Promise<void>,
  enough?: string,
): Promise<string> {
  const wanted = parseHubPlace(place);
  const hub = openHub(options);
  const given = options.folder === undefined ? undefined : resolvePath(options.folder);
  const kept = keptFolder(wanted, hub.endpoint, given, enough);
  if (kept !== undefined && isCommit(wanted.revision)) return kept;
  if (/^(1|true|yes|on)$/i.test(environment("HF_HUB_OFFLINE") ?? "")) return offline(place, kept, hub);
  let model: HubModel;
  try {
    model = await modelInfo(kept === undefined ? hub : { ...hub, retries: Math.min(1, hub.retries) }, wanted);
  } catch (error) {
    if (kept === undefined || !isUserError(error) || !/^hub-(unreachable|busy)$/.test(error.code))
      throw error;
    hub.onNote(`${place}: the hub does not answer; what was downloaded before is used: ${kept}`);
    return kept;
  }
  const folder = given ?? folderOf(wanted.repo, model.commit);
  makeFolder(folder);
  const onWait = (pid: number, host: string) =>
    hub.onNote(`process ${pid} on ${host} is downloading to ${folder}; waiting for it`);
  await withLease(
    joinPath(folder, LEASE),
    (held) =>
      filled({ folder, ours: given === undefined, hub, wanted, model, held, onProgress: options.onProgress }),
    { signal: hub.signal, onWait },
  );
  if (given === undefined && !isCommit(wanted.revision)) rememberCommit(wanted, model.commit, hub.endpoint);
  return folder;
}

/** A place on disk as it is, a model of the hub downloaded: for what takes either. */
export async function resolveModel(place: string, options: DownloadOptions = {}): Promise<string> {
  return isHubPlace(place) ? downloadModel(place, options) : place;
}

function offline(place: string, kept: string | undefined, hub: Hub): string {
  if (kept === undefined)
    throw new UserError({
      code: "hub-offline",
      at: place,
      message: "is not on this machine, and HF_HUB_OFFLINE forbids fetching it",
      fix: "unset HF_HUB_OFFLINE, or name a folder",
    });
  hub.onNote(`${place}: HF_HUB_OFFLINE is set; what was downloaded before is used: ${kept}`);
  return kept;
}

interface Filling {
  readonly folder: string;
  /** The folder is of the cache: whatever lies in it may be replaced. */
  readonly ours: boolean;
  readonly hub: Hub;
  readonly wanted: HubPlace;
  readonly model: HubModel;
  readonly held: () => boolean;
  readonly onProgress: ((progress: DownloadProgress) => void) | undefined;
}

async function fillConfig(filling: Filling): Promise<void> {
  await fetchMissing(filling, [chooseConfig(filling.model)], beginManifest(filling));
}

/** What is there of the model by now, and that it is not whole. */
function beginManifest({ folder, hub, wanted, model }: Filling): Manifest {
  const before = readManifest(folder);
  if (before !== undefined && before.repo !== wanted.repo)
    throw new UserError({
      code: "folder-foreign",
      file: folder,
      message: "holds another model of the hub",
      found: before.repo,
      expected: wanted.repo,
      fix: "name another folder",
    });
  return {
    repo: wanted.repo,
    commit: model.commit,
    endpoint: hub.endpoint,
    revision: wanted.revision,
    complete: false,
    files: { ...before?.files },
  };
}

async function fill(filling: Filling): Promise<void> {
  const { folder, model } = filling;
  const manifest = beginManifest(filling);
  const { files, index } = chooseFiles(model);
  const all = [...files];
  if (index !== undefined) {
    await fetchMissing(filling, [index], manifest);
    all.push(index, ...chooseShards(model, index.name, readIndex(joinPath(folder, index.name))));
  }
  await fetchMissing(filling, all, manifest);
  // What an earlier revision had and this one has not would be taken for a part of the model.
  const names = new Set(all.map(({ name }) => name));
  for (const name of Object.keys(manifest.files).filter((n) => !names.has(n))) {
    remove(joinPath(folder, name));
    delete manifest.files[name];
  }
  writeManifest(folder, { ...manifest, complete: true });
}

function readIndex(file: string): unknown {
  try {
    return JSON.parse(readText(file));
  } catch (cause) {
    throw new UserError({ code: "index-invalid", file, message: "is not valid JSON", cause });
  }
}

/** Fetches those that are not there, the small ones first; the manifest grows by each. */
async function fetchMissing(filling: Filling, files: readonly HubFile[], manifest: Manifest): Promise<void> {
  const { folder, hub, model, held, onProgress } = filling;
  const missing = files.filter((file) => !isThere(filling, file, manifest));
  if (missing.length === 0) return;
  missing.sort((a, b) => a.size - b.size);
  const size = files.reduce((sum, f) => sum + f.size, 0);
  let bytes = size - missing.reduce((sum, f) => sum + f.size, 0);
  enoughRoom(folder, missing);
  writeManifest(folder, manifest);
  for (const file of missing) {
    const onBytes = (fileBytes: number) =>
      onProgress?.({ file: file.name, fileBytes, fileSize: file.size, bytes: bytes + fileBytes, size });
    await fetchFile(file, joinPath(folder, file.name), { hub, model, onBytes, held });
    note(manifest, folder, file);
    writeManifest(folder, manifest);
    bytes += file.size;
  }
}

function note(manifest: Manifest, folder: string, { name, size, checksum }: HubFile): void {
  manifest.files[name] = {
    checksum: checksum.value,
    size,
    modifiedMs: modifiedMs(joinPath(folder, name)) ?? 0,
  };
}

/** Whether the file need not be fetched. Throws UserError where fetching it would destroy a file that is not the hub's. */
function isThere({ folder, ours, wanted }: Filling, file: HubFile, manifest: Manifest): boolean {
  const path = joinPath(folder, file.name);
  if (!exists(path)) return false;
  const known = manifest.files[file.name];
  const untouched =
    known !== undefined && known.size === fileSize(path) && known.modifiedMs === modifiedMs(path);
  if (untouched) return known.checksum === file.checksum.value;
  if (fileSize(path) === file.size && isSame(path, file)) {
    note(manifest, folder, file);
    return true;
  }
  if (ours) return false;
  throw new UserError({
    code: "folder-foreign",
    file: path,
    message:
      known === undefined ? `is there, and is not ${wanted.repo}'s` : "was changed since it was downloaded",
    fix: "name another folder, or move the file away",
  });
}

function enoughRoom(folder: string, missing: readonly HubFile[]): void {
  const partBytes = ({ name }: HubFile) => {
    const part = `${joinPath(folder, name)}.part`;
    return exists(part) ? fileSize(part) : 0;
  };
  const needed = missing.reduce((sum, file) => sum + Math.max(0, file.size - partBytes(file)), 0);
  const free = freeBytes(folder);
  if (free === undefined || needed <= free) return;
  const mb = (n: number) => `${Math.ceil(n / 1e6).toLocaleString("en-US")} MB`;
  throw new UserError({
    code: "disk-full",
    file: folder,
    message: "the model does not fit on the disk",
    found: `${mb(free)} free`,
    expected: `${mb(needed)} more`,
    fix: "free some space, or name another folder",
  });
}
