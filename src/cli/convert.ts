/** @file `cygnet export` and `cygnet import`: a model into the field's files and out of them. */

import { z } from "zod";
import { convertModel } from "../generate/convert.js";
import { ggufDtypes } from "../models/index.js";
import { command } from "./command.js";
import type { Io } from "./io.js";

const ExportSchema = z.strictObject({
  model: z.string().describe("a run's folder, a model's folder or a GGUF file"),
  to: z.enum(["gguf", "hf"]).describe("gguf: one file for llama.cpp; hf: a folder in Hugging Face's layout"),
  out: z.string().describe("the file or folder to write"),
  dtype: z
    .enum(ggufDtypes)
    .optional()
    .describe("of the matrices; by default f16 in gguf, f32 in hf (or bf16)"),
});

const ImportSchema = z.strictObject({
  model: z.string().describe("a model's folder or a GGUF file"),
  out: z.string().describe("the folder to write"),
  dtype: z.enum(["f32", "bf16"]).default("f32").describe("of the weights"),
});

const warn = (io: Io) => (warning: string) => io.err.write(`${warning}\n`);

export const exportCommand = command({
  name: "export",
  summary: "write a model as GGUF or as a Hugging Face folder",
  schema: ExportSchema,
  positional: [{ key: "model", required: true }],
  examples: [
    "cygnet export runs/village --to gguf --out village.gguf --dtype q8_0",
    "cygnet export runs/village --to hf --out village --dtype bf16",
  ],
  async run(given, io) {
    const { model: from, to, out, dtype } = ExportSchema.parse(given);
    convertModel({ from, to, out, dtype, onWarning: warn(io) });
    io.err.write(`wrote ${out}\n`);
  },
});

export const importCommand = command({
  name: "import",
  summary: "make a model's folder from a GGUF file or another folder",
  schema: ImportSchema,
  positional: [{ key: "model", required: true }],
  examples: ["cygnet import model-q8_0.gguf --out models/mine"],
  async run(given, io) {
    const { model: from, out, dtype } = ImportSchema.parse(given);
    convertModel({ from, to: "hf", out, dtype, onWarning: warn(io) });
    io.err.write(`wrote ${out}\n`);
  },
});
