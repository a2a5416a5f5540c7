/** @file `cygnet embed`: a vector a text, from the arguments or from lines of standard input. */

import { z } from "zod";
import { loadEmbedder } from "../generate/embedder.js";
import { command } from "./command.js";
import { modelPlace } from "./hub.js";
import { deviceFlags } from "./sampling.js";

const EmbedSchema = z.strictObject({
  model: z
    .string()
    .describe(
      "the folder of an encoder, with sentence-transformers' files or without, or hf:org/name of the hub",
    ),
  text: z.array(z.string()).min(1).describe("texts; two or more are compared"),
  pooling: z
    .enum(["mean", "cls", "last"])
    .optional()
    .describe("whose hidden states count; as the folder says, else mean"),
  normalize: z.boolean().optional().describe("vectors of length 1; as the folder says, else not"),
  json: z.boolean().default(false).describe("one JSON object a text, with the whole vector"),
  ...deviceFlags,
});

export const embedCommand = command({
  name: "embed",
  summary: "turn texts into vectors, and say how alike they are",
  schema: EmbedSchema,
  positional: [{ key: "model", required: true }],
  groups: { Machine: Object.keys(deviceFlags) },
  examples: [
    'cygnet embed models/all-MiniLM-L6-v2 --text "A fox sleeps." --text "An owl wakes."',
    'cygnet embed models/all-MiniLM-L6-v2 --text "A fox sleeps." --json',
  ],
  async run(given, io) {
    const { model, text: texts, pooling, normalize, json, device, compute } = EmbedSchema.parse(given);
    const onWarning = (warning: string) => io.err.write(`${warning}\n`);
    const embedder = loadEmbedder(await modelPlace(model, io), { device, compute, onWarning });
    try {
      const vectors = await embedder.embed(texts, { pooling, normalize });
      if (json) {
        for (const [i, vector] of vectors.entries())
          io.out.write(`${JSON.stringify({ text: texts[i], embedding: [...vector] })}\n`);
        return;
      }
      for (const [i, a] of vectors.entries()) {
        const alike = vectors.map((b) => cosine(a, b).toFixed(3).padStart(6)).join(" ");
        io.out.write(`${alike}  ${texts[i]}\n`);
      }
    } finally {
      embedder.dispose();
    }
  },
});

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, v, i) => sum + v * y[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
