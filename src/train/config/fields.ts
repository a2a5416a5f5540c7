/** @file Words shared by the recipe's parts: every field says in a sentence what it does; that sentence is its help. */

import { z } from "zod";

export const positive = () => z.number().positive();
export const count = () => z.int().positive();
export const share = () => z.number().min(0).max(1);
export const chance = () => z.number().min(0).lt(1);
/** A file, a folder or several. */
export const paths = () => z.union([z.string(), z.array(z.string()).min(1)]);
