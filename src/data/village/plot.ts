/** @file What a plot is: it draws the facts of its story from a world first (what happens, to whom, why), and then tells
 *  them. */

import type { Person, Vars } from "./grammar.js";
import type { Teller } from "./tell.js";
import type { Season, World } from "./world.js";

/** A fact: somebody did something. `did` and `because` are phrases in the past. */
export interface Fact {
  readonly who: Person;
  readonly did: string;
  readonly because?: string;
}

export type Feeling = "happy" | "proud" | "calm" | "grateful" | "wiser" | "sorry";

export interface Scene {
  /** Title, as a phrase. */
  readonly title: string;
  /** The thing that it is about, bare noun. */
  readonly thing: string;
  /** Name of the place where it happens. */
  readonly place: string;
  readonly vars: Vars;
  readonly facts: readonly Fact[];
  /** What set it off. */
  readonly cause: string;
  readonly ending: { readonly feeling: Feeling; readonly how: string };
  readonly morals: readonly string[];
  tell(t: Teller): void;
}

export interface Plot {
  readonly kind: string;
  /** Seasons it can happen in; all by default. */
  readonly seasons?: readonly Season[];
  /** Whether it can begin in the evening. */
  readonly evening?: boolean;
  scene(world: World): Scene;
}
