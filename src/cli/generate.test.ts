import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { generateCommand } from "./generate.js";
import { runProgram } from "./program.js";

const story = resolve(import.meta.dirname, "../../../shared/data/weights/stories260K.bin");

async function cygnet(...words: string[]) {
  const said = { out: "", err: "" };
  const to = (key: "out" | "err") => ({
    isTerminal: false,
    columns: 80,
    write: (text: string) => {
      said[key] += text;
    },
  });
  const io = { out: to("out"), err: to("err"), interactive: false };
  const code = await runProgram([generateCommand], words, { version: "0", io });
  return { code, ...said };
}

describe.skipIf(!existsSync(story))("cygnet generate (needs ../shared/data/weights)", () => {
  it("continues a prompt", async () => {
    const { code, out, err } = await cygnet(
      "generate",
      story,
      "--prompt",
      "Once upon",
      "--temperature",
      "0",
      "--max-tokens",
      "9",
    );
    expect([code, out]).toEqual([0, "Once upon a time, there was a little gir\n"]);
    expect(err).toMatch(
      /^(the reference backend is used, .*\n)?9 tokens, [\d.]+ tokens\/s, seed \d+, ended by length\n$/,
    );
  });

  it("gives several texts as JSON, which one alone gives again", async () => {
    const flags = [
      "generate",
      story,
      "--prompt",
      "The",
      "--seed",
      "4",
      "--max-tokens",
      "12",
      "--json",
      "--stop",
      ".",
    ];
    const two = (await cygnet(...flags, "--n", "2")).out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const one = JSON.parse((await cygnet(...flags)).out);
    expect(two).toHaveLength(2);
    expect(two[0]).toEqual(one);
    expect(two[1].text).not.toBe(one.text);
    expect(one).toMatchObject({ prompt: "The", seed: 4, sample: 0, prompt_tokens: 2 });
  });
});

it("refuses what makes no sense, without a stack", async () => {
  expect(await cygnet("generate", join(import.meta.dirname, "nowhere"))).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^error: .*nowhere: does not exist; expected .*\n$/),
  });
  expect(await cygnet("generate", story, "--top-p", "3")).toMatchObject({
    code: 2,
    err: expect.stringMatching(/--top-p.*found 3, expected at most 1\n$/),
  });
  expect((await cygnet("generate", story, "--temprature", "1")).err).toMatch(/--temperature/);
  expect((await cygnet("generate")).code).toBe(2);
});
