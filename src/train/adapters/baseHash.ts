/** @file Which weights an adapter was trained on: one SHA-256 over all parameters of the base, each by name, shape and the digest of
 *  its numbers as f32. */

import { UserError } from "../../platform/errors.js";
import { sha256 } from "../../platform/files.js";
import type { Tensor } from "../../tensor/index.js";
import type { RawAdapterConfig } from "./config.js";

/** Of a tensor's numbers. */
export function digestOf(tensor: Tensor): string {
  const values = tensor.readFloats();
  return sha256(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}

/** `digest`: of the parameter's numbers in the base, where they are not what the tensor holds. */
export function baseHash(
  parameters: ReadonlyMap<string, Tensor>,
  digest: (name: string, tensor: Tensor) => string = (_, tensor) => digestOf(tensor),
): string {
  const lines = [...parameters].map(([name, t]) => `${name} [${t.shape}] ${digest(name, t)}`);
  return sha256(lines.sort().join("\n"));
}

/** Under this key of adapter_config.json stands what is ours; PEFT passes it over with a warning. */
const KEY = "cygnet";

export function baseHashEntry(hash: string): RawAdapterConfig {
  return { [KEY]: { base_sha256: hash } };
}

/** Throws UserError `adapter-base` where the configuration names another base; it need not name any. */
export function checkBaseHash(raw: RawAdapterConfig, hash: () => string, file: string): void {
  const own = raw[KEY];
  const expected =
    typeof own === "object" && own !== null ? (own as { base_sha256?: unknown }).base_sha256 : undefined;
  if (expected === undefined) return;
  const found = hash();
  if (found === expected) return;
  throw new UserError({
    code: "adapter-base",
    file,
    at: `${KEY}.base_sha256`,
    message: "the adapter was trained on a base of the same shapes and other numbers",
    found: `a base of SHA-256 ${found}`,
    expected: String(expected),
    fix: `load the base it was trained on${typeof raw.base_model_name_or_path === "string" ? ` (${raw.base_model_name_or_path})` : ""}, or pass otherBase to take it all the same`,
  });
}
