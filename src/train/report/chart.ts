/** @file A line chart as inline SVG, drawn here so that a report needs no network and no library. */

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Which of the page's colours. */
  readonly tone: 1 | 2 | 3;
  /** Drawn faintly, as the noise behind another line. */
  readonly faint?: boolean;
}

export interface ChartOptions {
  readonly title: string;
  readonly unit: string;
  readonly series: readonly Series[];
  /** Logarithmic heights, where all values are above 0. */
  readonly log?: boolean;
}

const [WIDTH, HEIGHT] = [560, 230];
const MARGIN = { left: 52, right: 12, top: 12, bottom: 24 };
const MOST_POINTS = 500;

/** A figure with the chart, or an empty string where there is nothing to draw. */
export function chart({ title, unit, series, log = false }: ChartOptions): string {
  const shown = series
    .map((s) => ({ ...s, points: thin(s.points.filter(([, y]) => Number.isFinite(y) && (!log || y > 0))) }))
    .filter((s) => s.points.length > 0);
  if (shown.length === 0) return "";
  const xs = shown.flatMap((s) => s.points.map(([x]) => x));
  const ys = shown.flatMap((s) => s.points.map(([, y]) => y));
  const x = scale(least(xs), most(xs), MARGIN.left, WIDTH - MARGIN.right);
  const [low, high] = bounds(ys, log);
  const y = scale(height(low, log), height(high, log), HEIGHT - MARGIN.bottom, MARGIN.top);
  const parts = [
    ...ticks(low, high, 4).map(
      (t) =>
        `<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${at(y(height(t, log)))}" y2="${at(y(height(t, log)))}"/><text x="${MARGIN.left - 6}" y="${at(y(height(t, log)) + 4)}" text-anchor="end">${label(t)}</text>`,
    ),
    ...ticks(least(xs), most(xs), 5).map(
      (t) => `<text x="${at(x(t))}" y="${HEIGHT - 6}" text-anchor="middle">${label(t)}</text>`,
    ),
    ...shown.map((s) =>
      line(
        s,
        (value) => x(value),
        (value) => y(height(value, log)),
      ),
    ),
  ];
  const last = shown
    .filter((s) => s.faint !== true)
    .map((s) => `<span class="key tone${s.tone}">${escapeHtml(s.name)} ${label(s.points.at(-1)![1])}</span>`);
  return `<figure><figcaption>${escapeHtml(title)} <small>${escapeHtml(unit)}</small> ${last.join(" ")}</figcaption><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(title)}">${parts.join("")}</svg></figure>`;
}

function line(s: Series, x: (value: number) => number, y: (value: number) => number): string {
  const place = s.points.map(([a, b]) => `${at(x(a))},${at(y(b))}`).join(" ");
  const dots =
    s.points.length > 60
      ? ""
      : s.points
          .map(
            ([a, b]) =>
              `<circle class="tone${s.tone}" cx="${at(x(a))}" cy="${at(y(b))}" r="2.2"><title>step ${a}: ${label(b)}</title></circle>`,
          )
          .join("");
  return `<polyline class="tone${s.tone}${s.faint === true ? " faint" : ""}" points="${place}"/>${s.faint === true ? "" : dots}`;
}

/** At most MOST_POINTS points: each the mean of its neighbours, so that spikes still move the line. */
export function thin(points: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  if (points.length <= MOST_POINTS) return [...points];
  const width = points.length / MOST_POINTS;
  return Array.from({ length: MOST_POINTS }, (_, i) => {
    const bucket = points.slice(
      Math.floor(i * width),
      Math.max(Math.floor(i * width) + 1, Math.floor((i + 1) * width)),
    );
    return [bucket.at(-1)![0], bucket.reduce((sum, [, y]) => sum + y, 0) / bucket.length] as const;
  });
}

/** Exponential smoothing, without the pull of its beginning. */
export function smooth(
  points: readonly (readonly [number, number])[],
  keep = 0.95,
): (readonly [number, number])[] {
  let [mean, weight] = [0, 0];
  return points.map(([x, y]) => {
    mean = keep * mean + (1 - keep) * y;
    weight = keep * weight + (1 - keep);
    return [x, mean / weight] as const;
  });
}

function bounds(ys: readonly number[], log: boolean): [number, number] {
  // A few wild values (a loss before the first step, a spike of the norm) would flatten all the rest.
  const sorted = [...ys].sort((a, b) => a - b);
  const high = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.995))]!;
  const low = log ? sorted[0]! : Math.min(sorted[0]!, high);
  return low === high
    ? [low - Math.abs(low) * 0.05 - 1e-9, high + Math.abs(high) * 0.05 + 1e-9]
    : [low, high];
}

function height(value: number, log: boolean): number {
  return log ? Math.log(value) : value;
}

function scale(from: number, to: number, first: number, last: number): (value: number) => number {
  const span = to === from ? 1 : to - from;
  return (value) =>
    first +
    (Math.min(Math.max(value, Math.min(from, to)), Math.max(from, to)) - from) * ((last - first) / span);
}

/** About `count` round numbers from `low` to `high`. */
export function ticks(low: number, high: number, count: number): number[] {
  if (!(high > low)) return [low];
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= raw)!;
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
}

function label(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))} M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))} k`;
  return size !== 0 && size < 1e-3 ? value.toExponential(1) : String(Number(value.toPrecision(4)));
}

function at(value: number): string {
  return value.toFixed(1);
}

function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b));
}

function most(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b));
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ENTITIES[c]!);
}
