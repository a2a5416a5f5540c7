/** @file The small world before a story begins: who is in it, where and when, all drawn from one seed. */

import type { Random } from "../random.js";
import type { Person } from "./grammar.js";
import {
  ANIMAL_BOYS,
  ANIMAL_GIRLS,
  ANIMALS,
  BOYS,
  GIRLS,
  KIN,
  MEN,
  TRADES,
  TRAITS,
  WISE,
  WOMEN,
} from "./names.js";
import { SPOTS, type Spot, spotNamed } from "./places.js";

export type Season = "spring" | "summer" | "autumn" | "winter";

export interface Setting {
  readonly season: Season;
  readonly time: "morning" | "afternoon" | "evening";
  /** An adjective: "windy". */
  readonly weather: string;
}

type Row = Readonly<Record<string, string | boolean | readonly string[]>> & { readonly seasons?: string };

export interface World {
  readonly random: Random;
  pick<T>(from: readonly T[]): T;
  chance(probability: number): boolean;
  /** One of the rows (or phrases) that fit the season (`seasons`, words), with the choices `[a|b]` in it settled, so that
   *  facts and telling agree. */
  draw<T extends string | Row>(from: readonly T[]): T;
  /** One of the place's sights, or of its corners, that fits the season; undefined where none does. */
  sight(spot: Spot): string | undefined;
  corner(spot: Spot): string;
  readonly hero: Person;
  /** Where the hero lives: "in a den". */
  readonly home: string;
  /** The hero's gait, past, and for animals a part of the body that tells its feelings. */
  readonly moves: string;
  readonly part: string;
  readonly friend: Person;
  /** Someone grown-up or wise whom the hero knows. */
  readonly elder: Person;
  /** Someone with a trade. */
  readonly neighbor: Person;
  /** The neighbor's usual thing. */
  readonly tool: string;
  readonly setting: Setting;
  /** A place that fits; outdoors unless told. */
  place(fits?: (spot: Spot) => boolean): Spot;
  /** A place next to another. */
  beside(spot: Spot): Spot;
}

const HOMES = [
  "in a small house by the river",
  "in a yellow house with a green door",
  "in a cottage at the end of the lane",
  "above the bakery",
  "on a farm near the forest",
  "in a tall house on the square",
  "in a wooden house on the hill",
  "next to the school",
  "in a white house by the harbor",
  "in a brick house with a crooked chimney",
];

const TIMES = [
  "morning",
  "morning",
  "morning",
  "morning",
  "morning",
  "afternoon",
  "afternoon",
  "afternoon",
  "afternoon",
  "afternoon",
  "evening",
] as const;

const WEATHER: Record<Season, readonly string[]> = {
  spring: ["sunny", "windy", "rainy", "mild", "misty", "bright"],
  summer: ["hot", "sunny", "warm", "bright", "stormy", "dry"],
  autumn: ["windy", "foggy", "rainy", "cool", "golden", "gray"],
  winter: ["cold", "snowy", "frosty", "icy", "clear", "gray"],
};

/** What there is none of in winter. */
const SUMMERY =
  /butterfl|flower|frog|bees|dragonfl|swallow|dais|lark|leaves|leaf|peas|cherry|snail|lily|grass|warm|sw[ai]m|thrush|clover|cabbage|bean|mud|little waves|ran fast/i;

export function createWorld(random: Random): World {
  const pick = <T>(from: readonly T[]): T => from[random.below(from.length)]!;
  const chance = (probability: number) => random.uniform() < probability;
  const animal = chance(0.4);
  const female = chance(0.5);
  const season = pick(["spring", "summer", "autumn", "winter"] as const);
  const body = pick(ANIMALS);
  const hero = somebody(pick, female, animal ? body.kind : undefined, "");
  const friend = makeFriend(pick, chance, hero);
  return {
    random,
    pick,
    chance,
    draw: (from) =>
      settled(
        pick,
        pick(
          from.filter(
            (row) => typeof row === "string" || row.seasons === undefined || row.seasons.includes(season),
          ),
        ),
      ),
    sight: (spot) => {
      const sights = spot.sights.filter((s) => season !== "winter" || !SUMMERY.test(s));
      return sights.length === 0 ? undefined : pick(sights);
    },
    corner: (spot) => {
      const corners = spot.corners.filter((c) => season !== "winter" || !SUMMERY.test(c));
      return pick(corners.length === 0 ? spot.corners : corners);
    },
    hero,
    home: animal ? body.home : pick(HOMES),
    moves: animal ? body.moves : pick(["walked", "ran", "skipped", "hurried", "strolled"]),
    part: animal ? body.part : pick(["hands", "cheeks", "eyes", "knees"]),
    friend,
    elder: makeElder(pick, hero),
    ...makeNeighbor(pick),
    setting: { season, time: pick(TIMES), weather: pick(WEATHER[season]) },
    place: (fits = (spot) => spot.outdoors) => {
      for (;;) {
        const spot = pick(SPOTS);
        if (fits(spot)) return spot;
      }
    },
    beside: (spot) => spotNamed(pick(spot.near)),
  };
}

type Pick = <T>(from: readonly T[]) => T;

function settled<T>(pick: Pick, value: T): T {
  if (Array.isArray(value)) return value.map((part) => settled(pick, part)) as T;
  if (typeof value === "string") {
    let text: string = value;
    while (text.includes("["))
      text = text.replace(/\[([^[\]]*)\]/, (_, choices: string) => pick(choices.split("|")));
    return text as T;
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, settled(pick, part)])) as T;
}

function somebody(pick: Pick, female: boolean, animal: string | undefined, intro: string): Person {
  const name = animal === undefined ? pick(female ? GIRLS : BOYS) : pick(female ? ANIMAL_GIRLS : ANIMAL_BOYS);
  const first = pick(TRAITS);
  let second = pick(TRAITS);
  while (clash(first, second)) second = pick(TRAITS);
  return {
    type: "person",
    name,
    kind: animal ?? (female ? "girl" : "boy"),
    female,
    animal: animal !== undefined,
    traits: [first, second],
    intro: intro === "" ? name : intro,
  };
}

const CLASHES = [
  "quick sleepy",
  "sleepy eager",
  "sleepy lively",
  "shy brave",
  "shy proud",
  "shy lively",
  "silly clever",
  "silly thoughtful",
  "stubborn gentle",
  "quiet lively",
  "quick patient",
  "careful quick",
];

/** Whether two traits are the same or do not go together. */
function clash(a: string, b: string): boolean {
  return a === b || CLASHES.includes(`${a} ${b}`) || CLASHES.includes(`${b} ${a}`);
}

/** Mostly of the other sex, so that "he" and "she" tell them apart; an animal's friend is another animal. */
function makeFriend(pick: Pick, chance: (p: number) => boolean, hero: Person): Person {
  const female = chance(0.85) ? !hero.female : hero.female;
  const animal = hero.animal || chance(0.25);
  let friend: Person;
  do friend = somebody(pick, female, animal ? pick(ANIMALS).kind : undefined, "");
  while (friend.name === hero.name || (friend.kind === hero.kind && animal));
  const his = hero.female ? "her" : "his";
  const intro = animal
    ? `${friend.name} the ${friend.kind}`
    : pick([`${his} friend ${friend.name}`, `${his} best friend ${friend.name}`]);
  return { ...friend, intro };
}

function makeElder(pick: Pick, hero: Person): Person {
  const who = pick(hero.animal ? WISE : KIN);
  return {
    type: "person",
    ...who,
    animal: hero.animal,
    traits: [pick(["wise", "kind", "patient"])],
    intro: who.name,
  };
}

function makeNeighbor(pick: Pick): { neighbor: Person; tool: string } {
  const { kind, tool } = pick(TRADES);
  const female = pick([true, false]);
  const name = pick(female ? WOMEN : MEN);
  return {
    neighbor: {
      type: "person",
      name,
      kind,
      female,
      animal: false,
      traits: [pick(["busy", "jolly", "friendly", "old", "strong"])],
      intro: `${name} the ${kind}`,
    },
    tool,
  };
}
