/** @file Reading safetensors files: the header at once, numbers by ranged reads when asked for. */

import { openRanged } from "../../platform/files.js";
import { readSafetensorsHeader } from "./safetensorsHeader.js";
import { bytesPerElement } from "./storedDtypes.js";
import type { StoredTensor, StoredTensors } from "./storedTensor.js";

/** Throws UserError that names the file and what is wrong with it. */
export function openSafetensors(file: string): StoredTensors {
  const ranged = openRanged(file);
  try {
    const header = readSafetensorsHeader(ranged, file);
    const tensors = header.entries.map(({ name, dtype, shape, position }): [string, StoredTensor] => {
      const width = bytesPerElement(dtype);
      const bytes = (from: number, count: number) => {
        const into = new Uint8Array(count * width);
        ranged.read(position + from * width, into);
        return into;
      };
      return [name, { name, dtype, shape, file, bytes }];
    });
    return { tensors: new Map(tensors), metadata: header.metadata, close: () => ranged.close() };
  } catch (error) {
    ranged.close();
    throw error;
  }
}
