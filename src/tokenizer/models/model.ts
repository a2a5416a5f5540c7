/** @file The contract of a model: a piece of text to tokens. */

export interface TokenSink {
  /** A token for units [start, end) of the piece; `text` where it is not the vocabulary's spelling of the id. */
  add(id: number, start: number, end: number, text?: string): void;
}

export interface Model {
  /** Throws UserError where the vocabulary cannot spell the piece. */
  tokenize(piece: string, sink: TokenSink): void;
}

/** Made when it is first needed: byte-level models have a faster way to ids, and often need no other. */
export function lazy(make: () => Model): Model {
  let model: Model | undefined;
  return {
    tokenize(piece, sink) {
      model ??= make();
      model.tokenize(piece, sink);
    },
  };
}

/** Keeps what was found for short pieces, which come again and again. Bounded: emptied when full, which changes speed
 *  only. */
export function cached(model: Model, longest = 64, most = 1 << 15): Model {
  interface Known {
    readonly ids: number[];
    readonly ends: number[];
    readonly texts: (string | undefined)[];
  }
  const known = new Map<string, Known>();
  return {
    tokenize(piece, sink) {
      if (piece.length > longest) return model.tokenize(piece, sink);
      let found = known.get(piece);
      if (found === undefined) {
        found = { ids: [], ends: [], texts: [] };
        const { ids, ends, texts } = found;
        model.tokenize(piece, {
          add(id, start, end, text) {
            ids.push(id);
            ends.push(start, end);
            texts.push(text);
          },
        });
        if (known.size >= most) known.clear();
        known.set(piece, found);
      }
      const { ids, ends, texts } = found;
      for (let i = 0; i < ids.length; i++) sink.add(ids[i]!, ends[2 * i]!, ends[2 * i + 1]!, texts[i]);
    },
  };
}
