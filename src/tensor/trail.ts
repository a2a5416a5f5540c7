/** @file Where a computation is, for messages: the places entered and not yet left, outermost first ("backward of linear",
 *  "layer 3"). Kept only by an engine that checks its numbers (see backends/checked/). */

export class Trail {
  private places: readonly string[] = [];

  /** The places by name, innermost first; "" outside of all. */
  get here(): string {
    return [...this.places].reverse().join(", ");
  }

  within<T>(place: string, fn: () => T): T {
    return this.from([...this.places, place], fn);
  }

  /** As `within`, for work of another place than that of the call: a backward belongs where its forward was. */
  at<T>(place: string, fn: () => T): T {
    return this.from([place], fn);
  }

  private from<T>(places: readonly string[], fn: () => T): T {
    const before = this.places;
    this.places = places;
    try {
      return fn();
    } finally {
      this.places = before;
    }
  }
}
