/** @file All plots, by hand in one list. */

import type { Plot } from "../plot.js";
import { fear } from "./fear.js";
import { gift } from "./gift.js";
import { growing } from "./growing.js";
import { help } from "./help.js";
import { journey } from "./journey.js";
import { lost } from "./lost.js";
import { meal } from "./meal.js";
import { mended } from "./mended.js";
import { mystery } from "./mystery.js";
import { newcomer } from "./newcomer.js";
import { promise } from "./promise.js";
import { quarrel } from "./quarrel.js";
import { skill } from "./skill.js";
import { storm } from "./storm.js";
import { surprise } from "./surprise.js";

export const PLOTS: readonly Plot[] = [
  lost,
  mended,
  fear,
  promise,
  meal,
  help,
  quarrel,
  journey,
  growing,
  surprise,
  skill,
  mystery,
  newcomer,
  gift,
  storm,
];
