/** @file What files that name their holder have in common (lock.ts, lease.ts). */

import * as fs from "node:fs";
import { guard } from "./files.js";

/** The file appears with its contents, or not at all: false where there is one. `beside`: a name that nobody else uses. */
export function appears(file: string, beside: string, contents: string): boolean {
  guard(beside, () => fs.writeFileSync(beside, contents));
  try {
    fs.linkSync(beside, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  } finally {
    fs.rmSync(beside, { force: true });
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // it is somebody else's
  }
}
