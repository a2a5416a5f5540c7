import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { UserError } from "../platform/errors.js";
import { PretrainSchema } from "../train/index.js";
import { command } from "./command.js";
import { commands } from "./commands.js";
import { flagName } from "./flags.js";
import { runProgram } from "./program.js";

const folder = mkdtempSync(join(tmpdir(), "cygnet-cli-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const schema = z.strictObject({
  files: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .describe("what to read"),
  learningRate: z.number().positive().default(0.5).describe("how fast"),
  kind: z.enum(["fox", "hen"]).default("fox").describe("which animal"),
  loud: z.boolean().default(false).describe("say it loudly"),
  calm: z.boolean().default(true).describe("stay calm"),
});

let seen: unknown;
let thrown: Error | undefined;
const echo = command({
  name: "echo",
  summary: "says what it was given",
  schema,
  recipe: true,
  positional: [{ key: "files", several: true }],
  groups: { Animals: ["kind"] },
  examples: ["cygnet echo a.txt"],
  async run(given) {
    seen = given;
    if (thrown !== undefined) throw thrown;
  },
});

async function cygnet(words: readonly string[], list = [echo]) {
  seen = undefined;
  const text = { out: "", err: "" };
  const to = (key: "out" | "err") => ({
    isTerminal: false,
    columns: 80,
    write(t: string) {
      text[key] += t;
    },
  });
  const code = await runProgram(list, words, {
    version: "1.2.3",
    io: { out: to("out"), err: to("err"), interactive: false },
  });
  return { code, ...text };
}

describe("the command line", () => {
  test("gives the command what was said, and no defaults", async () => {
    expect(
      (await cygnet(["echo", "a", "b", "--learning-rate", "1e-3", "--kind", "hen", "--loud", "--no-calm"]))
        .code,
    ).toBe(0);
    expect(seen).toEqual({ files: ["a", "b"], learningRate: 0.001, kind: "hen", loud: true, calm: false });
    await cygnet(["echo"]);
    expect(seen).toEqual({});
  });

  test.each([
    [["echo", "--learning-rat", "1"], /--learning-rate/],
    [["ecko"], /echo/],
    [["echo", "--learning-rate", "fast"], /--learning-rate.*found "fast", expected a number/],
    [["echo", "--learning-rate", "-1"], /--learning-rate.*expected more than 0/],
    [["echo", "--kind", "cow"], /--kind.*found "cow", expected one of fox, hen/],
    [["echo", "--learning-rate"], /learning-rate/],
  ])("%j is a mistake of use: exit code 2, one message, no stack", async (words, message) => {
    const { code, err } = await cygnet(words);
    expect([code, seen]).toEqual([2, undefined]);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/\n\s+at /);
  });

  test("a recipe gives values, flags override it, a misspelt key is named with the nearest", async () => {
    const file = join(folder, "recipe.json");
    writeFileSync(file, '{"learningRate": 0.1, "kind": "hen"}');
    await cygnet(["echo", "--recipe", file, "--kind", "fox"]);
    expect(seen).toEqual({ learningRate: 0.1, kind: "fox" });
    writeFileSync(file, '{"learningrate": 0.1}');
    const wrong = await cygnet(["echo", "--recipe", file]);
    expect([wrong.code, seen]).toEqual([2, undefined]);
    expect(wrong.err).toContain(`${file}: there is no "learningrate". Did you mean "learningRate"?`);
    writeFileSync(file, '{"learningRate": "x"}');
    expect((await cygnet(["echo", "--recipe", file])).err).toContain("learningRate");
    writeFileSync(file, "{");
    expect(await cygnet(["echo", "--recipe", file])).toMatchObject({
      code: 1,
      err: expect.stringContaining("not valid JSON"),
    });
    writeFileSync(file, "[]");
    expect((await cygnet(["echo", "--recipe", file])).code).toBe(2);
  });

  test("errors: a user's is a line and code 1, a defect shows where", async () => {
    thrown = new UserError({ code: "file-missing", file: "x.txt", message: "does not exist" });
    expect(await cygnet(["echo"])).toEqual({ code: 1, out: "", err: "error: x.txt: does not exist\n" });
    thrown = new TypeError("oops");
    expect(await cygnet(["echo"])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/defect.*\n.*oops\n\s+at /),
    });
    thrown = undefined;
  });

  test("help and version are no mistakes; nothing at all shows the help", async () => {
    expect(await cygnet(["--version"])).toMatchObject({ code: 0, out: "1.2.3\n" });
    const help = await cygnet(["echo", "--help"]);
    expect(help.code).toBe(0);
    for (const part of [
      "--learning-rate <number>",
      "how fast (default: 0.5)",
      "--kind <fox|hen>",
      "Animals:",
      "--loud",
      "--no-calm",
      "cygnet echo a.txt",
    ])
      expect(help.out).toContain(part);
    expect(await cygnet([])).toMatchObject({ code: 2, out: expect.stringContaining("echo") });
  });
});

describe("the commands", () => {
  test("pretrain's help has every setting with its sentence", async () => {
    const { out } = await cygnet(["pretrain", "--help"], [...commands]);
    const flat = out.replaceAll(/\s+/g, " ");
    for (const [key, field] of Object.entries(PretrainSchema.shape)) {
      expect(out).toMatch(new RegExp(`${flagName(key)}|${flagName(key).replace("--", "--no-")}`));
      expect(field.description, key).toBeTruthy();
      expect(flat).toContain(field.description!);
    }
  });

  test.each([
    [["pretrain", "--minutes", "1", "--steps", "2", "--out", join(folder, "a")], 2, /exclude one another/],
    [["pretrain", "--data", join(folder, "none"), "--out", join(folder, "b")], 1, /does not exist/],
    [["pretrain", "--resume", "--out", join(folder, "c")], 1, /no run/],
    [["quickstart", "--minuts", "1"], 2, /--minutes/],
  ])("%j", async (words, code, message) => {
    const result = await cygnet(words, [...commands]);
    expect([result.code, result.err]).toEqual([code, expect.stringMatching(message)]);
  });
});
