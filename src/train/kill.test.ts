/** @file Runs in processes of their own, ended in the rudest ways: SIGKILL at random moments, a disk that is full, Ctrl-C.
 *  Needs the build (`npm test` makes it first). */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { hashOf, scratch, writeText } from "../../test/support/training.js";

const FULL = process.env.CYGNET_FULL !== undefined;
const MOST_KILLS = FULL ? 6 : 3;
const MAIN = resolve(process.env.CYGNET_MAIN ?? "dist/cli/main.js");
const at = scratch();
const data = writeText(at("text.txt"));
const weights = (out: string) => hashOf(join(out, "model", "model.safetensors"));

const RECIPE = {
  dim: 16,
  depth: 1,
  heads: 2,
  context: 16,
  batch: 4,
  steps: 250,
  vocab_size: 300,
  evaluate_every: 80,
  evaluate_tokens: 256,
  checkpoint_seconds: 0.05,
  ema: 0.9,
};
const flags = Object.entries(RECIPE).flatMap(([key, value]) => [
  `--${key.replaceAll("_", "-")}`,
  String(value),
]);

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

/** Starts the command; `watch` sees its output as it comes. `limit`: largest file it may write, in KiB. */
function cygnet(
  words: readonly string[],
  { watch, limit }: { watch?: (text: string, child: ChildProcess) => void; limit?: number } = {},
): Promise<Ended> {
  const line = [process.execPath, MAIN, "pretrain", ...words];
  const child =
    limit === undefined
      ? spawn(line[0]!, line.slice(1))
      : spawn("bash", ["-c", `ulimit -f ${limit}; exec "$@"`, "bash", ...line]);
  const text = { out: "", err: "" };
  child.stdout!.on("data", (chunk: Buffer) => {
    text.out += chunk.toString();
    watch?.(text.out, child);
  });
  child.stderr!.on("data", (chunk: Buffer) => {
    text.err += chunk.toString();
  });
  return new Promise((done) => child.on("close", (code, signal) => done({ code, signal, ...text })));
}

const whole = (() => {
  let made: Promise<string> | undefined;
  return () =>
    (made ??= cygnet(["--data", data, "--out", at("whole"), ...flags]).then(({ code, err }) => {
      expect([code, err]).toEqual([0, ""]);
      return weights(at("whole"));
    }));
})();

/** Numbers from a seed, so that a failure can be repeated; the moments themselves are the machine's. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe.skipIf(!existsSync(MAIN))(
  "a run that is ended from outside (needs npm run build)",
  { timeout: 300_000 },
  () => {
    const rounds = !FULL ? [1] : [1, 2, 3, 4, 5, 6, 7, 8];
    test.each(rounds)(
      "killed at random moments and resumed, it ends with the same bits (seed %i)",
      async (seed) => {
        const expected = await whole();
        const out = at(`killed-${seed}`);
        const next = random(seed);
        let kills = 0;
        for (let resume = false; ; resume = existsSync(join(out, "run.json"))) {
          // Some kills fall into the preparation, the others some time after training began.
          const early = next() < 0.25;
          const delay = early ? 50 + 500 * next() : 400 * next();
          let timer: NodeJS.Timeout | undefined;
          const ended = await cygnet(
            resume ? ["--resume", "--out", out] : ["--data", data, "--out", out, ...flags],
            {
              watch(text, child) {
                if (
                  kills >= MOST_KILLS ||
                  timer !== undefined ||
                  (!early && !text.includes('"type":"start"'))
                )
                  return;
                timer = setTimeout(() => child.kill("SIGKILL"), delay);
              },
            },
          );
          clearTimeout(timer);
          if (ended.signal === "SIGKILL") {
            kills++;
            continue;
          }
          expect([ended.code, ended.err, seed]).toEqual([0, "", seed]);
          break;
        }
        expect(kills).toBeGreaterThan(1);
        expect([weights(out), seed]).toEqual([expected, seed]);
      },
    );

    test("Ctrl-C writes a checkpoint and a model, says how to go on, and ends with the signal's code", async () => {
      const out = at("interrupted");
      let sent = false;
      const ended = await cygnet(["--data", data, "--out", out, ...flags, "--checkpoint-seconds", "1000"], {
        watch(text, child) {
          if (!sent && text.includes('"step":20,')) sent = child.kill("SIGINT");
        },
      });
      expect([ended.code, ended.err]).toEqual([130, expect.stringContaining(`--resume --out ${out}`)]);
      expect(existsSync(join(out, "checkpoints", "latest"))).toBe(true);
      expect(existsSync(join(out, "model", "model.safetensors"))).toBe(true);
      expect((await cygnet(["--resume", "--out", out])).code).toBe(0);
      expect(weights(out)).toBe(await whole());
    });

    test("a full disk: a message, exit code 1, the checkpoint before intact, and the same bits once there is room", async () => {
      const out = at("full");
      let sent = false;
      await cygnet(["--data", data, "--out", out, ...flags], {
        watch(text, child) {
          if (!sent && text.includes('"type":"checkpoint"')) sent = child.kill("SIGINT");
        },
      });
      const latest = () => readFileSync(join(out, "checkpoints", "latest"), "utf8");
      const before = latest();
      const ended = await cygnet(["--resume", "--out", out], { limit: 40 });
      expect([ended.code, ended.err]).toEqual([
        1,
        expect.stringMatching(/^error: .*could not be written.*resume\.\n$/),
      ]);
      expect(latest()).toBe(before);
      expect(existsSync(join(out, "checkpoints", before.trim(), "tensors.safetensors"))).toBe(true);
      expect((await cygnet(["--resume", "--out", out])).code).toBe(0);
      expect(weights(out)).toBe(await whole());
    });
  },
);
