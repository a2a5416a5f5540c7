/** @file Entities found against entities there are, as seqeval counts them (and conlleval, Tjong Kim Sang & De Meulder 2003):
 *  one counts when type, beginning and end are right. */

import { type Entity, lenientEntities, strictEntities, type TagScheme } from "../../data/index.js";
import { type Averages, averages, type Counts, type FScore, fScore } from "./fScores.js";

export interface EntityScores extends Averages {
  /** Share of tags that are right, O included. */
  readonly accuracy: number;
  /** By type, in order of their code units; types that only the prediction has too. */
  readonly types: Readonly<Record<string, FScore>>;
}

/** Tags of each sentence. `scheme`: what it does not allow is no entity (seqeval's strict mode); without one, tags are read
 *  leniently. Throws UserError `tag-invalid`, and where the sentences' lengths differ. */
export function entityScores(
  expected: readonly (readonly string[])[],
  predicted: readonly (readonly string[])[],
  scheme?: TagScheme,
): EntityScores {
  const odd = expected.findIndex((tags, i) => tags.length !== predicted[i]?.length);
  if (expected.length !== predicted.length || odd >= 0)
    throw new Error(
      `entityScores: ${expected.length} sentences, ${predicted.length} predicted; ${odd} differs`,
    );
  const entitiesOf = (tags: readonly string[]) =>
    scheme === undefined ? lenientEntities(tags) : strictEntities(tags, scheme);
  const scores = spanScores(expected.map(entitiesOf), predicted.map(entitiesOf));
  const right = expected.flatMap((tags, i) => tags.map((tag, j) => Number(tag === predicted[i]![j])));
  if (right.length === 0) throw new Error("entityScores: no word to measure");
  return { ...scores, accuracy: right.reduce((a, b) => a + b, 0) / right.length };
}

/** The same for entities that are known already: of words, or spans of characters. */
export function spanScores(
  expected: readonly (readonly Entity[])[],
  predicted: readonly (readonly Entity[])[],
): Omit<EntityScores, "accuracy"> {
  const keyOf = ({ type, start, end }: Entity) => `${start} ${end} ${type}`;
  const byType = new Map<string, { hits: number; predicted: number; actual: number }>();
  const of = (type: string) => {
    const counts = byType.get(type) ?? { hits: 0, predicted: 0, actual: 0 };
    byType.set(type, counts);
    return counts;
  };
  expected.forEach((entities, i) => {
    const there = new Set(entities.map(keyOf));
    const found = new Map((predicted[i] ?? []).map((entity) => [keyOf(entity), entity]));
    for (const entity of new Map(entities.map((e) => [keyOf(e), e])).values()) of(entity.type).actual++;
    for (const [key, { type }] of found) {
      of(type).predicted++;
      if (there.has(key)) of(type).hits++;
    }
  });
  const sorted: [string, Counts][] = [...byType].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    types: Object.fromEntries(sorted.map(([type, counts]) => [type, fScore(counts)])),
    ...averages(sorted.map(([, counts]) => counts)),
  };
}
