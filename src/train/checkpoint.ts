/** @file Checkpoints: all that the rest of a run depends on, so that it goes on to the same bits. Each is a folder of its
 *  own, written whole before `latest` is made to name it (a rename), so that a kill or a full disk leaves the one before
 *  in force. The two last are kept.
 *
 *  There is no generator of random numbers in here: weights, order of data and samples are functions of the seed and of a
 *  place that the loader's state holds. */

import { openSafetensors, readInto, writeSafetensors } from "../models/index.js";
import { UserError } from "../platform/errors.js";
import {
  exists,
  joinPath,
  listFolder,
  makeFolder,
  readJson,
  readText,
  remove,
  writeAtomic,
} from "../platform/files.js";
import type { Tensor } from "../tensor/index.js";

export interface TrainingState {
  readonly format: "cygnet-checkpoint/1";
  /** Steps done. */
  readonly step: number;
  /** Target tokens seen. */
  readonly tokens: number;
  /** Milliseconds spent by all processes so far. */
  readonly elapsedMs: number;
  /** The place in the data, as its loader tells it: JSON. */
  readonly loader: unknown;
  /** Optimiser steps, by parameter. */
  readonly counts: Readonly<Record<string, number>>;
  /** Updates of the average of the weights. */
  readonly averaged: number;
}

const LATEST = "latest";
const STATE = "state.json";
const TENSORS = "tensors.safetensors";
const KEPT = 2;

/** Writes a checkpoint below `folder` and returns its own folder. Throws UserError (`disk-full`, …), the one before intact. */
export function writeCheckpoint(
  folder: string,
  state: TrainingState,
  tensors: ReadonlyMap<string, Tensor>,
): string {
  const name = `step-${String(state.step).padStart(8, "0")}`;
  const own = joinPath(folder, name);
  if (latest(folder) === name) return own; // the same step gives the same bits: it is there already
  remove(own);
  makeFolder(own);
  try {
    writeSafetensors(joinPath(own, TENSORS), tensors);
    writeAtomic(joinPath(own, STATE), `${JSON.stringify(state)}\n`);
    writeAtomic(joinPath(folder, LATEST), `${name}\n`);
  } catch (error) {
    remove(own);
    throw error;
  }
  const all = listFolder(folder).filter((entry) => entry.startsWith("step-"));
  for (const old of all.filter((entry) => entry < name).slice(0, -(KEPT - 1))) remove(joinPath(folder, old));
  for (const stray of all.filter((entry) => entry > name)) remove(joinPath(folder, stray)); // of a write that was killed
  return own;
}

/** The folder of the checkpoint in force, or undefined where there is none yet. */
export function latestCheckpoint(folder: string): string | undefined {
  const name = latest(folder);
  return name === undefined ? undefined : joinPath(folder, name);
}

function latest(folder: string): string | undefined {
  const pointer = joinPath(folder, LATEST);
  return exists(pointer) ? readText(pointer).trim() : undefined;
}

/** Fills `tensors` and returns the rest. Throws UserError `checkpoint-damaged` where it is not of this run. */
export function readCheckpoint(own: string, tensors: ReadonlyMap<string, Tensor>): TrainingState {
  const file = joinPath(own, STATE);
  const state = readJson(file) as TrainingState;
  if (state.format !== "cygnet-checkpoint/1")
    throw damaged(file, "is no checkpoint of this version", state.format);
  const weights = joinPath(own, TENSORS);
  const stored = openSafetensors(weights);
  try {
    for (const [name, tensor] of tensors) {
      const found = stored.tensors.get(name);
      if (found === undefined) throw damaged(weights, `has no tensor ${name}`);
      if (String(found.shape) !== String(tensor.shape))
        throw damaged(weights, `has another shape for ${name}`, `[${found.shape}]`, `[${tensor.shape}]`);
      readInto(tensor, found);
    }
  } finally {
    stored.close();
  }
  return state;
}

function damaged(file: string, message: string, found?: unknown, expected?: unknown): UserError {
  return new UserError({
    code: "checkpoint-damaged",
    file,
    message,
    found,
    expected,
    fix: "name the checkpoint before it in `latest`, or begin anew with --overwrite",
  });
}
