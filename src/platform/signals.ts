/** @file Ctrl-C and a polite kill, as a request to stop: the first is handed to the listener, which finishes what must be
 *  finished; a second one ends the process at once. A write beyond the limit on file sizes (ulimit -f) becomes an error
 *  of that write instead of the end of the process. */

const STOP = ["SIGINT", "SIGTERM"] as const;
export type StopSignal = (typeof STOP)[number];

/** Exit code of a process ended by the signal, by convention. */
export const SIGNAL_EXIT: Record<StopSignal, number> = { SIGINT: 130, SIGTERM: 143 };

/** Under npm, one Ctrl-C arrives twice: from the terminal, and handed on by npm. Milliseconds. */
const ECHO = 1000;

/** Calls `listener` at the first signal; returns the function that ends listening. */
export function onStop(listener: (signal: StopSignal) => void): () => void {
  let first = Number.NEGATIVE_INFINITY;
  const handlers = STOP.map((signal) => {
    const handler = () => {
      const now = performance.now();
      if (now - first < ECHO) return;
      if (first > 0) process.exit(SIGNAL_EXIT[signal]);
      first = now;
      listener(signal);
    };
    process.on(signal, handler);
    return [signal, handler] as const;
  });
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}

/** From here on a write beyond the limit on file sizes fails with EFBIG (which files.ts explains). */
export function surviveFileSizeLimit(): void {
  if (process.platform !== "win32") process.on("SIGXFSZ", () => {});
}
