/** @file How text is cut into pieces before the model sees it. A splitter works on UTF-8 and writes where pieces end. */

/** Cuts `bytes[from, to)`, where `to` is the end of the text, and writes each piece's end into `ends` until that is full
 *  or the text is over; returns how many. A piece begins where the one before ends. `bytes[to]` must be 0. */
export type Splitter = (bytes: Uint8Array, from: number, to: number, ends: Int32Array) => number;

export type PatternName = "gpt2" | "gpt4";
