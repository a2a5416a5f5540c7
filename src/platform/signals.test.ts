import { expect, test } from "vitest";
import { onStop } from "./signals.js";

test("the first signal is a request, its echo is none, and nothing is left listening", () => {
  const before = process.listenerCount("SIGTERM");
  const seen: string[] = [];
  const quiet = onStop((signal) => seen.push(signal));
  process.emit("SIGTERM");
  process.emit("SIGTERM");
  expect(seen).toEqual(["SIGTERM"]);
  quiet();
  expect(process.listenerCount("SIGTERM")).toBe(before);
});
