/** @file Fetching over HTTP: redirects followed by hand, so that a token is shown to nobody but the host it is meant for; a
 *  connection that falls silent counts as broken; bytes as they come. */

import { setTimeout as sleep } from "node:timers/promises";

/** The connection could not be made, broke, or fell silent. Trying again may help. */
export class ConnectionError extends Error {}

export interface HttpOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds without a byte after which the connection counts as broken; default 60 000. */
  readonly silenceMs?: number | undefined;
}

export interface HttpReply {
  readonly status: number;
  /** Who answered, behind all redirects. */
  readonly url: string;
  /** Of the last answer. */
  header(name: string): string | undefined;
  /** Of the first answer on the way that has it: a redirect may say more than the host it leads to. */
  firstHeader(name: string): string | undefined;
  /** The body as it comes. Throws ConnectionError where it breaks off. */
  chunks(): AsyncGenerator<Uint8Array, void, undefined>;
  /** The whole body; `undefined` where it has more than `most` bytes. */
  text(most: number): Promise<string | undefined>;
  /** Ends the connection: the body is not wanted. */
  discard(): void;
}

const MOST_REDIRECTS = 10;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** A GET. Throws ConnectionError, or the signal's reason. */
export async function httpGet(url: string, options: HttpOptions = {}): Promise<HttpReply> {
  const { signal, silenceMs = 60_000 } = options;
  const watch = watchSilence(silenceMs, signal);
  const seen: Headers[] = [];
  let headers: Record<string, string> = { ...options.headers };
  let at = new URL(url);
  try {
    for (let hops = 0; ; hops++) {
      const response = await fetch(at, { headers, redirect: "manual", signal: watch.signal });
      seen.push(response.headers);
      const location = response.headers.get("location");
      if (!REDIRECTS.has(response.status) || location === null)
        return replyOf(response, at.href, seen, watch);
      await response.body?.cancel();
      if (hops === MOST_REDIRECTS) throw new ConnectionError(`more than ${MOST_REDIRECTS} redirects`);
      const next = new URL(location, at);
      if (next.protocol !== "https:" && next.protocol !== "http:")
        throw new ConnectionError(`a redirect to ${next.protocol}`);
      if (next.origin !== at.origin) headers = withoutSecrets(headers);
      at = next;
    }
  } catch (error) {
    watch.end();
    throw watch.explain(error);
  }
}

function withoutSecrets(headers: Readonly<Record<string, string>>): Record<string, string> {
  const secret = new Set(["authorization", "cookie"]);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !secret.has(name.toLowerCase())));
}

interface Watch {
  readonly signal: AbortSignal;
  /** Something has come. */
  touch(): void;
  /** Gives the connection up. */
  cancel(): void;
  end(): void;
  /** What an error of the connection means. */
  explain(error: unknown): unknown;
}

function watchSilence(silenceMs: number, outer: AbortSignal | undefined): Watch {
  outer?.throwIfAborted();
  const controller = new AbortController();
  const stop = () => controller.abort(outer?.reason);
  outer?.addEventListener("abort", stop, { once: true });
  let silent = false;
  const timer = setTimeout(() => {
    silent = true;
    controller.abort();
  }, silenceMs);
  return {
    signal: controller.signal,
    touch: () => void timer.refresh(),
    cancel: () => controller.abort(),
    end() {
      clearTimeout(timer);
      outer?.removeEventListener("abort", stop);
    },
    explain(error) {
      if (outer?.aborted) return outer.reason;
      if (silent) return new ConnectionError(`nothing came for ${silenceMs / 1000} seconds`);
      if (error instanceof ConnectionError) return error;
      const cause = error instanceof Error ? (error.cause ?? error) : error;
      const code = (cause as { code?: unknown } | undefined)?.code;
      const message = cause instanceof Error && cause.message !== "" ? cause.message : String(code ?? cause);
      return new ConnectionError(message, { cause: error });
    },
  };
}

function replyOf(response: Response, url: string, seen: readonly Headers[], watch: Watch): HttpReply {
  async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    const reader = response.body?.getReader();
    try {
      for (;;) {
        const next = await reader?.read();
        if (next === undefined || next.done) return;
        watch.touch();
        yield next.value;
      }
    } catch (error) {
      throw watch.explain(error);
    } finally {
      watch.end();
      watch.cancel(); // where the reader has gone away, the rest need not come
    }
  }
  return {
    status: response.status,
    url,
    header: (name) => response.headers.get(name) ?? undefined,
    firstHeader: (name) => seen.map((h) => h.get(name)).find((v) => v !== null) ?? undefined,
    chunks,
    async text(most) {
      const decoder = new TextDecoder();
      let [text, bytes] = ["", 0];
      for await (const chunk of chunks()) {
        bytes += chunk.length;
        if (bytes > most) return undefined;
        text += decoder.decode(chunk, { stream: true });
      }
      return text + decoder.decode();
    },
    discard() {
      watch.end();
      watch.cancel();
    },
  };
}

/** Waits; throws the signal's reason where it is told to stop. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  try {
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  }
}
