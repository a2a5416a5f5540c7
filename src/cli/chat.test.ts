import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TextGenerator, textGenerator } from "../generate/loadGenerator.js";
import { createModel } from "../models/index.js";
import type { Line, LineSource } from "../platform/lines.js";
import { createEngine } from "../tensor/device.js";
import { trainBpe } from "../tokenizer/index.js";
import { converse } from "./chat.js";

let generator: TextGenerator;
beforeAll(async () => {
  const tokenizer = await trainBpe({
    documents: ["a b c a b c a b c"],
    ifCorpusTooSmall: "shrink",
    vocabSize: 260,
  });
  const engine = createEngine({ device: "reference" });
  const config = {
    model_type: "gpt2",
    vocab_size: 260,
    n_positions: 24,
    n_embd: 8,
    n_layer: 1,
    n_head: 2,
    eos_token_id: 0,
    bos_token_id: 0,
  };
  generator = textGenerator({
    model: createModel({ engine, seed: 1, config }),
    tokenizer,
    engine,
    place: "",
    defaults: {},
  });
});
afterAll(() => generator.dispose());

async function talk(...typed: (string | Line)[]) {
  const said = { out: "", err: "" };
  const to = (key: "out" | "err") => ({
    isTerminal: false,
    columns: 80,
    write: (text: string) => {
      said[key] += text;
    },
  });
  const lines: LineSource = {
    next: async () => {
      const next = typed.shift() ?? { kind: "end" };
      return typeof next === "string" ? { kind: "line", text: next } : next;
    },
    close: () => {},
  };
  const options = { seed: 1, maxTokens: 6, eosTokenIds: [], suppressTokens: [0, 10, 13] };
  await converse(generator, options, lines, { out: to("out"), err: to("err"), interactive: false });
  return { ...said, left: typed.length };
}

describe("chat", () => {
  it("continues what is written, and goes on at an empty line", async () => {
    const { out } = await talk("a b", "", "c");
    const once = await talk("a b");
    expect(out.startsWith(once.out)).toBe(true);
    expect(out.split("\n")).toHaveLength(4);
    expect(out.split("\n")[0]).toMatch(/^a b./);
    expect(out.split("\n")[2]).toMatch(/^c./);
  });

  it("gives the same replies for the same lines, others for another seed", async () => {
    const first = await talk("a b", "c");
    expect(await talk("a b", "c")).toEqual(first);
    expect(await talk("x", "/reset", "a b", "c")).toEqual({
      ...first,
      out: (await talk("x")).out + first.out,
    });
    expect((await talk("/seed 2", "a b", "c")).out).not.toBe(first.out);
    const greedy = await talk("/temperature 0", "a b");
    expect((await talk("/temperature 0", "/seed 9", "a b")).out).toBe(greedy.out);
  });

  it("explains what it cannot do", async () => {
    const { err, out } = await talk("/seed x", "/temperature", "/temprature 1", "/help");
    expect(err).toBe(
      '/seed needs a whole number from 0 on, not "x"\n/temperature needs a number from 0 on, not ""\nthere is no /temprature; did you mean /temperature?\n',
    );
    expect(out).toMatch(/\/reset/);
  });

  it("leaves at /quit, at the end of the input and at Ctrl-C twice", async () => {
    expect((await talk("/quit", "a")).left).toBe(1);
    expect((await talk({ kind: "end" }, "a")).left).toBe(1);
    expect((await talk({ kind: "interrupt" }, { kind: "interrupt" }, "a")).left).toBe(1);
    expect((await talk({ kind: "interrupt" }, "a", { kind: "interrupt" }, "a")).left).toBe(0);
  });

  it("lets the beginning of a long text go, and says so", async () => {
    const { err } = await talk("a b c a b c a b c a b c a b c", "a b c a b c a b c", "a b c");
    expect(err).toMatch(/longer than the model's context of 24 tokens/);
  });
});
