/** @file What the hub says of a model: GET /api/models/{repo}/revision/{revision}?blobs=true → commit and files, each with its
 *  size and a checksum (SHA-256 of those in large-file storage, else git's SHA-1). */

import { z } from "zod";
import { isUserError, nearest, UserError } from "../../platform/errors.js";
import { ask, type Hub, plain } from "./connection.js";
import { type HubPlace, isCommit } from "./place.js";

export interface HubFile {
  readonly name: string;
  readonly size: number;
  readonly checksum: Checksum;
}

export interface Checksum {
  /** "git": SHA-1 of "blob SIZE\0" and the contents. */
  readonly kind: "sha256" | "git";
  readonly value: string;
}

export interface HubModel {
  readonly repo: string;
  readonly commit: string;
  readonly files: ReadonlyMap<string, HubFile>;
}

const MOST_BYTES = 64 << 20;

const Info = z.looseObject({
  sha: z.string(),
  siblings: z.array(
    z.looseObject({
      rfilename: z.string(),
      size: z.int().min(0).nullish(),
      blobId: z.string().nullish(),
      lfs: z
        .looseObject({ sha256: z.string().nullish(), oid: z.string().nullish(), size: z.int().min(0) })
        .nullish(),
    }),
  ),
});

/** Throws UserError: unknown, gated, unreachable, or an answer that is none. */
export async function modelInfo(hub: Hub, { repo, revision }: HubPlace): Promise<HubModel> {
  const path = `api/models/${repo}/revision/${encodeURIComponent(revision)}?blobs=true`;
  const invalid = (message: string, found?: unknown) =>
    new UserError({ code: "hub-answer", file: `${hub.endpoint}/${path}`, message, found });
  let json: unknown;
  try {
    json = await askJson(hub, path, repo);
  } catch (error) {
    throw await withHint(hub, { repo, revision }, error);
  }
  const read = Info.safeParse(json);
  if (!read.success) throw invalid(`is no description of a model (${read.error.issues[0]?.path.join(".")})`);
  const { sha, siblings } = read.data;
  if (!isCommit(sha)) throw invalid("gives no commit", plain(sha));
  const files = new Map<string, HubFile>();
  for (const { rfilename: name, size, blobId, lfs } of siblings) {
    if (leaves(name)) throw invalid("lists a file outside its folder", plain(name));
    const sum = lfs?.sha256 ?? lfs?.oid;
    const bytes = lfs?.size ?? size;
    const checksum: Checksum | undefined =
      typeof sum === "string" && /^[0-9a-f]{64}$/.test(sum)
        ? { kind: "sha256", value: sum }
        : !lfs && typeof blobId === "string" && /^[0-9a-f]{40}$/.test(blobId)
          ? { kind: "git", value: blobId }
          : undefined;
    if (typeof bytes === "number" && checksum !== undefined) files.set(name, { name, size: bytes, checksum });
    else if (isModelFile(name)) throw invalid("gives no size or no checksum", plain(name));
  }
  return { repo, commit: sha, files };
}

/** Names that would lead out of a folder, on any system. */
function leaves(name: string): boolean {
  return (
    name === "" ||
    /[\\\0]|^[A-Za-z]:/.test(name) ||
    name.split("/").some((part) => part === "" || part === "." || part === "..")
  );
}

const isModelFile = (name: string) => /^[^/]+\.(json|safetensors|bin|txt|model|jinja)$/.test(name);

async function askJson(hub: Hub, path: string, repo: string): Promise<unknown> {
  const reply = await ask(hub, path, repo, { headers: { Accept: "application/json" } });
  const file = `${hub.endpoint}/${path}`;
  const text = await reply.text(MOST_BYTES);
  if (text === undefined) throw new UserError({ code: "hub-answer", file, message: "answers without end" });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError({
      code: "hub-answer",
      file,
      message: "does not answer as the hub does: no JSON",
      fix: "check HF_ENDPOINT",
      cause,
    });
  }
}

/** The error, with the nearest name that there is. */
async function withHint(hub: Hub, { repo, revision }: HubPlace, error: unknown): Promise<unknown> {
  if (!isUserError(error)) return error;
  const missing = error.code === "hub-repo-missing";
  if (!missing && error.code !== "hub-revision-missing") return error;
  const few = { ...hub, retries: 0, onNote: () => {} };
  const near = missing
    ? nearest(repo, await similarModels(few, repo))
    : nearest(revision, await revisions(few, repo));
  const detail = missing ? error.detail : { ...error.detail, found: revision };
  if (near === undefined) return new UserError(detail);
  const name = missing ? `hf:${near}` : `hf:${repo}@${near}`;
  return new UserError({ ...detail, fix: `did you mean ${name}? ${detail.fix ?? ""}`.trim() });
}

const Named = z.array(z.looseObject({ id: z.string() }));
const Refs = z.looseObject({
  branches: z.array(z.looseObject({ name: z.string() })),
  tags: z.array(z.looseObject({ name: z.string() })),
});

async function similarModels(hub: Hub, repo: string): Promise<string[]> {
  const [org = "", name = org] = repo.split("/");
  const queries = [`search=${encodeURIComponent(name)}`, `author=${encodeURIComponent(org)}`];
  const lists = await Promise.all(
    queries.map(async (query) => {
      const read = Named.safeParse(await quietly(hub, `api/models?${query}&limit=100`, repo));
      return read.success ? read.data.map(({ id }) => plain(id)) : [];
    }),
  );
  return lists.flat();
}

async function revisions(hub: Hub, repo: string): Promise<string[]> {
  const read = Refs.safeParse(await quietly(hub, `api/models/${repo}/refs`, repo));
  return read.success ? [...read.data.branches, ...read.data.tags].map(({ name }) => plain(name)) : [];
}

/** For a hint: where it fails there is none. */
async function quietly(hub: Hub, path: string, repo: string): Promise<unknown> {
  try {
    return await askJson(hub, path, repo);
  } catch {
    hub.signal?.throwIfAborted();
    return undefined;
  }
}
