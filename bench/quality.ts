/** @file `npm run bench -- quality`: what a fixed number of minutes buys. Two runs on real text, here and in PyTorch (the
 *  same shape of model, the same token ids, the same time): bits per character on TinyStories' validation text after 7
 *  minutes, nats per character on the last tenth of tiny Shakespeare after 3. Lower is better; the ratio is peer ÷ ours. */

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openShards, type TokenStream } from "../src/data/index.js";
import { readJson } from "../src/platform/files.js";
import { type PretrainConfig, pretrain } from "../src/train/index.js";
import type { BenchOptions, Outcome } from "./outcome.js";
import { PEER_PYTHON, peersInstalled } from "./peer.js";

const DATA = "../shared/data";

interface Task {
  readonly name: string;
  readonly recipe: string;
  readonly data: Pick<PretrainConfig, "data" | "validation">;
  readonly minutes: number;
  readonly unit: string;
  /** From nats over the whole validation text to the unit. */
  readonly measure: (nats: number, valid: TokenStream) => number;
}

const TASKS: readonly Task[] = [
  {
    name: "quality/tinystories",
    recipe: "examples/recipes/tinystories.json",
    data: { data: `${DATA}/demo/tinystories_train.txt`, validation: `${DATA}/demo/tinystories_valid.txt` },
    minutes: 7,
    unit: "bits/char",
    measure: (nats, valid) => nats / Math.LN2 / valid.characters,
  },
  {
    name: "quality/shakespeare",
    recipe: "examples/recipes/shakespeare.json",
    data: { data: `${DATA}/pretrain/tinyshakespeare.txt` },
    minutes: 3,
    unit: "nats/char",
    measure: (nats, valid) => nats / (valid.tokens - 1),
  },
];

export async function* run({ quick, filter = "" }: BenchOptions): AsyncGenerator<Outcome> {
  for (const task of TASKS.filter((t) => t.name.includes(filter))) {
    if (!existsSync(DATA)) throw new Error(`quality: the texts of ${DATA} are not here`);
    const minutes = quick ? 0.5 : task.minutes;
    const out = mkdtempSync(join(tmpdir(), "cygnet-quality-"));
    try {
      const recipe = JSON.parse(readFileSync(task.recipe, "utf8")) as PretrainConfig;
      const result = await pretrain({ ...recipe, ...task.data, minutes, out: join(out, "run"), threads: 2 });
      const split = (name: "train" | "validation") => openShards(join(out, "run/data/shards"), name);
      const [train, valid] = [split("train"), split("validation")];
      const ours = task.measure(result.metrics.validation!.loss * (valid.tokens - 1), valid);
      const peer =
        peersInstalled() && !quick
          ? peerLoss(task, recipe, join(out, "run", "model"), out, train, valid, minutes * 60)
          : Number.NaN;
      const note = `${result.metrics.steps} steps, ${(result.metrics.tokens / 1e6).toFixed(2)} M tokens in ${result.metrics.seconds.toFixed(0)} s`;
      yield { name: task.name, ours, peer, ratio: peer / ours, unit: task.unit, note };
      train.close();
      valid.close();
    } finally {
      rmSync(out, { recursive: true });
    }
  }
}

function peerLoss(
  task: Task,
  recipe: PretrainConfig,
  model: string,
  out: string,
  train: TokenStream,
  valid: TokenStream,
  seconds: number,
): number {
  const config = readJson(join(model, "config.json")) as Record<string, number | boolean>;
  const save = (stream: TokenStream, name: string) => {
    const ids = new Int32Array(stream.tokens);
    stream.read(0, stream.tokens, ids);
    writeFileSync(join(out, name), ids);
    return join(out, name);
  };
  const args: Record<string, unknown> = {
    train: save(train, "train.ids"),
    valid: save(valid, "valid.ids"),
    vocab: config.vocab_size,
    layers: config.num_hidden_layers,
    dim: config.hidden_size,
    heads: config.num_attention_heads,
    mlp: config.intermediate_size,
    context: config.max_position_embeddings,
    batch: recipe.batch,
    threads: 2,
    seconds,
    lr: recipe.lr ?? 0.02,
    embedding_lr: recipe.embeddingLr ?? 0.01 * Math.sqrt(256 / Number(config.hidden_size)),
    head_lr: recipe.headLr ?? 0.004 * Math.sqrt(256 / Number(config.hidden_size)),
    decay: recipe.decay ?? 0.4,
    tie: config.tie_word_embeddings ? 1 : 0,
  };
  const flags = Object.entries(args).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const text = execFileSync(PEER_PYTHON, ["bench/peers/torch_pretrain.py", ...flags], {
    encoding: "utf8",
    env: { ...process.env, OMP_NUM_THREADS: "2" },
  });
  return task.measure((JSON.parse(text.trim().split("\n").at(-1)!) as { nats: number }).nats, valid);
}
