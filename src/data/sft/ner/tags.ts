/** @file Tags of words, and the entities they spell. A tag is `O` or a position and a type (`B-PER`); which positions there
 *  are, and where an entity begins and ends, is a scheme's matter (Ramshaw & Marcus 1995; Ratinov & Roth 2009):
 *    IOB1   I inside, B only where an entity follows one of its type       IOE1, IOE2  the same with ends
 *    IOB2   B first, I behind it                                           IOBES  B I E, S for one word; BILOU  B I L, U
 *  Read leniently, as conlleval does, every change of type or B, S begins one and any tag but O may; read strictly, a run
 *  that its scheme does not allow is none. */

import { UserError } from "../../../platform/errors.js";

export const TAG_SCHEMES = ["IOB1", "IOB2", "IOE1", "IOE2", "IOBES", "BILOU"] as const;
export type TagScheme = (typeof TAG_SCHEMES)[number];

/** Words [start, end) that are one entity. */
export interface Entity {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

interface Tag {
  readonly position: string;
  /** `_` where the tag names none. */
  readonly type: string;
}

const OUTSIDE: Tag = { position: "O", type: "_" };

const TAG = /^([BIESLU])(?:-(.*))?$/su;

export function isTag(tag: string): boolean {
  return tag === "O" || TAG.test(tag);
}

/** Throws UserError `tag-invalid`. */
function parseTag(tag: string): Tag {
  if (tag === "O") return OUTSIDE;
  const match = TAG.exec(tag);
  if (match === null)
    throw new UserError({
      code: "tag-invalid",
      message: "is no tag of an entity",
      found: tag,
      expected: "O, or B-, I-, E-, S-, L- or U- and a type, such as B-PER",
      fix: "mend the tag, or name the column that holds the tags",
    });
  return { position: match[1]!, type: match[2] || "_" };
}

/** What conlleval and seqeval's default mode count, IOBES included; and BILOU read as IOBES, where seqeval joins entities that
 *  stand side by side. Throws UserError `tag-invalid`. */
export function lenientEntities(tags: readonly string[]): Entity[] {
  const entities: Entity[] = [];
  let open: { type: string; start: number } | undefined;
  let before = OUTSIDE;
  const close = (end: number) => {
    if (open !== undefined) entities.push({ ...open, end });
    open = undefined;
  };
  tags.forEach((spelled, i) => {
    const tag = parseTag(spelled);
    const goesOn = open?.type === tag.type && /[IEL]/.test(tag.position) && !/[ESLU]/.test(before.position);
    if (!goesOn) {
      close(i);
      if (tag.position !== "O") open = { type: tag.type, start: i };
    }
    before = tag;
  });
  close(tags.length);
  return entities;
}

/** Whether the types of two tags have to be the same, to differ, or neither matters. */
type Relation = "same" | "other" | "any";
/** Positions before and now, and how the types relate. */
type Pattern = readonly [before: string, now: string, relation: Relation];

interface Rules {
  readonly positions: string;
  /** The tag begins an entity · goes on with it · the tag before ended one. */
  readonly begins: readonly Pattern[];
  readonly goesOn: readonly Pattern[];
  readonly ends: readonly Pattern[];
}

const ANY = "OBIESLU";

/** As seqeval has them, oddities too: in IOB1 a B behind O begins nothing (the scheme has no need of one there), in IOE1 an E
 *  alone ends only where an entity of its type follows. */
const RULES: Readonly<Record<TagScheme, Rules>> = {
  IOB1: {
    positions: "OIB",
    begins: [
      ["OB", "I", "any"],
      ["I", "I", "other"],
      ["IB", "B", "same"],
    ],
    goesOn: [["BI", "I", "same"]],
    ends: [
      ["BI", "I", "other"],
      ["BI", "O", "any"],
      ["I", "B", "any"],
      ["B", "B", "same"],
    ],
  },
  IOB2: {
    positions: "OIB",
    begins: [[ANY, "B", "any"]],
    goesOn: [["BI", "I", "same"]],
    ends: [
      ["BI", "OB", "any"],
      ["BI", "I", "other"],
    ],
  },
  IOE1: {
    positions: "OIE",
    begins: [
      ["OE", "I", "any"],
      ["I", "I", "other"],
      ["E", "E", "same"],
    ],
    goesOn: [["I", "IE", "same"]],
    ends: [
      ["I", "IE", "other"],
      ["I", "O", "any"],
      ["E", "IE", "same"],
    ],
  },
  IOE2: {
    positions: "OIE",
    begins: [
      ["OE", "IE", "any"],
      ["I", "IE", "other"],
    ],
    goesOn: [["I", "IE", "same"]],
    ends: [["E", ANY, "any"]],
  },
  IOBES: {
    positions: "OIBES",
    begins: [[ANY, "BS", "any"]],
    goesOn: [["BI", "IE", "same"]],
    ends: [["ES", ANY, "any"]],
  },
  BILOU: {
    positions: "OIBLU",
    begins: [[ANY, "BU", "any"]],
    goesOn: [["BI", "IL", "same"]],
    ends: [["LU", ANY, "any"]],
  },
};

/** What seqeval's strict mode counts. Throws UserError `tag-invalid`, also for a position that the scheme does not have. */
export function strictEntities(tags: readonly string[], scheme: TagScheme): Entity[] {
  const rules = RULES[scheme];
  const parsed = [...tags.map(parseTag), OUTSIDE];
  const alien = tags.find((_, i) => !rules.positions.includes(parsed[i]!.position));
  if (alien !== undefined)
    throw new UserError({
      code: "tag-invalid",
      message: `the scheme ${scheme} has no such tag`,
      found: alien,
      expected: `${[...rules.positions].join(", ")} before the type`,
      fix: "name the scheme that the tags are in",
    });
  const entities: Entity[] = [];
  for (let i = 0, before = OUTSIDE; i < parsed.length; before = parsed[i - 1]!) {
    const start = i++;
    if (!matches(rules.begins, before, parsed[start]!)) continue;
    while (matches(rules.goesOn, parsed[i - 1]!, parsed[i]!)) i++;
    if (matches(rules.ends, parsed[i - 1]!, parsed[i]!))
      entities.push({ type: parsed[start]!.type, start, end: i });
  }
  return entities;
}

function matches(patterns: readonly Pattern[], before: Tag, now: Tag): boolean {
  const same = before.type === now.type;
  return patterns.some(
    ([was, is, relation]) =>
      was.includes(before.position) &&
      is.includes(now.position) &&
      (relation === "any" || same === (relation === "same")),
  );
}

/** Tags in IOB2. The entities may not overlap and lie within `length` words. */
export function iob2Tags(entities: readonly Entity[], length: number): string[] {
  const tags = new Array<string>(length).fill("O");
  for (const { type, start, end } of entities)
    for (let i = start; i < end; i++) tags[i] = `${i === start ? "B" : "I"}-${type}`;
  return tags;
}
