/** @file Requests to the hub: with the token, again after a while where it is busy or does not answer, and what its refusals
 *  mean. What it says of each: the header X-Error-Code, as its own clients read it. */

import { UserError } from "../../platform/errors.js";
import { ConnectionError, type HttpReply, httpGet, pause } from "../../platform/http.js";
import { environment } from "../../platform/native.js";

export interface Hub {
  /** Without a slash at its end. */
  readonly endpoint: string;
  readonly token: string | undefined;
  readonly signal: AbortSignal | undefined;
  /** How often a request is tried again. */
  readonly retries: number;
  /** How long the first wait takes; each further one twice as long. */
  readonly waitMs: number;
  readonly silenceMs: number | undefined;
  readonly onNote: (note: string) => void;
}

export interface HubOptions {
  /** Default HF_ENDPOINT, else https://huggingface.co. */
  readonly endpoint?: string | undefined;
  /** Default HF_TOKEN. Sent to the endpoint's host alone. */
  readonly token?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Tries after the first; default 5. */
  readonly retries?: number | undefined;
  /** Milliseconds before the second try, twice as many before each next one; default 1000. A server's Retry-After counts more. */
  readonly waitMs?: number | undefined;
  /** Milliseconds without a byte after which a connection counts as broken; default 60 000. */
  readonly silenceMs?: number | undefined;
  /** Told of what goes otherwise than expected: a wait, a resumption, a model used unasked. */
  readonly onNote?: ((note: string) => void) | undefined;
}

/** No server's wish to be left alone for longer is waited for. */
const MOST_WAIT_MS = 5 * 60_000;

/** Throws UserError for an endpoint or a token that cannot be one. */
export function openHub(options: HubOptions): Hub {
  const endpoint = (options.endpoint ?? environment("HF_ENDPOINT") ?? "https://huggingface.co").trim();
  if (!/^https?:$/.test(URL.canParse(endpoint) ? new URL(endpoint).protocol : ""))
    throw new UserError({
      code: "hub-endpoint",
      at: options.endpoint === undefined ? "HF_ENDPOINT" : "endpoint",
      message: "is no address",
      found: endpoint,
      expected: "such as https://huggingface.co",
    });
  const token = (options.token ?? environment("HF_TOKEN"))?.trim();
  if (token !== undefined && !/^[\x21-\x7e]*$/.test(token))
    throw new UserError({
      code: "hub-token",
      at: options.token === undefined ? "HF_TOKEN" : "token",
      message: "has characters that no token has",
    });
  return {
    endpoint: endpoint.replace(/\/+$/, ""),
    token: token === "" ? undefined : token,
    signal: options.signal,
    retries: options.retries ?? 5,
    waitMs: options.waitMs ?? 1000,
    silenceMs: options.silenceMs,
    onNote: options.onNote ?? (() => {}),
  };
}

/** Waits before try `failures` + 1. */
export async function waitBefore(hub: Hub, failures: number, why: string, askedMs = 0): Promise<void> {
  const ms = Math.max(askedMs, hub.waitMs * 2 ** (failures - 1));
  hub.onNote(`${why}; trying again${ms < 1000 ? "" : ` in ${Math.round(ms / 1000)} s`}`);
  await pause(ms, hub.signal);
}

/** An answer of status 200 or 206, or any that `allowed` names. Throws UserError for any other. `repo`: of whom it is asked. */
export async function ask(
  hub: Hub,
  path: string,
  repo: string,
  { headers = {}, allowed = [] }: { headers?: Record<string, string>; allowed?: readonly number[] } = {},
): Promise<HttpReply> {
  const url = `${hub.endpoint}/${path}`;
  const all = {
    "User-Agent": "cygnet",
    ...(hub.token === undefined ? {} : { Authorization: `Bearer ${hub.token}` }),
    ...headers,
  };
  for (let failures = 1; ; failures++) {
    const last = failures > hub.retries;
    let reply: HttpReply;
    try {
      reply = await httpGet(url, { headers: all, signal: hub.signal, silenceMs: hub.silenceMs });
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      if (last) throw unreachable(hub, url, error);
      await waitBefore(hub, failures, `${new URL(url).host} does not answer (${error.message})`);
      continue;
    }
    const { status } = reply;
    if (status === 200 || status === 206 || allowed.includes(status)) return reply;
    if (status !== 429 && status !== 408 && status < 500) throw await refusal(hub, reply, repo);
    reply.discard();
    const askedMs = retryAfterMs(reply.header("retry-after"));
    if (last || askedMs > MOST_WAIT_MS)
      throw new UserError({
        code: "hub-busy",
        file: url,
        message: status === 429 ? "the hub refuses further requests for a while" : "the hub fails to answer",
        found: `status ${status}`,
        fix: `try again ${askedMs > 0 ? `in ${Math.ceil(askedMs / 60_000)} min` : "later"}; what has come is kept${status === 429 && hub.token === undefined ? "; with a token (HF_TOKEN) the limit is higher" : ""}`,
      });
    await waitBefore(hub, failures, `the hub is busy (status ${status})`, askedMs);
  }
}

/** Seconds or a date, as milliseconds from now. */
function retryAfterMs(value: string | undefined): number {
  if (value === undefined) return 0;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}

export function unreachable(hub: Hub, url: string, cause: Error): UserError {
  const proxy = environment("HTTPS_PROXY") ?? environment("https_proxy");
  return new UserError({
    code: "hub-unreachable",
    file: url,
    message: `could not be reached (${plain(cause.message)})`,
    fix: `check the connection${hub.endpoint === "https://huggingface.co" ? ", or name a mirror in HF_ENDPOINT" : ""}${proxy === undefined ? "" : "; Node uses the proxy only with NODE_USE_ENV_PROXY=1"}; what has come is kept`,
    cause,
  });
}

async function refusal(hub: Hub, reply: HttpReply, repo: string): Promise<UserError> {
  const code = reply.header("x-error-code");
  const said = plain(reply.header("x-error-message") ?? "");
  reply.discard();
  const { status } = reply;
  const make = (name: string, message: string, fix?: string) =>
    new UserError({ code: name, at: repo, message, ...(fix === undefined ? {} : { fix }) });
  const page = `${hub.endpoint}/${repo}`;
  if (code === "GatedRepo")
    return make(
      "hub-gated",
      "is given only to those who have accepted its conditions",
      `accept them on ${page}, then ${hub.token === undefined ? "put a token of that account" : "see that the token is of that account, and may read gated models; it is read"} ${hub.token === undefined ? "into" : "from"} HF_TOKEN (${hub.endpoint}/settings/tokens)`,
    );
  if (
    /^Invalid (credentials|username)/i.test(said) ||
    (status === 401 && hub.token !== undefined && code === undefined)
  )
    return make("hub-token", "the hub does not accept the token", "make a new one, or unset HF_TOKEN");
  if (code === "RevisionNotFound") return make("hub-revision-missing", "has no such revision");
  if (code === "EntryNotFound") return make("hub-file-missing", `lacks a file that it lists: ${reply.url}`);
  if (code === "RepoNotFound" || status === 404 || status === 401)
    return make(
      "hub-repo-missing",
      "is no model on the hub, or a private one",
      `check the name${hub.token === undefined ? "; a private model needs a token in HF_TOKEN" : ""}`,
    );
  return make("hub-refused", `the hub refuses${said === "" ? "" : ` (${said})`}, with status ${status}`);
}

/** A server's words, fit for a terminal. */
export function plain(text: string): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}]/gu, " ").trim();
  return clean.length > 200 ? `${clean.slice(0, 200)}…` : clean;
}
