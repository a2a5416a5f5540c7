/** @file The shifts of translation edit rate (Snover et al. 2006, section 3): a run of words that the reference has elsewhere
 *  moves there, as long as that lowers the edit distance. Which runs and places are tried, in which order they are preferred,
 *  and the beam round the diagonal are Tercom's, as sacrebleu has them: another choice is another score. */

const MOST_WORDS = 10;
const FURTHEST = 50;
const BEAM = 25;
/** Candidates looked at for one segment, after which nothing more is moved. */
const MOST_CANDIDATES = 1000;

const UNREACHED = 1_000_000_000;
/** Steps of an alignment; the order of preference is keep or replace, remove, insert. */
const KEEP = 0;
const REPLACE = 1;
const REMOVE = 2;
const INSERT = 3;

/** Cost and last step for each prefix of the hypothesis (rows) and of the reference. */
interface Table {
  readonly cost: Int32Array;
  readonly step: Uint8Array;
}

interface Shift {
  readonly gain: number;
  readonly length: number;
  readonly from: number;
  readonly to: number;
  readonly words: readonly string[];
}

/** How many runs were shifted, and the edit distance that is left. `reference` has at least one word. */
export function terShifts(
  hypothesis: readonly string[],
  reference: readonly string[],
): { shifts: number; distance: number } {
  const budget = { tried: 0 };
  let words = hypothesis;
  for (let shifts = 0; ; shifts++) {
    const table = editTable(words, reference);
    const best = bestShift(words, reference, table, budget);
    if (budget.tried >= MOST_CANDIDATES || best === undefined || best.gain <= 0)
      return { shifts, distance: table.cost.at(-1)! };
    words = best.words;
  }
}

function bestShift(
  words: readonly string[],
  reference: readonly string[],
  table: Table,
  budget: { tried: number },
): Shift | undefined {
  const before = table.cost.at(-1)!;
  const { place, wrongHere, wrongThere } = align(table, words.length, reference.length);
  const scratch: Table = { cost: table.cost.slice(), step: table.step.slice() };
  let best: Shift | undefined;
  for (const { from, there, length } of commonRuns(words, reference)) {
    if (!wrongHere.slice(from, from + length).includes(1)) continue;
    if (!wrongThere.slice(there, there + length).includes(1)) continue;
    if (place[there]! >= from && place[there]! < from + length) continue;
    let previous = -1;
    for (let offset = -1; offset < length; offset++) {
      const to = there + offset < 0 ? 0 : place[there + offset]! + 1;
      if (to === previous) continue;
      previous = to;
      const moved = move(words, from, length, to);
      // Up to where the move begins, the rows are those of the words before it.
      const start = Math.min(from, to);
      scratch.cost.set(table.cost.subarray(0, (start + 1) * (reference.length + 1)));
      fill(scratch, moved, reference, start);
      const candidate = { gain: before - scratch.cost.at(-1)!, length, from, to, words: moved };
      budget.tried++;
      if (best === undefined || preferred(candidate, best)) best = candidate;
    }
    if (budget.tried >= MOST_CANDIDATES) break;
  }
  return best;
}

/** The greatest gain, then the longest run, the first run, the first place. */
function preferred(a: Shift, b: Shift): boolean {
  if (a.gain !== b.gain) return a.gain > b.gain;
  if (a.length !== b.length) return a.length > b.length;
  if (a.from !== b.from) return a.from < b.from;
  return a.to < b.to;
}

/** Runs of words at `from` that the reference has at `there`. */
function* commonRuns(
  words: readonly string[],
  reference: readonly string[],
): Generator<{ from: number; there: number; length: number }> {
  for (let from = 0; from < words.length; from++)
    for (
      let there = Math.max(0, from - FURTHEST);
      there < reference.length && there <= from + FURTHEST;
      there++
    ) {
      const most = Math.min(MOST_WORDS, words.length - from, reference.length - there);
      for (let length = 1; length <= most; length++) {
        if (words[from + length - 1] !== reference[there + length - 1]) break;
        yield { from, there, length };
      }
    }
}

/** The words with `length` of them, from `from` on, taken out and put in at `to`. */
function move(words: readonly string[], from: number, length: number, to: number): string[] {
  const run = words.slice(from, from + length);
  const rest = [...words.slice(0, from), ...words.slice(from + length)];
  // A place behind the run is counted with the run left in; one within it, in the rest.
  const at = to > from + length ? to - length : to;
  return [...rest.slice(0, at), ...run, ...rest.slice(at)];
}

function editTable(words: readonly string[], reference: readonly string[]): Table {
  const width = reference.length + 1;
  const table: Table = {
    cost: new Int32Array((words.length + 1) * width),
    step: new Uint8Array((words.length + 1) * width),
  };
  for (let j = 0; j < width; j++) {
    table.cost[j] = j;
    table.step[j] = INSERT;
  }
  fill(table, words, reference, 0);
  return table;
}

/** Rows behind `start`, near the diagonal alone. */
function fill(
  { cost, step }: Table,
  words: readonly string[],
  reference: readonly string[],
  start: number,
): void {
  const width = reference.length + 1;
  const ratio = reference.length / words.length;
  const beam = BEAM < ratio / 2 ? Math.ceil(ratio / 2 + BEAM) : BEAM;
  cost.fill(UNREACHED, (start + 1) * width);
  for (let i = start + 1; i <= words.length; i++) {
    const middle = Math.floor(i * ratio);
    const end = i === words.length ? width : Math.min(width, middle + beam);
    const [row, above] = [i * width, (i - 1) * width];
    for (let j = Math.max(0, middle - beam); j < end; j++) {
      let best = UNREACHED;
      const offer = (price: number, how: number) => {
        if (price >= best) return;
        best = price;
        step[row + j] = how;
      };
      if (j > 0) {
        const same = words[i - 1] === reference[j - 1];
        offer(cost[above + j - 1]! + (same ? 0 : 1), same ? KEEP : REPLACE);
      }
      offer(cost[above + j]! + 1, REMOVE);
      if (j > 0) offer(cost[row + j - 1]! + 1, INSERT);
      cost[row + j] = best;
    }
  }
}

/** For each word of the reference the word of the hypothesis at or before it (-1: none), and which words of both are wrong. */
function align(
  { step }: Table,
  words: number,
  reference: number,
): { place: Int32Array; wrongHere: Uint8Array; wrongThere: Uint8Array } {
  const place = new Int32Array(reference);
  const wrongHere = new Uint8Array(words);
  const wrongThere = new Uint8Array(reference);
  for (let i = words, j = reference; i > 0 || j > 0; ) {
    const how = step[i * (reference + 1) + j]!;
    if (how !== INSERT) i--;
    if (how !== REMOVE) j--;
    if (how !== INSERT) wrongHere[i] = how === KEEP ? 0 : 1;
    if (how !== REMOVE) {
      place[j] = how === INSERT ? i - 1 : i;
      wrongThere[j] = how === KEEP ? 0 : 1;
    }
  }
  return { place, wrongHere, wrongThere };
}
