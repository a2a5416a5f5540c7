/** @file One file of the hub: GET /{repo}/resolve/{commit}/{file} into NAME.part, resumed where it broke off, compared with its
 *  checksum, then given its name. NAME.part.json says what the part belongs to: a part of another file is thrown away. */

import { UserError } from "../../platform/errors.js";
import { exists, readChunks, readText, remove, writeAtomic } from "../../platform/files.js";
import { ConnectionError, type HttpReply } from "../../platform/http.js";
import { type Digest, openDigest, openPart, type PartFile } from "../../platform/partFile.js";
import { ask, type Hub, unreachable, waitBefore } from "./connection.js";
import type { HubFile, HubModel } from "./info.js";

export interface Fetching {
  readonly hub: Hub;
  readonly model: HubModel;
  /** Bytes of the file that are there. */
  readonly onBytes: (bytes: number) => void;
  /** Whether the folder is still ours to write. */
  readonly held: () => boolean;
}

/** Milliseconds between two looks at whether the folder is still ours. */
const LOOK_MS = 1000;

/** What NAME.part.json says. */
interface Part {
  readonly checksum: string;
  readonly etag: string | undefined;
}

export function openChecksum({ checksum, size }: HubFile): Digest {
  const digest = openDigest(checksum.kind === "sha256" ? "sha256" : "sha1");
  if (checksum.kind === "git") digest.update(new TextEncoder().encode(`blob ${size}\0`));
  return digest;
}

/** Whether the file on disk is the one that the hub lists. */
export function isSame(path: string, file: HubFile): boolean {
  return digestOf(path, file).digest() === file.checksum.value;
}

function digestOf(path: string, file: HubFile): Digest {
  const digest = openChecksum(file);
  for (const chunk of readChunks(path)) digest.update(chunk);
  return digest;
}

/** Throws UserError: broken off too often, refused, not what its checksum says, disk full. What has come stays in NAME.part. */
export async function fetchFile(file: HubFile, to: string, fetching: Fetching): Promise<void> {
  const beside = `${to}.part`;
  const about = `${beside}.json`;
  if (readPart(about)?.checksum !== file.checksum.value) {
    remove(beside); // another file's, or nobody's
    remove(about);
  }
  const part = openPart(beside);
  try {
    if (part.size > file.size) part.restart();
    let resumed = part.size > 0;
    for (;;) {
      const found = await complete(file, part, { beside, about }, fetching);
      if (found === file.checksum.value) break;
      part.restart();
      if (!resumed) throw wrongChecksum(file, found, fetching.model);
      resumed = false; // perhaps what was there before was damaged
      fetching.hub.onNote(`${file.name}: the part that was there is damaged; it is fetched anew`);
    }
    stillOurs(fetching, to);
    part.finish(to);
    remove(about);
  } catch (error) {
    part.close();
    if ((error as { code?: unknown }).code === "hub-checksum") for (const f of [beside, about]) remove(f);
    throw error;
  }
}

function readPart(about: string): Part | undefined {
  if (!exists(about)) return undefined;
  try {
    const { checksum, etag } = JSON.parse(readText(about)) as Record<string, unknown>;
    return { checksum: String(checksum), etag: typeof etag === "string" ? etag : undefined };
  } catch {
    return undefined;
  }
}

/** Fetches what is missing, however often the connection breaks; returns the checksum of all. */
async function complete(
  file: HubFile,
  part: PartFile,
  names: { readonly beside: string; readonly about: string },
  fetching: Fetching,
): Promise<string> {
  const { hub } = fetching;
  let digest = part.size > 0 ? digestOf(names.beside, file) : openChecksum(file);
  if (part.size > 0) hub.onNote(`${file.name}: resumed at ${part.size} of ${file.size} bytes`);
  fetching.onBytes(part.size);
  for (let failures = 0; part.size < file.size; ) {
    const before = part.size;
    try {
      const reply = await askFrom(file, part.size, readPart(names.about)?.etag, fetching);
      if (reply === undefined || !continues(reply, part.size, file, readPart(names.about)?.etag)) {
        if (part.size > 0) hub.onNote(`${file.name}: fetched anew from its beginning`);
        part.restart();
        digest = openChecksum(file);
        if (reply === undefined || reply.status === 206) {
          reply?.discard();
          remove(names.about);
          throw new ConnectionError("another part than the one asked for came");
        }
      }
      const about: Part = { checksum: file.checksum.value, etag: strongEtag(reply) };
      writeAtomic(names.about, JSON.stringify(about));
      await receive(reply, file, part, digest, fetching);
      if (part.size < file.size) throw new ConnectionError("the connection ended too early");
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      failures = part.size > before ? 1 : failures + 1;
      if (failures > hub.retries) throw unreachable(hub, addressOf(hub, file, fetching.model), error);
      await waitBefore(hub, failures, `${file.name}: ${error.message}`);
    }
  }
  return digest.digest();
}

const pathOf = (file: HubFile, { repo, commit }: HubModel) =>
  `${repo}/resolve/${commit}/${file.name.split("/").map(encodeURIComponent).join("/")}`;
const addressOf = (hub: Hub, file: HubFile, model: HubModel) => `${hub.endpoint}/${pathOf(file, model)}`;

/** Undefined where the server has nothing from there on. */
async function askFrom(
  file: HubFile,
  from: number,
  etag: string | undefined,
  { hub, model }: Fetching,
): Promise<HttpReply | undefined> {
  const range =
    from === 0 ? {} : { Range: `bytes=${from}-`, ...(etag === undefined ? {} : { "If-Range": etag }) };
  const headers = { "Accept-Encoding": "identity", ...range };
  const reply = await ask(hub, pathOf(file, model), model.repo, { headers, allowed: [416] });
  const commit = reply.firstHeader("x-repo-commit");
  if (commit !== undefined && commit !== model.commit)
    throw new UserError({
      code: "hub-answer",
      file: addressOf(hub, file, model),
      message: "is of another commit than the one asked for",
      found: commit,
      expected: model.commit,
    });
  if (reply.status !== 416) return reply;
  reply.discard();
  return undefined;
}

/** Whether the reply goes on where the part ends: the range asked for, of the same file. */
function continues(reply: HttpReply, from: number, file: HubFile, etag: string | undefined): boolean {
  if (from === 0 && reply.status === 200) return true;
  if (reply.status !== 206) return false;
  const now = strongEtag(reply);
  if (etag !== undefined && now !== undefined && now !== etag) return false;
  const [, first, all] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(reply.header("content-range") ?? "") ?? [];
  return Number(first) === from && (all === "*" || Number(all) === file.size);
}

/** A weak one (W/"…") promises no equal bytes. */
function strongEtag(reply: HttpReply): string | undefined {
  const etag = reply.header("etag");
  return etag?.startsWith('"') ? etag : undefined;
}

async function receive(
  reply: HttpReply,
  file: HubFile,
  part: PartFile,
  digest: Digest,
  fetching: Fetching,
): Promise<void> {
  let looked = performance.now();
  for await (const chunk of reply.chunks()) {
    if (performance.now() - looked > LOOK_MS) {
      stillOurs(fetching, file.name);
      looked = performance.now();
    }
    const room = file.size - part.size;
    if (chunk.length > room) throw tooLong(file, fetching.model);
    part.append(chunk);
    digest.update(chunk);
    fetching.onBytes(part.size);
  }
}

function stillOurs({ held }: Fetching, file: string): void {
  if (held()) return;
  throw new UserError({
    code: "hub-taken-over",
    file,
    message: "another process has taken over this download, since this one stood still for too long",
    fix: "let the other one finish, or start again after it",
  });
}

const AGAIN =
  "download it again; if that does not help, the hub's file is damaged, or somebody on the way changes it";

function wrongChecksum(file: HubFile, found: string, { repo, commit }: HubModel): UserError {
  return new UserError({
    code: "hub-checksum",
    file: `${repo}@${commit.slice(0, 8)}/${file.name}`,
    message: `is not what its checksum says (${file.checksum.kind === "sha256" ? "SHA-256" : "git's SHA-1"}), and was thrown away`,
    found,
    expected: file.checksum.value,
    fix: AGAIN,
  });
}

function tooLong(file: HubFile, { repo, commit }: HubModel): UserError {
  return new UserError({
    code: "hub-checksum",
    file: `${repo}@${commit.slice(0, 8)}/${file.name}`,
    message: "has more bytes than the hub lists, and was thrown away",
    expected: `${file.size} bytes`,
    fix: AGAIN,
  });
}
