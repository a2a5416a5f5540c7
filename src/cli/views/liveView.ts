/** @file Progress for people: a few lines at the bottom of the terminal that are drawn anew, and above them what stays: the
 *  model, validations, samples. */

import type { Output } from "../../platform/terminal.js";
import { wantsColour } from "../../platform/terminal.js";
import {
  type EvaluationResult,
  type Listener,
  measuresOf,
  type StepEvent,
  type TrainEvent,
} from "../../train/index.js";
import { amount, bar, duration, sparkline } from "./format.js";

/** Milliseconds between two drawings. */
const PAUSE = 100;
/** Losses that the little curve looks back on. */
const MEMORY = 4000;

export interface LiveView {
  readonly listener: Listener;
  /** Leaves the last picture standing and the cursor below it. */
  end(): void;
}

export function liveView(out: Output, now: () => number): LiveView {
  const ink = painter(wantsColour(out));
  const losses: number[] = [];
  let drawn = 0;
  let last = Number.NEGATIVE_INFINITY;
  let validation = "";

  // One write each: what is cleared is never seen empty.
  const clear = () => (drawn > 0 ? `\x1b[${drawn}A\x1b[0J` : "");
  const draw = (lines: readonly string[]) => {
    out.write(clear() + lines.map((line) => `${cut(line, out.columns)}\n`).join(""));
    drawn = lines.length;
  };
  const say = (text: string) => {
    out.write(`${clear()}${wrap(text, out.columns)}\n`);
    drawn = 0;
  };
  const due = () => {
    if (now() - last < PAUSE) return false;
    last = now();
    return true;
  };

  return {
    end() {
      drawn = 0;
    },
    listener(event: TrainEvent) {
      switch (event.type) {
        case "stage":
          if (event.share === undefined || due())
            draw([
              event.share === undefined
                ? `${event.message} …`
                : `${bar(event.share, 24)} ${Math.round(100 * event.share)} % ${event.message}`,
            ]);
          return;
        case "note":
          return say(ink.dim(`note: ${event.message}`));
        case "start":
          say(
            ink.bold(
              `${event.family} · ${event.depth} layers · ${event.dim} wide · ${amount(event.parameters)} parameters · vocabulary ${amount(event.vocabSize)} · context ${event.context}`,
            ),
          );
          if (event.from > 0) say(`going on from step ${amount(event.from)}`);
          return say(
            ink.dim(
              `${amount(event.trainTokens)} tokens to learn from · ${amount(event.steps)} steps of ${event.batch} × ${event.context} · ${event.engine}`,
            ),
          );
        case "step":
          losses.push(event.loss);
          if (losses.length > MEMORY) losses.splice(0, MEMORY / 4);
          if (due() || event.step === event.steps) draw(stepLines(event, losses, validation, ink));
          return;
        case "validation":
          validation = ` · validation ${event.loss.toFixed(3)}${brief(event)}`;
          if (event.final)
            say(
              ink.bold(
                `validation: ${event.loss.toFixed(4)} nats a token · perplexity ${event.perplexity.toFixed(2)}${measuresOf(
                  event,
                )
                  .map((m) => ` · ${m.value.toFixed(m.digits)} ${m.name}`)
                  .join("")}`,
              ),
            );
          return;
        case "sample":
          return say(
            `${ink.dim(`step ${amount(event.step)}:`)} ${ink.italic(event.text.replaceAll(/\s+/g, " ").trim())}\n`,
          );
        case "stopped":
          return say(`stopped at step ${amount(event.step)} of ${amount(event.steps)}; everything is kept`);
        default:
      }
    },
  };
}

/** The first of what was measured beside the loss. */
function brief(result: EvaluationResult): string {
  const [first] = measuresOf(result);
  return first === undefined ? "" : ` (${first.value.toFixed(Math.min(3, first.digits))} ${first.name})`;
}

function stepLines(e: StepEvent, losses: readonly number[], validation: string, ink: Ink): string[] {
  const perplexity = Math.exp(e.loss);
  const peak = Number.isNaN(e.peakShare) ? "" : ` · ${Math.round(100 * e.peakShare)} % of peak`;
  return [
    `${bar(e.step / e.steps, 24)} ${Math.floor((100 * e.step) / e.steps)} % · ${ink.bold(`${duration(e.leftMs)} left`)} · step ${amount(e.step)} of ${amount(e.steps)}`,
    `loss ${ink.bold(e.loss.toFixed(3))} ${ink.blue(sparkline(losses, 14))} perplexity ${perplexity < 1e4 ? perplexity.toFixed(1) : perplexity.toExponential(1)}${validation}`,
    ink.dim(
      `${amount(e.tokensPerSecond)} tokens/s${peak} · rate ${e.lr.toExponential(1)} · gradient ${e.gradNorm.toFixed(2)} · ${e.epochs.toFixed(2)} passes`,
    ),
  ];
}

type Ink = Record<"bold" | "dim" | "italic" | "blue", (text: string) => string>;

function painter(colour: boolean): Ink {
  const paint = (from: number, to: number) => (text: string) =>
    colour ? `\x1b[${from}m${text}\x1b[${to}m` : text;
  return { bold: paint(1, 22), dim: paint(2, 22), italic: paint(3, 23), blue: paint(34, 39) };
}

const COLOUR = new RegExp(`(${String.fromCharCode(27)}\\[\\d+m)`);
const COLOURS = new RegExp(COLOUR.source, "g");

/** Long lines broken between words, so that no word is torn at the edge; colours take no room. */
export function wrap(text: string, columns: number): string {
  return text
    .split("\n")
    .map((line) => {
      let room = columns - 1;
      return line
        .split(" ")
        .map((word, i) => {
          const length = [...word.replaceAll(COLOURS, "")].length;
          const breaks = i > 0 && length + 1 > room;
          room = breaks ? columns - 1 - length : room - length - (i > 0 ? 1 : 0);
          return i === 0 ? word : `${breaks ? "\n" : " "}${word}`;
        })
        .join("");
    })
    .join("\n");
}

/** A line that wraps would be cleared wrongly; colours take no room. */
function cut(line: string, columns: number): string {
  let room = columns - 1;
  let result = "";
  for (const part of line.split(COLOUR)) {
    if (part.startsWith("\x1b")) result += part;
    else {
      const letters = [...part].slice(0, room);
      room -= letters.length;
      result += letters.join("");
    }
  }
  return result;
}
