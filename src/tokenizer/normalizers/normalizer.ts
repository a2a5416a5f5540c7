/** @file The contract of a normaliser: text to text, with the alignment kept. One that changes nothing returns its
 *  argument. */

import type { AlignedText } from "../text/aligned.js";

export type Normalizer = (text: AlignedText) => AlignedText;
