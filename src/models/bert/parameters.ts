/** @file The table of parameters of BERT and its relatives: body and head under their published names, and the names that
 *  older files have for them. A body alone is published without its prefix. */

import { labelCountOf } from "../configFields.js";
import type { EncoderHead } from "../encoderModel.js";
import { normal, ones, type ParameterRow, type ParameterTable, zeros } from "../family.js";
import { type BertConfig, type BertShape, type DistilBertConfig, shapeOf } from "./config.js";
import { HEADS } from "./names.js";

/** Name of a part of the body. */
export function bodyName(shape: BertShape, head: EncoderHead, name: string): string {
  return head === "none" ? name : `${shape.names.prefix}.${name}`;
}

/** BERT's pooler stands under the heads that read it, and under none. */
export function hasPooler(shape: BertShape, head: EncoderHead): boolean {
  return (
    shape.names.pooler !== undefined &&
    (head === "none" ||
      head === "pretraining" ||
      (head === "sequence" && shape.names.sequence.dense === "pooler"))
  );
}

export function bertParameters(c: BertConfig | DistilBertConfig, head: EncoderHead): ParameterTable {
  const shape = shapeOf(c);
  const { names, dim } = shape;
  const init = normal(c.initializer_range);
  const dense = (name: string, from: number, to: number): ParameterRow[] => [
    [`${name}.weight`, [to, from], init],
    [`${name}.bias`, [to], zeros],
  ];
  const norm = (name: string): ParameterRow[] => [
    [`${name}.weight`, [dim], ones],
    [`${name}.bias`, [dim], zeros],
  ];
  const layer = (l: string): ParameterRow[] => [
    ...[names.query, names.key, names.value, names.attended].flatMap((n) => dense(`${l}.${n}`, dim, dim)),
    ...norm(`${l}.${names.attendedNorm}`),
    ...dense(`${l}.${names.inner}`, dim, shape.inner),
    ...dense(`${l}.${names.outer}`, shape.inner, dim),
    ...norm(`${l}.${names.outerNorm}`),
  ];
  const body: ParameterRow[] = [
    ["embeddings.word_embeddings.weight", [shape.vocab, dim], init],
    ["embeddings.position_embeddings.weight", [shape.positions, dim], init],
    ...(shape.tokenTypes > 0
      ? [["embeddings.token_type_embeddings.weight", [shape.tokenTypes, dim], init] as const]
      : []),
    ...norm("embeddings.LayerNorm"),
    ...Array.from({ length: shape.layers }, (_, i) => layer(`${names.layers}.${i}`)).flat(),
  ];
  const pooler = hasPooler(shape, head) ? dense(names.pooler!, dim, dim) : [];
  const labels = labelCountOf(c);
  const tied = c.tie_word_embeddings;
  const { masked, sequence } = names;
  const words: ParameterRow[] = [
    ...dense(masked.dense, dim, dim),
    ...norm(masked.norm),
    ...(tied ? [] : [[`${masked.decoder}.weight`, [shape.vocab, dim], init] as const]),
    [masked.bias, [shape.vocab], zeros],
  ];
  const heads: Record<EncoderHead, ParameterRow[]> = {
    none: [],
    masked: words,
    pretraining: [...words, ...dense("cls.seq_relationship", dim, 2)],
    sequence: [
      ...(sequence.dense === "pooler" ? [] : dense(sequence.dense, dim, dim)),
      ...dense(sequence.out, dim, labels),
    ],
    token: dense("classifier", dim, labels),
  };
  const place = ([name, size, values]: ParameterRow): ParameterRow => [
    bodyName(shape, head, name),
    size,
    values,
  ];
  const isHead = new Set([...pooler.map(place), ...heads[head]].map(([name]) => name));
  const speaks = head === "masked" || head === "pretraining";
  return {
    rows: [...[...body, ...pooler].map(place), ...heads[head]],
    tied: {
      ...(speaks && tied
        ? { [`${masked.decoder}.weight`]: bodyName(shape, head, "embeddings.word_embeddings.weight") }
        : {}),
      ...(speaks && masked.bias !== `${masked.decoder}.bias`
        ? { [`${masked.decoder}.bias`]: masked.bias }
        : {}),
    },
    canonical(published) {
      const name = published
        .replace(/\bLayerNorm\.gamma$/, "LayerNorm.weight")
        .replace(/\bLayerNorm\.beta$/, "LayerNorm.bias");
      const prefix = `${names.prefix}.`;
      if (name.startsWith(prefix)) return bodyName(shape, head, name.slice(prefix.length));
      return HEADS.test(name) ? name : bodyName(shape, head, name);
    },
    ignored: (name) =>
      HEADS.test(name) ||
      /\bembeddings\.(position_ids|token_type_ids)$/.test(name) ||
      (names.pooler !== undefined && name.startsWith(bodyName(shape, head, `${names.pooler}.`))),
    absent: (name) => (!isHead.has(name) ? undefined : head === "none" ? "without" : "new"),
  };
}
