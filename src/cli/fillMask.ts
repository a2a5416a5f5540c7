/** @file `cygnet fill-mask`: the likeliest words behind the masks of a text. */

import { z } from "zod";
import { loadMaskFiller } from "../generate/fillMask.js";
import { command } from "./command.js";
import { modelPlace } from "./hub.js";
import { deviceFlags } from "./sampling.js";

const FillMaskSchema = z.strictObject({
  model: z.string().describe("the folder of a masked language model, or hf:org/name of the hub"),
  text: z.string().describe("with the model's mask, [MASK] or <mask>, where a word is wanted"),
  top: z.int().positive().default(5).describe("how many words a mask"),
  json: z.boolean().default(false).describe("one JSON object a mask"),
  ...deviceFlags,
});

export const fillMaskCommand = command({
  name: "fill-mask",
  summary: "the likeliest words behind a mask",
  schema: FillMaskSchema,
  positional: [{ key: "model", required: true }],
  groups: { Machine: Object.keys(deviceFlags) },
  examples: ['cygnet fill-mask models/bert-base-uncased --text "The [MASK] sleeps in the wood."'],
  async run(given, io) {
    const { model, text, top, json, device, compute } = FillMaskSchema.parse(given);
    const onWarning = (warning: string) => io.err.write(`${warning}\n`);
    const filler = loadMaskFiller(await modelPlace(model, io), { device, compute, onWarning });
    try {
      for (const [i, fills] of filler.fillMask(text, { top }).entries()) {
        if (json) io.out.write(`${JSON.stringify({ mask: i, fills })}\n`);
        else
          for (const { probability, text: filled } of fills)
            io.out.write(`${probability.toFixed(4)}  ${filled}\n`);
      }
    } finally {
      filler.dispose();
    }
  },
});
