/** @file `cygnet export` and `cygnet import`: a model into the field's files and out of them. */

import { z } from "zod";
import { convertModel } from "../generate/convert.js";
import { ggufDtypes, isHubPlace } from "../models/index.js";
import { UserError } from "../platform/errors.js";
import { command } from "./command.js";
import { modelPlace } from "./hub.js";
import type { Io } from "./io.js";

const ExportSchema = z.strictObject({
  model: z.string().describe("a run's folder, a model's folder, a GGUF file, or hf:org/name of the hub"),
  to: z.enum(["gguf", "hf"]).describe("gguf: one file for llama.cpp; hf: a folder in Hugging Face's layout"),
  out: z.string().describe("the file or folder to write"),
  dtype: z
    .enum(ggufDtypes)
    .optional()
    .describe("of the matrices; by default f16 in gguf, f32 in hf (or bf16)"),
});

const ImportSchema = z.strictObject({
  model: z
    .string()
    .describe("hf:org/name[@revision] of the Hugging Face hub, a model's folder or a GGUF file"),
  out: z
    .string()
    .optional()
    .describe("the folder to write; a model of the hub goes to ~/.cache/cygnet (or CYGNET_CACHE) by default"),
  dtype: z
    .enum(["f32", "bf16"])
    .optional()
    .describe("of the weights: f32 by default; a model of the hub stays as it is"),
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
    const { model, to, out, dtype } = ExportSchema.parse(given);
    const from = await modelPlace(model, io);
    convertModel({ from, to, out, dtype, onWarning: warn(io) });
    io.err.write(`wrote ${out}\n`);
  },
});

export const importCommand = command({
  name: "import",
  summary: "make a model's folder from the Hugging Face hub, a GGUF file or another folder",
  schema: ImportSchema,
  positional: [{ key: "model", required: true }],
  examples: [
    "cygnet import hf:HuggingFaceTB/SmolLM2-135M --out models/smol",
    "cygnet import hf:sentence-transformers/all-MiniLM-L6-v2",
    "cygnet import model-q8_0.gguf --out models/mine",
  ],
  async run(given, io) {
    const { model, out, dtype } = ImportSchema.parse(given);
    if (isHubPlace(model) && dtype === undefined) {
      io.out.write(`${await modelPlace(model, io, out)}\n`);
      return;
    }
    if (out === undefined)
      throw new UserError({
        code: "usage",
        at: "--out",
        message: "says where the model is to go, and is missing",
        fix: `such as: cygnet import ${model} --out models/mine`,
      });
    const from = await modelPlace(model, io);
    convertModel({ from, to: "hf", out, dtype, onWarning: warn(io) });
    io.err.write(`wrote ${out}\n`);
  },
});
