/** @file What fine-tuning learns from, whatever file it came from: one union, a task takes some of its kinds. */

import type { ChatMessage } from "../../tokenizer/index.js";
import type { Entity } from "./ner/tags.js";
import type { Place } from "./row.js";

/** A conversation; what its assistant says is learned. */
export interface ChatExample {
  readonly kind: "chat";
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly object[];
  readonly place: Place;
}

/** A text and how it goes on. */
export interface CompletionExample {
  readonly kind: "completion";
  readonly prompt: string;
  readonly completion: string;
  readonly place: Place;
}

/** A conversation and how it goes on. */
export interface ChatCompletionExample {
  readonly kind: "chat-completion";
  readonly prompt: readonly ChatMessage[];
  readonly completion: readonly ChatMessage[];
  readonly tools?: readonly object[];
  readonly place: Place;
}

/** A document, all of it learned. */
export interface TextExample {
  readonly kind: "text";
  readonly text: string;
  readonly place: Place;
}

/** A text, or two, and its label: one; several or none of several; or a number, spelled. */
export interface LabelExample {
  readonly kind: "label";
  readonly text: string;
  readonly pair?: string;
  readonly labels: readonly string[];
  readonly place: Place;
}

/** A sentence of words with tags in IOB2. */
export interface WordsExample {
  readonly kind: "words";
  readonly words: readonly string[];
  readonly tags: readonly string[];
  readonly place: Place;
}

/** A text and the entities in it, as places in UTF-16 units, in order, none overlapping. */
export interface SpansExample {
  readonly kind: "spans";
  readonly text: string;
  readonly spans: readonly Entity[];
  readonly place: Place;
}

export type Example =
  | ChatExample
  | CompletionExample
  | ChatCompletionExample
  | TextExample
  | LabelExample
  | WordsExample
  | SpansExample;
