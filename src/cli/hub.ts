/** @file A model named in a command: a place on disk as it is, one of the hub downloaded before, with a line of progress.
 *  Ctrl-C stops; the same command goes on from there. */

import {
  type DownloadOptions,
  type DownloadProgress,
  downloadConfig,
  downloadModel,
  isHubPlace,
} from "../models/hub/index.js";
import { onStop, SIGNAL_EXIT } from "../platform/signals.js";
import type { Io } from "./io.js";
import { StoppedError } from "./program.js";
import { duration } from "./views/format.js";
import { progressLine } from "./views/progressLine.js";

/** `folder`: where a model of the hub goes, instead of the cache. */
export async function modelPlace(model: string, io: Io, folder?: string): Promise<string> {
  return isHubPlace(model) ? fetched(io, (options) => downloadModel(model, { ...options, folder })) : model;
}

/** For what looks at a model's configuration alone: of the hub's, config.json is fetched and nothing else. */
export async function configPlace(model: string, io: Io): Promise<string> {
  return isHubPlace(model) ? fetched(io, (options) => downloadConfig(model, options)) : model;
}

async function fetched(io: Io, fetch: (options: DownloadOptions) => Promise<string>): Promise<string> {
  const stop = new AbortController();
  const quiet = onStop((signal) => {
    io.err.write(`\nstopped; what has come is kept, and the same command goes on from there\n`);
    stop.abort(new StoppedError(SIGNAL_EXIT[signal]));
  });
  const line = progressLine(io.err);
  const onNote = (note: string) => {
    line.clear();
    io.err.write(`${note}\n`);
  };
  try {
    return await fetch({ onNote, onProgress: shower(line.show), signal: stop.signal });
  } finally {
    line.clear();
    quiet();
  }
}

/** Bytes, speed, and how long it may still take, of what came since the start. */
export function shower(
  show: (text: string) => void,
  now: () => number = () => performance.now(),
): (progress: DownloadProgress) => void {
  let start: { readonly at: number; readonly bytes: number } | undefined;
  return ({ file, bytes, size }) => {
    start ??= { at: now(), bytes };
    const rate = (bytes - start.bytes) / Math.max(1, now() - start.at); // kB/s
    const mb = (n: number) => (n / 1e6).toFixed(n < 1e8 ? 1 : 0);
    const left =
      rate > 0 ? `, ${(rate / 1000).toFixed(1)} MB/s, ${duration((size - bytes) / rate)} left` : "";
    show(`${file}: ${mb(bytes)} of ${mb(size)} MB${left}`);
  };
}
