import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { COMMIT, type HubServer, startHub } from "../../test/support/hubServer.js";
import { createModel, saveModel } from "../models/index.js";
import { createEngine } from "../tensor/device.js";
import { saveTokenizer, trainBpe } from "../tokenizer/index.js";
import { importCommand } from "./convert.js";
import { generateCommand } from "./generate.js";
import { shower } from "./hub.js";
import { inspectCommand } from "./inspect/index.js";
import { runProgram } from "./program.js";

const root = mkdtempSync(join(tmpdir(), "cygnet-cli-hub-"));
let server: HubServer;
beforeAll(async () => {
  const tokenizer = await trainBpe({ documents: ["the cat sat on the mat"], vocabSize: 258 });
  const engine = createEngine({ device: "reference" });
  const config = {
    model_type: "llama",
    vocab_size: 258,
    hidden_size: 16,
    intermediate_size: 32,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    max_position_embeddings: 32,
    bos_token_id: 0,
    eos_token_id: 0,
  };
  saveModel(createModel({ engine, seed: 1, config }), join(root, "made"));
  saveTokenizer(tokenizer, join(root, "made"));
  engine.dispose();
  const names = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"];
  server = await startHub("org/tiny", new Map(names.map((n) => [n, readFileSync(join(root, "made", n))])));
  for (const [name, value] of [
    ["HF_ENDPOINT", server.endpoint],
    ["HF_TOKEN", ""],
    ["HF_HUB_OFFLINE", ""],
    ["CYGNET_CACHE", join(root, "cache")],
  ] as const)
    vi.stubEnv(name, value);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await server.close();
  rmSync(root, { recursive: true });
});

async function run(...words: string[]) {
  const written = { out: "", err: "" };
  const to = (key: "out" | "err") => ({
    isTerminal: false,
    columns: 80,
    write: (text: string) => {
      written[key] += text;
    },
  });
  const io = { out: to("out"), err: to("err"), interactive: false };
  const code = await runProgram([importCommand, generateCommand, inspectCommand], words, {
    version: "1",
    io,
  });
  return { code, ...written };
}

it("imports a model of the hub into the cache, into a folder, and with other weights", async () => {
  const cached = await run("import", "hf:org/tiny");
  expect(cached).toMatchObject({ code: 0, out: `${join(root, "cache/hub/org--tiny", COMMIT)}\n` });
  const mine = join(root, "mine");
  expect(await run("import", "hf:org/tiny@main", "--out", mine)).toMatchObject({ code: 0, out: `${mine}\n` });
  expect(existsSync(join(mine, "model.safetensors"))).toBe(true);
  const half = join(root, "half");
  expect((await run("import", "hf:org/tiny", "--out", half, "--dtype", "bf16")).code).toBe(0);
  expect(JSON.parse(readFileSync(join(half, "config.json"), "utf8")).dtype).toBe("bfloat16");
});

it("generates with a model of the hub", async () => {
  const words = ["--prompt", "the cat", "--max-tokens", "4", "--seed", "1", "--device", "reference"];
  const remote = await run("generate", "hf:org/tiny", ...words);
  expect(remote.code).toBe(0);
  expect(remote.out).toBe((await run("generate", join(root, "made"), ...words)).out);
});

it("says what is wrong", async () => {
  const typo = await run("import", "hf:org/tinny");
  expect([typo.code, typo.err]).toEqual([1, expect.stringContaining("Did you mean hf:org/tiny?")]);
  const nowhere = await run("import", "some.gguf");
  expect([nowhere.code, nowhere.err]).toEqual([2, expect.stringContaining("--out")]);
});

it("shows how far it is and how long it takes", () => {
  const lines: string[] = [];
  let time = 0;
  const show = shower(
    (text) => void lines.push(text),
    () => time,
  );
  const of = (bytes: number) => ({ file: "a", fileBytes: bytes, fileSize: 9e6, bytes, size: 9e6 });
  show(of(1e6));
  time = 2000;
  show(of(5e6));
  expect(lines).toEqual(["a: 1.0 of 9.0 MB", "a: 5.0 of 9.0 MB, 2.0 MB/s, 0:02 left"]);
});

it("looks at a model of the hub by its configuration alone", async () => {
  vi.stubEnv("CYGNET_CACHE", join(root, "another-cache"));
  server.asked.length = 0;
  const { code, out, err } = await run("inspect", "model", "hf:org/tiny", "--json");
  expect([code, err]).toEqual([0, ""]);
  expect(JSON.parse(out)).toMatchObject({ modelType: "llama", parameters: expect.any(Number), context: 32 });
  expect(server.asked.map(({ path }) => path.split("?")[0])).toEqual([
    "/api/models/org/tiny/revision/main",
    `/org/tiny/resolve/${COMMIT}/config.json`,
  ]);
});
