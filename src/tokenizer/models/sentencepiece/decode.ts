/** @file SentencePiece's way back: signs become spaces, but not in front of the text; control pieces are nothing, an unknown
 *  one its sign; bytes are characters, a bad one U+FFFD. (google/sentencepiece, sentencepiece_processor.cc, Decode.) */

import { unknownTokenId } from "../../decoders/unknownTokenId.js";
import type { Decoding } from "../../decoding.js";
import type { SentencePieceModel } from "../../files/sentencePieceProto.js";
import { SPACE_SIGN } from "./normalize.js";

export function sentencePieceDecoding(model: SentencePieceModel): Decoding {
  const streamDecoder: Decoding["streamDecoder"] = () => {
    const bytes: number[] = [];
    let atStart = true;
    let signSeen = false;
    let empty = true;
    const give = (text: string): string => {
      if (text !== "") empty = false;
      return text;
    };
    return {
      push(id) {
        const piece = pieceOf(model, id);
        if (piece.type === "byte") {
          bytes.push(Number.parseInt(piece.piece.slice(3, 5), 16));
          return "";
        }
        const before = give(charactersOf(bytes));
        if (signSeen || !empty) atStart = false;
        signSeen = false;
        if (piece.type === "control") return before;
        if (piece.type === "unknown") return before + give(model.unkSurface);
        let text = piece.piece;
        if (
          atStart &&
          (model.addDummyPrefix || model.removeExtraWhitespaces) &&
          text.startsWith(SPACE_SIGN)
        ) {
          text = text.slice(1);
          signSeen = !model.removeExtraWhitespaces;
        }
        return before + give(text.replaceAll(SPACE_SIGN, " "));
      },
      end: () => charactersOf(bytes),
    };
  };
  return {
    streamDecoder,
    decode(ids) {
      const stream = streamDecoder();
      let text = "";
      for (let i = 0; i < ids.length; i++) text += stream.push(ids[i]!);
      return text + stream.end();
    },
    tokenBytes(id) {
      const { piece, type } = pieceOf(model, id);
      if (type === "byte") return Uint8Array.of(Number.parseInt(piece.slice(3, 5), 16));
      const text =
        type === "control" ? "" : type === "unknown" ? model.unkSurface : piece.replaceAll(SPACE_SIGN, " ");
      return new TextEncoder().encode(text);
    },
  };
}

function pieceOf(model: SentencePieceModel, id: number): SentencePieceModel["pieces"][number] {
  const piece = model.pieces[id];
  if (piece !== undefined) return piece;
  throw unknownTokenId(id, model.pieces.length);
}

/** Takes the bytes out and gives their text; a byte that begins no character is U+FFFD. */
function charactersOf(bytes: number[]): string {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at]!;
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    let character = "\ufffd";
    try {
      character = strict.decode(Uint8Array.from(bytes.slice(at, at + length)));
      at += length;
    } catch {
      at++;
    }
    text += character;
  }
  bytes.length = 0;
  return text;
}
