/** @file The contract of a decoder: spellings of tokens to text, whole or as the tokens come. */

/** Takes tokens (or parts of one token) and gives tokens (or parts) on. */
export interface Stage {
  push(text: string, give: (text: string) => void): void;
  end(give: (text: string) => void): void;
}

export interface Decoder {
  /** The result's parts joined are the text. */
  decode(tokens: readonly string[]): string[];
  /** The same on tokens as they come. */
  tokens(): Stage;
  /** The same where it stands last, so that what it gives may be parts of tokens; default `tokens`. */
  lastTokens?(): Stage;
  /** Makes one token of all. */
  readonly joins?: boolean;
  /** The same on parts of one token, behind a decoder that joins; by default everything waits for the end. */
  parts?(): Stage;
}

/** A decoder that looks at each token alone, or knows besides only whether it is the first. */
export function perToken(map: (token: string, first: boolean) => string): Decoder {
  return {
    decode: (tokens) => tokens.map((token, i) => map(token, i === 0)),
    tokens: () => {
      let first = true;
      return {
        push(token, give) {
          give(map(token, first));
          first = false;
        },
        end() {},
      };
    },
  };
}

/** Everything waits for the end. */
function held(decoder: Decoder): Stage {
  let all = "";
  return {
    push(text) {
      all += text;
    },
    end(give) {
      give(decoder.decode([all]).join(""));
    },
  };
}

export interface TextStream {
  /** What the token adds to the text, as far as that is certain. */
  push(token: string): string;
  /** What was still uncertain. */
  end(): string;
}

/** Decoders one after the other on tokens as they come: the parts joined are what `decode` gives for all. */
export function createTextStream(decoders: readonly Decoder[]): TextStream {
  let joined = false;
  const stages = decoders.map((decoder, i) => {
    const last = i === decoders.length - 1;
    const stage = joined
      ? (decoder.parts?.() ?? held(decoder))
      : ((last ? decoder.lastTokens?.() : undefined) ?? decoder.tokens());
    joined ||= decoder.joins ?? false;
    return stage;
  });
  let text = "";
  const giveTo = (i: number) => (part: string) => {
    const stage = stages[i];
    if (stage === undefined) text += part;
    else stage.push(part, gives[i + 1]!);
  };
  const gives: ((part: string) => void)[] = Array.from({ length: stages.length + 1 }, (_, i) => giveTo(i));
  const take = (): string => {
    const taken = text;
    text = "";
    return taken;
  };
  return {
    push(token) {
      gives[0]!(token);
      return take();
    },
    end() {
      stages.forEach((stage, i) => {
        stage.end(gives[i + 1]!);
      });
      return take();
    },
  };
}
