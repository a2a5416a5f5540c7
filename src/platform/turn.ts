/** @file A turn for everything else: signals, timers, drawing. Costs some microseconds, so a loop may take one a step. */

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}
