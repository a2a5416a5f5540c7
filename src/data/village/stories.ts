/** @file Stories by number: story i of a seed is a function of (seed, i) alone. A world is drawn, a plot makes its facts,
 *  the facts are told, and the record keeps who, where, what, why and how it ended. */

import { createRandom } from "../random.js";
import { close } from "./frame.js";
import { titleCase } from "./grammar.js";
import type { Feeling } from "./plot.js";
import { PLOTS } from "./plots/index.js";
import { createTeller, type PhraseCache } from "./tell.js";
import { createWorld, type Setting } from "./world.js";

/** Changes whenever the same seed would give other stories. */
export const VILLAGE_VERSION = 1;

export interface StoryEvent {
  readonly who: string;
  /** What happened, past, without the subject: "lost the kite". */
  readonly did: string;
  /** A clause that says why. */
  readonly because?: string;
}

export interface StoryRecord {
  readonly id: string;
  readonly seed: number;
  readonly index: number;
  readonly title: string;
  readonly plot: string;
  /** The hero first. */
  readonly characters: readonly {
    readonly name: string;
    readonly kind: string;
    readonly traits: readonly string[];
  }[];
  readonly setting: Setting;
  readonly place: string;
  readonly thing: string;
  /** What happened, in order. */
  readonly events: readonly StoryEvent[];
  /** What set it off, a clause. */
  readonly cause: string;
  readonly ending: { readonly feeling: Feeling; readonly how: string };
  /** What was learned, where the story says it: a clause after "that". */
  readonly moral?: string;
}

export interface Story {
  readonly text: string;
  readonly record: StoryRecord;
}

/** Story `index` of `seed`. `cache` speeds up many calls. */
export function storyAt(seed: number, index: number, cache: PhraseCache = new Map()): Story {
  const random = createRandom(seed, index);
  const world = createWorld(random);
  const { season, time } = world.setting;
  const plot = world.pick(
    PLOTS.filter((p) => p.seasons?.includes(season) !== false && (time !== "evening" || p.evening === true)),
  );
  const scene = plot.scene(world);
  const t = createTeller(random, scene.vars, cache);
  scene.tell(t);
  const moral = close(t, scene, world);
  const record: StoryRecord = {
    id: `village-${seed}-${index}`,
    seed,
    index,
    title: titleCase(t.plain(scene.title)),
    plot: plot.kind,
    characters: t.people().map(({ name, kind, traits }) => ({ name, kind, traits })),
    setting: world.setting,
    place: scene.place,
    thing: t.plain(scene.thing),
    events: scene.facts.map(({ who, did, because }) => ({
      who: who.name,
      did: t.plain(did),
      ...(because === undefined ? {} : { because: t.plain(because) }),
    })),
    cause: t.plain(scene.cause),
    ending: { feeling: scene.ending.feeling, how: t.plain(scene.ending.how) },
    ...(moral === undefined ? {} : { moral }),
  };
  return { text: t.text(), record };
}

export type StoriesOptions = { readonly seed: number; readonly from?: number } & (
  | { readonly count: number; readonly bytes?: undefined }
  | { readonly bytes: number; readonly count?: undefined }
);

/** `count` stories, or as many as reach `bytes` of text, from number `from` (0) on. All of it is ASCII. */
export function* generateStories(options: StoriesOptions): Generator<Story> {
  const cache: PhraseCache = new Map();
  let bytes = 0;
  for (
    let i = options.from ?? 0, n = 0;
    options.count === undefined ? bytes < options.bytes : n < options.count;
    i++, n++
  ) {
    const story = storyAt(options.seed, i, cache);
    bytes += story.text.length;
    yield story;
  }
}
