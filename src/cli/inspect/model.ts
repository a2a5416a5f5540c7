/** @file `cygnet inspect model`: a model's modules with shapes and parameters, its bytes and its arithmetic, from a folder, a
 *  config.json, the name of a published shape, or a model of the hub, of which config.json alone is fetched. Nothing is
 *  allocated. */

import { z } from "zod";
import {
  describeModel,
  findConfig,
  knownModels,
  type ModelDescription,
  type ModelNode,
} from "../../models/index.js";
import { command } from "../command.js";
import { configPlace } from "../hub.js";
import { amount } from "../views/format.js";
import { drawTable } from "../views/table.js";

const InspectModelSchema = z.strictObject({
  model: z
    .string()
    .describe(
      `a run's or model's folder, a config.json, a GGUF file, hf:org/name, or one of ${Object.keys(knownModels).join(", ")}`,
    ),
  context: z
    .int()
    .positive()
    .optional()
    .describe("tokens of a sequence; default what the model allows, at most 2048"),
  depth: z.int().nonnegative().default(9).describe("levels of modules shown"),
  json: z.boolean().default(false).describe("one JSON object instead of a picture"),
});

export const inspectModelCommand = command({
  name: "model",
  summary: "modules, shapes, parameters, memory and arithmetic of a model, without allocating it",
  schema: InspectModelSchema,
  positional: [{ key: "model", required: true }],
  examples: [
    "cygnet inspect model runs/village",
    "cygnet inspect model gpt3 --depth 3",
    "cygnet inspect model hf:HuggingFaceTB/SmolLM2-135M",
  ],
  async run(given, io) {
    const { model, context, depth, json } = InspectModelSchema.parse(given);
    const { config, file } = findConfig(await configPlace(model, io));
    const description = describeModel(config, {
      ...(context === undefined ? {} : { context }),
      ...(file === undefined ? {} : { file }),
    });
    io.out.write(json ? `${JSON.stringify(description)}\n` : draw(description, depth));
  },
});

/** 1.23 TFLOP. */
function flops(count: number): string {
  const [unit, size] = count >= 1e15 ? ["P", 1e15] : count >= 1e12 ? ["T", 1e12] : ["G", 1e9];
  return `${(count / (size as number)).toFixed(2)} ${unit}FLOP`;
}

export function draw(d: ModelDescription, depth: number): string {
  const gigabytes = (bytes: number) =>
    bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
  const rows: string[][] = [];
  const visit = (nodes: readonly ModelNode[], level: number): void => {
    for (const node of nodes) {
      const times = node.count > 1 ? ` (${node.count}×)` : "";
      const shape = node.shape === undefined ? "" : `[${node.shape.join(", ")}]`;
      rows.push([`${"  ".repeat(level)}${node.name}${times}`, shape, amount(node.count * node.parameters)]);
      if (level + 1 < depth) visit(node.children, level + 1);
    }
  };
  visit(d.tree, 0);
  const tied = Object.entries(d.tied).map(([name, of]) => `${name} = ${of}`);
  const facts = [
    ["parameters", `${amount(d.parameters)}${tied.length > 0 ? ` (shared: ${tied.join(", ")})` : ""}`],
    ["a token meets", `${amount(d.multiplied)} weights in products`],
    [
      "memory",
      `${gigabytes(d.bytes.f32)} in f32, ${gigabytes(d.bytes.bf16)} in bf16; training with AdamW ${gigabytes(4 * d.bytes.f32)} before activations`,
    ],
    [`forward of ${amount(d.context)} tokens`, flops(d.forwardFlops)],
    ...(d.cacheBytesPerToken === 0
      ? []
      : [
          [
            "keys and values",
            `${amount(d.cacheBytesPerToken)} bytes a token in f32, ${gigabytes(d.cacheBytesPerToken * d.context)} for ${amount(d.context)}`,
          ],
        ]),
  ];
  return `${d.architecture} (${d.modelType})\n\n${drawTable(rows)}\n${facts.map(([key, value]) => `${key!.padEnd(24)}${value}\n`).join("")}`;
}
