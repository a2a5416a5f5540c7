/** @file `npm run bench -- NAME [--quick] [--json]`: runs a benchmark, ours and its peer in turn, and prints the ratio. */

import { cpus } from "node:os";
import { Command } from "commander";
import { nearest } from "../src/platform/errors.js";
import { createEngine } from "../src/tensor/index.js";
import type { Bench, Outcome } from "./outcome.js";
import { waitForQuiet } from "./quiet.js";

const BENCHES: Record<string, () => Promise<Bench>> = {
  train: async () => (await import("./train.js")).run,
  quality: async () => (await import("./quality.js")).run,
  tokenizer: async () => (await import("./tokenizer.js")).run,
  matmul: async () => (await import("./matmul.js")).run,
  kernels: async () => (await import("./kernels.js")).run,
  generate: async () => (await import("./generate.js")).run,
};

const program = new Command("bench")
  .argument("<name>", `one of ${Object.keys(BENCHES).join(", ")}`)
  .option("--quick", "fewer and shorter runs", false)
  .option("--filter <text>", "only comparisons whose name contains this")
  .option("--json", "one line of JSON an outcome", false)
  .showSuggestionAfterError()
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .action(main);
await program.parseAsync();

async function main(
  name: string,
  options: { quick: boolean; json: boolean; filter?: string },
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
  if (!options.json) console.log(`${name} on ${machine}`);
  const { quiet, busy } = await waitForQuiet(options.quick ? 10 : 60);
  if (!quiet)
    console.error(
      `bench: the machine is not quiet (${Math.round(busy * 100)} % busy); the ratios may suffer`,
    );
  const bench = await load();
  for await (const outcome of bench({ quick: options.quick, filter: options.filter }))
    print(outcome, machine, options.json);
}

function print(o: Outcome, machine: string, json: boolean): void {
  if (json) {
    console.log(JSON.stringify({ ...o, machine }));
    return;
  }
  const number = (x: number) => (Number.isNaN(x) ? "–" : x >= 100 ? x.toFixed(0) : x.toPrecision(4));
  console.log(
    `${o.name.padEnd(44)} ours ${number(o.ours).padStart(9)}  peer ${number(o.peer).padStart(9)} ${o.unit.padEnd(12)} ratio ${Number.isNaN(o.ratio) ? "–" : o.ratio.toFixed(2)}${o.note ? `  (${o.note})` : ""}`,
  );
}

function describeMachine(): string {
  const engine = createEngine();
  const { isa, threads } = engine.backend;
  engine.dispose();
  return `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${isa}, ${threads} threads, Node ${process.version}`;
}
