/** @file The name of a model on the hub: "hf:org/name", with a branch, tag or commit behind an @. */

import { UserError } from "../../platform/errors.js";

export interface HubPlace {
  /** "org/name"; of the oldest models the name alone. */
  readonly repo: string;
  readonly revision: string;
}

const PREFIX = "hf:";
/** The hub's own rule, without its limits on length. */
const WORD = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?$/;

export function isHubPlace(place: string): boolean {
  return place.startsWith(PREFIX);
}

/** Throws UserError for a name that the hub would not allow. */
export function parseHubPlace(place: string): HubPlace {
  const refuse = (message: string): never => {
    throw new UserError({
      code: "hub-name",
      at: JSON.stringify(place),
      message,
      expected: '"hf:org/name" or "hf:org/name@revision"',
    });
  };
  if (!isHubPlace(place)) return refuse("is no model on the hub");
  const [, repo = "", revision] = /^hf:([^@]*)(?:@(.*))?$/s.exec(place) ?? [];
  const words = repo.split("/");
  if (words.length > 2) return refuse("names more than a model");
  if (!words.every((w) => WORD.test(w) && w.length <= 96 && !w.includes("--") && !w.includes("..")))
    return refuse("is no name of a model");
  if (revision !== undefined && !/^(?!\.)(?!.*\.\.)[^\s\p{Cc}~^:?*[\\]{1,250}$/u.test(revision))
    return refuse("has a revision that cannot be one");
  return { repo, revision: revision ?? "main" };
}

/** Whether the revision says for itself what it stands for, for ever. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

/** For what reads from the disk alone. Throws UserError for a model of the hub: it has to be downloaded first. */
export function refuseHubPlace(place: string): void {
  if (!isHubPlace(place)) return;
  throw new UserError({
    code: "model-remote",
    at: place,
    message: "is on the hub, and only what is on this machine can be loaded at once",
    fix: `give what resolveModel(${JSON.stringify(place)}) of cygnet/models resolves to, or run: cygnet import ${place} --out FOLDER`,
  });
}
