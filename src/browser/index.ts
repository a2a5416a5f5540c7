/** @file Cygnet in a page: what has to be fetched is fetched first, and everything then works as in Node. The package's
 *  "browser" map (or an import map, docs/guide/browser.md) puts platform/browser/ in the place of Node's files. */

import { putFile } from "../platform/browser/files.js";
import { packageRoot } from "../platform/browser/package.js";
import { UserError } from "../platform/errors.js";
import { WASM_FILES } from "../tensor/backends/wasm/module.js";

export { loadGenerator } from "../generate/loadGenerator.js";
export { loadModel } from "../models/load.js";
export { createEngine } from "../tensor/device.js";

interface Reply {
  readonly ok: boolean;
  readonly status: number;
  arrayBuffer(): Promise<ArrayBuffer>;
}
const get = (url: string): Promise<Reply> => fetch(url) as unknown as Promise<Reply>;

/** Fetches the kernels. `base`: where the package's folder native/wasm/ is served, "…/native/wasm". */
export async function fetchKernels(base: string): Promise<void> {
  for (const file of Object.values(WASM_FILES)) {
    const name = file.slice(file.lastIndexOf("/") + 1);
    await fetchFile(`${base}/${name}`, `${packageRoot()}/${file}`, true);
  }
}

/** Fetches a model's folder (one safetensors file); returns its name for `loadModel` and `loadGenerator`. */
export async function fetchModel(base: string, folder = "/model"): Promise<string> {
  for (const name of ["config.json", "model.safetensors"])
    await fetchFile(`${base}/${name}`, `${folder}/${name}`, true);
  for (const name of ["generation_config.json", "tokenizer.json", "tokenizer_config.json", "cygnet.json"])
    await fetchFile(`${base}/${name}`, `${folder}/${name}`, false);
  return folder;
}

async function fetchFile(url: string, file: string, needed: boolean): Promise<void> {
  const reply = await get(url);
  if (!reply.ok && (needed || reply.status !== 404))
    throw new UserError({
      code: "file-missing",
      file: url,
      message: "could not be fetched",
      found: `status ${reply.status}`,
      expected: "status 200",
    });
  if (reply.ok) putFile(file, new Uint8Array(await reply.arrayBuffer()));
}
