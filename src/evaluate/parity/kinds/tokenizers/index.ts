/** @file All kinds of cases about tokenizers. */

import type { CaseKind } from "../kind.js";
import { badTokenizers } from "./bad.js";
import { chatKind } from "./chat.js";
import { componentKinds } from "./components.js";
import { corporaKind } from "./corpora.js";
import { encodeKind } from "./encode.js";
import { sentencePieceKind, tiktokenKind } from "./files.js";
import { folderKind } from "./folder.js";
import { trainKind } from "./train.js";

export const tokenizerKinds: readonly CaseKind[] = [
  ...componentKinds,
  encodeKind,
  badTokenizers,
  tiktokenKind,
  sentencePieceKind,
  folderKind,
  trainKind,
  chatKind,
  corporaKind,
];
