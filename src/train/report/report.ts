/** @file `report.html`: a run in one file that opens anywhere, without a network: numbers, curves, samples, recipe, machine.
 *  It is written anew on the way, so that a run can be watched by reloading it. */

import type { Machine } from "../../platform/machine.js";
import type { RunFacts } from "../events.js";
import { MEASURES } from "../measures.js";
import type { Metrics, StepLine, ValidationLine } from "../metrics.js";
import { chart, escapeHtml, smooth } from "./chart.js";
import { STYLE } from "./style.js";

export interface ReportInput {
  readonly title: string;
  readonly state: "running" | "stopped" | "finished";
  readonly facts: RunFacts;
  readonly metrics: Metrics;
  readonly recipe: Readonly<Record<string, unknown>>;
  readonly machine: Machine;
}

/** Samples shown at once; the older ones are folded. */
const SHOWN = 3;

export function renderReport(input: ReportInput): string {
  const { facts, metrics, title } = input;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body><main>
<h1>${escapeHtml(title)}</h1>
<p class="sub">${escapeHtml(subtitle(input))}</p>
<section class="numbers">${numbers(input)
    .map(([value, name]) => `<div><b>${escapeHtml(value)}</b><span>${escapeHtml(name)}</span></div>`)
    .join("")}</section>
<h2>Curves</h2>
<section class="charts">${charts(metrics)}</section>
${samples(metrics)}
<h2>Recipe</h2>
${table(Object.entries(input.recipe).map(([key, value]) => [key, Array.isArray(value) ? value.join(", ") : String(value)]))}
<h2>Model and machine</h2>
${table([
  [
    "model",
    `${facts.family}, ${facts.depth} layers, ${facts.dim} wide, ${grouped(facts.parameters)} parameters`,
  ],
  ["vocabulary", grouped(facts.vocabSize)],
  [
    "text",
    `${grouped(facts.trainTokens)} tokens to learn from, ${grouped(facts.validationTokens)} to validate`,
  ],
  ["engine", facts.engine],
  ["processor", `${input.machine.processor}, ${input.machine.cores} cores`],
  ["memory", `${Math.round(input.machine.memory / 2 ** 30)} GiB`],
  ["system", `${input.machine.system}, Node ${input.machine.node}`],
])}
</main></body></html>
`;
}

function subtitle({ facts, metrics, state }: ReportInput): string {
  const done = metrics.steps.at(-1);
  const where = `step ${grouped(done?.step ?? 0)} of ${grouped(facts.steps)}`;
  const minutes = ((done?.elapsed_ms ?? 0) / 60_000).toFixed(1);
  return `${state}: ${where}, ${minutes} minutes`;
}

function numbers({ facts, metrics }: ReportInput): [string, string][] {
  const steps = metrics.steps;
  const last = steps.at(-1);
  const validation = metrics.validations.at(-1);
  const recent = steps.slice(-50);
  const mean = (pick: (line: StepLine) => number) =>
    recent.reduce((sum, line) => sum + pick(line), 0) / recent.length;
  const rows: [string, string][] = [[`${(facts.parameters / 1e6).toFixed(2)} M`, "parameters"]];
  if (last !== undefined) rows.push([mean((s) => s.loss).toFixed(4), "training loss, nats a token"]);
  if (validation !== undefined) {
    rows.push([validation.validation_loss.toFixed(4), `validation loss${validation.final ? "" : " (part)"}`]);
    rows.push(...measured(validation).map(({ value, name }): [string, string] => [value, name]));
  }
  if (last === undefined) return rows;
  rows.push(
    [grouped(last.tokens), "tokens learned"],
    [grouped(Math.round(mean((s) => s.tokens_per_second))), "tokens a second"],
  );
  if (recent.every((s) => s.peak_share !== null))
    rows.push([`${(100 * mean((s) => s.peak_share!)).toFixed(0)} %`, "of the machine's peak"]);
  return rows;
}

function charts({ steps, validations }: Metrics): string {
  const of = (pick: (line: StepLine) => number) => steps.map((line) => [line.step, pick(line)] as const);
  const loss = of((s) => s.loss);
  const speed = of((s) => s.tokens_per_second);
  const norm = of((s) => s.grad_norm);
  // The last validation is over all of the text, those on the way over a part: they do not belong on one curve.
  const parts = validations.filter((v) => !v.final);
  const curve = parts.length > 0 ? parts : validations;
  return [
    chart({
      title: "Loss",
      unit: "nats a token, logarithmic",
      log: true,
      series: [
        { name: "each step", points: loss, tone: 1, faint: true },
        { name: "training", points: smooth(loss), tone: 1 },
        { name: "validation", points: curve.map((v) => [v.step, v.validation_loss] as const), tone: 2 },
      ],
    }),
    // One validation is a number, not a curve: it stands above.
    curve.length < 2 ? "" : measureChart(curve),
    chart({
      title: "Learning rate",
      unit: "of the matrices",
      series: [{ name: "", points: of((s) => s.lr), tone: 3 }],
    }),
    chart({
      title: "Speed",
      unit: "tokens a second",
      series: [
        { name: "", points: speed, tone: 1, faint: true },
        { name: "", points: smooth(speed), tone: 1 },
      ],
    }),
    chart({
      title: "Gradient norm",
      unit: "before clipping, logarithmic",
      log: true,
      series: [
        { name: "", points: norm, tone: 3, faint: true },
        { name: "", points: smooth(norm), tone: 3 },
      ],
    }),
  ].join("");
}

/** The first measure that the run has, over its steps. */
function measureChart(curve: readonly ValidationLine[]): string {
  const found = Object.values(MEASURES).find(({ key }) => typeof curve[0]?.[key] === "number");
  if (found === undefined) return "";
  const points = curve.map((v) => [v.step, Number(v[found.key])] as const);
  return chart({ title: "Validation", unit: found.name, series: [{ name: "", points, tone: 2 }] });
}

function measured(line: ValidationLine): { name: string; value: string }[] {
  return Object.values(MEASURES).flatMap(({ key, name, digits }) => {
    const value = line[key];
    return typeof value === "number" ? [{ name, value: value.toFixed(digits) }] : [];
  });
}

function samples({ samples: all }: Metrics): string {
  if (all.length === 0) return "";
  const quote = ({ step, sample }: (typeof all)[number]) =>
    `<blockquote><small>step ${grouped(step)}</small>${escapeHtml(sample)}</blockquote>`;
  const latest = [...all].reverse();
  const older = latest.slice(SHOWN);
  const folded =
    older.length === 0
      ? ""
      : `<details><summary>${older.length} older</summary>${older.map(quote).join("")}</details>`;
  return `<h2>Samples</h2>${latest.slice(0, SHOWN).map(quote).join("")}${folded}`;
}

function table(rows: readonly (readonly [string, string])[]): string {
  return `<table>${rows.map(([name, value]) => `<tr><td>${escapeHtml(name)}</td><td>${escapeHtml(value)}</td></tr>`).join("")}</table>`;
}

function grouped(value: number): string {
  return value.toLocaleString("en-US");
}
