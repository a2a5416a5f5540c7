/** @file The browser's side of native.ts: there is no environment and nothing native. */

export const environment = (_name: string): string | undefined => undefined;
export const processors = (): number =>
  (globalThis as { navigator?: { hardwareConcurrency?: number } }).navigator?.hardwareConcurrency ?? 1;
