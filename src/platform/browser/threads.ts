/** @file The browser's side of threads.ts: an import map does not reach into a page's workers, so there are none. */

import { UserError } from "../errors.js";
import type { Thread } from "../threads.js";

export function startThread<Request, Reply>(module: string, _start: unknown): Thread<Request, Reply> {
  return requireThreads(module);
}

export function requireThreads(module: string): never {
  throw new UserError({
    code: "threads-unavailable",
    at: module,
    message: "cannot run in a thread of a page",
    fix: "use one worker",
  });
}
