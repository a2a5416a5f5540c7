/** @file Stop strings in text that comes in pieces. What might be the beginning of a stop string is held back until that is
 *  decided, so nothing is shown that has to be taken back. The stop string that is complete first ends the text (of two
 *  that are complete at the same character the longer one), whatever the pieces were. */

export interface StopMatcher {
  /** Text that is certain now. After a stop it is what stood before it, and `stop` says which. */
  push(piece: string): { readonly text: string; readonly stop?: string };
  /** What was held back, when nothing more comes. */
  end(): string;
}

export function createStopMatcher(stops: readonly string[]): StopMatcher {
  const wanted = stops.filter((s) => s !== "");
  let held = "";
  return {
    push(piece) {
      const all = held + piece;
      const found = firstComplete(all, wanted);
      if (found !== undefined) {
        held = "";
        return { text: all.slice(0, found.at), stop: found.stop };
      }
      const keep = undecided(all, wanted);
      held = all.slice(all.length - keep);
      return { text: all.slice(0, all.length - keep) };
    },
    end() {
      const rest = held;
      held = "";
      return rest;
    },
  };
}

function firstComplete(text: string, stops: readonly string[]): { stop: string; at: number } | undefined {
  let best: { stop: string; at: number } | undefined;
  for (const stop of stops) {
    const at = text.indexOf(stop);
    if (at < 0) continue;
    const later = best === undefined ? -1 : at + stop.length - (best.at + best.stop.length);
    if (later < 0 || (later === 0 && at < best!.at)) best = { stop, at };
  }
  return best;
}

/** Length of the longest end of `text` with which some stop string begins. */
function undecided(text: string, stops: readonly string[]): number {
  let longest = 0;
  for (const stop of stops) {
    for (let n = Math.min(stop.length - 1, text.length); n > longest; n--) {
      if (text.endsWith(stop.slice(0, n))) {
        longest = n;
        break;
      }
    }
  }
  return longest;
}
