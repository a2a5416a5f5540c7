/** @file `npm run bench -- NAME [--quick] [--json | --markdown]`: runs a benchmark, ours and its peer in turn, and prints
 *  the ratio and whether the bars are met. */

import { cpus } from "node:os";
import { Command } from "commander";
import { nearest } from "../src/platform/errors.js";
import { createEngine } from "../src/tensor/index.js";
import type { Bench, Verdict } from "./outcome.js";
import { waitForQuiet } from "./quiet.js";
import { createMarkdown, textLine } from "./render.js";

const BENCHES: Record<string, () => Promise<Bench>> = {
  train: async () => (await import("./train.js")).run,
  quality: async () => (await import("./quality.js")).run,
  tokenizer: async () => (await import("./tokenizer.js")).run,
  matmul: async () => (await import("./matmul.js")).run,
  wasm: async () => (await import("./wasm.js")).run,
  step: async () => (await import("./step.js")).run,
  machine: async () => (await import("./machine.js")).run,
  kernels: async () => (await import("./kernels.js")).run,
  embed: async () => (await import("./embed.js")).run,
  generate: async () => (await import("./generate.js")).run,
};

const program = new Command("bench")
  .argument("<name>", `one of ${Object.keys(BENCHES).join(", ")}`)
  .option("--quick", "fewer and shorter runs", false)
  .option("--filter <text>", "only comparisons whose name contains this")
  .option("--json", "one line of JSON an outcome", false)
  .option("--markdown", "tables for docs/performance.md", false)
  .showSuggestionAfterError()
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .action(main);
await program.parseAsync();

async function main(
  name: string,
  options: { quick: boolean; json: boolean; markdown: boolean; filter?: string },
): Promise<void> {
  const load = BENCHES[name];
  if (load === undefined) {
    const guess = nearest(name, Object.keys(BENCHES));
    console.error(
      `bench: there is no "${name}"${guess ? `; did you mean "${guess}"?` : ""} (${Object.keys(BENCHES).join(", ")})`,
    );
    process.exitCode = 2;
    return;
  }
  const machine = describeMachine();
  if (!options.json) console.log(`${name} on ${machine}, ${new Date().toISOString().slice(0, 10)}`);
  const { quiet, busy } = await waitForQuiet(options.quick ? 10 : 60);
  if (!quiet)
    console.error(
      `bench: the machine is not quiet (${Math.round(busy * 100)} % busy); the ratios may suffer`,
    );
  const bench = await load();
  const markdown = createMarkdown();
  const verdicts: Verdict[] = [];
  for await (const outcome of bench({ quick: options.quick, filter: options.filter })) {
    verdicts.push(...(outcome.verdicts ?? []));
    if (options.json) console.log(JSON.stringify({ ...outcome, machine }));
    else console.log(options.markdown ? markdown(outcome) : textLine(outcome));
  }
  if (!options.json && verdicts.length > 0) console.log(`\n${countVerdicts(verdicts)}`);
}

function countVerdicts(verdicts: readonly Verdict[]): string {
  const count = (met: boolean | null) => verdicts.filter((v) => v.met === met).length;
  return `bars: ${count(true)} met, ${count(false)} missed, ${count(null)} not judged`;
}

function describeMachine(): string {
  const engine = createEngine();
  const { isa, threads } = engine.backend;
  engine.dispose();
  return `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${isa}, ${threads} threads, Node ${process.version}`;
}
