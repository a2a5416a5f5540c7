import { describe, expect, it } from "vitest";
import { type Entity, iob2Tags, lenientEntities, strictEntities, type TagScheme } from "./tags.js";

const spelled = (entities: readonly Entity[]) => entities.map((e) => `${e.type} ${e.start}-${e.end}`);
const lenient = (tags: string) => spelled(lenientEntities(tags.split(" ")));
const strict = (tags: string, scheme: TagScheme) => spelled(strictEntities(tags.split(" "), scheme));

describe("tags", () => {
  it.each([
    ["IOB1", "I-A I-A B-A O I-B"],
    ["IOB2", "B-A I-A B-A O B-B"],
    ["IOE2", "I-A E-A E-A O E-B"],
    ["IOBES", "B-A E-A S-A O S-B"],
    ["BILOU", "B-A L-A U-A O U-B"],
  ] as const)("%s spells the same entities in its own way", (scheme, tags) => {
    expect(strict(tags, scheme)).toEqual(["A 0-2", "A 2-3", "B 4-5"]);
    expect(lenient(tags)).toEqual(["A 0-2", "A 2-3", "B 4-5"]);
  });

  it("are forgiven leniently: I- begins, another type begins, an end is not missed", () => {
    expect(lenient("I-A I-B I-B O")).toEqual(["A 0-1", "B 1-3"]);
    expect(lenient("B-A I-A")).toEqual(["A 0-2"]);
    expect(lenient("E-A E-A")).toEqual(["A 0-1", "A 1-2"]);
    expect(lenient("O B O")).toEqual(["_ 1-2"]);
  });

  it("are no entity strictly where the scheme is broken", () => {
    expect(strict("I-A I-A O", "IOB2")).toEqual([]);
    expect(strict("B-A I-B O", "IOB2")).toEqual(["A 0-1"]);
    expect(strict("B-A I-A O", "IOBES")).toEqual([]);
    expect(strict("B-A I-A O", "BILOU")).toEqual([]);
  });

  it("keep hyphens in types", () => {
    expect(lenient("B-creative-work I-creative-work")).toEqual(["creative-work 0-2"]);
  });

  it("are refused where they are none, or of another scheme", () => {
    expect(() => lenient("O PER")).toThrow(/no tag of an entity; found "PER"/);
    expect(() => lenient("b-PER")).toThrow(/no tag/);
    expect(() => strict("B-A E-A", "IOB2")).toThrow(/IOB2 has no such tag; found "E-A"/);
  });

  it("come out as IOB2", () => {
    expect(iob2Tags(lenientEntities(["I-A", "E-A", "S-A", "O"]), 4)).toEqual(["B-A", "I-A", "B-A", "O"]);
  });
});
