/** @file Cases of kind `corpora`: the training texts are those that the vocabularies were learnt from. */

import { readBytes, sha256 } from "../../../../platform/files.js";
import type { CaseKind } from "../kind.js";
import { createDifferences } from "./rows.js";

export const corporaKind: CaseKind = {
  name: "corpora",
  matches: (json) => json.kind === "corpora",
  *run(context) {
    const files = context.json.files as Record<string, { bytes: number; sha256: string }>;
    for (const [name, expected] of Object.entries(files)) {
      const bytes = readBytes(context.path(name));
      const d = createDifferences();
      d.same("bytes", bytes.length, expected.bytes);
      d.same("sha256", sha256(bytes), expected.sha256);
      yield d.result(name);
    }
  },
};
