/** @file The browser's side of package.ts: the package's files are put below this folder in memory. */

export const packageRoot = (): string => "/cygnet";
