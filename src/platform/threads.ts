/** @file Threads that run a module of this package. The module exports `serve(start)`, which gives the function that
 *  answers requests; a thread answers them one after the other, in order. The browser's side is browser/threads.ts. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type TransferListItem, Worker } from "node:worker_threads";
import { UserError, type UserErrorDetail } from "./errors.js";
import { packageRoot } from "./package.js";

export interface Thread<Request, Reply> {
  /** Rejects with the UserError that the module threw, or with what ended the thread. */
  ask(request: Request, transfer?: readonly ArrayBuffer[]): Promise<Reply>;
  /** Ends the thread, in the middle of a request too; what is still asked rejects. */
  stop(): Promise<void>;
}

/** What a module that runs in a thread exports as `serve`. */
export type Serve<Start, Request, Reply> = (
  start: Start,
) => Answers<Request, Reply> | Promise<Answers<Request, Reply>>;

export type Answers<Request, Reply> = (request: Request) => Answer<Reply> | Promise<Answer<Reply>>;

export interface Answer<Reply> {
  readonly reply: Reply;
  /** Buffers of the reply that go over without a copy. */
  readonly transfer?: readonly ArrayBuffer[];
}

/** What crosses the boundary. An error keeps its detail, which cloning an Error would lose. */
export type ThreadReply =
  | { readonly reply: unknown }
  | { readonly mistake: UserErrorDetail }
  | { readonly failure: string };

export interface ThreadStart {
  readonly module: string;
  readonly start: unknown;
}

/** Where a module and the program that loads it are; throws UserError `threads-unavailable` where they are not. */
export function requireThreads(module: string): { readonly main: string; readonly file: string } {
  const dist = join(packageRoot(), "dist");
  const main = join(dist, "platform/threadMain.js");
  const file = join(dist, module);
  if (!existsSync(main) || !existsSync(file))
    throw new UserError({
      code: "threads-unavailable",
      file,
      message: "is not there, so no thread can run it",
      fix: "use one worker, or keep the package's own files (npm run build) instead of a bundle",
    });
  return { main, file };
}

/** Threads run compiled files, also where the caller is a source file under test. */
export function startThread<Request, Reply>(module: string, start: unknown): Thread<Request, Reply> {
  const { main, file } = requireThreads(module);
  const data: ThreadStart = { module: pathToFileURL(file).href, start };
  const worker = new Worker(pathToFileURL(main), { workerData: data, execArgv: [] });
  const waiting: { resolve(reply: Reply): void; reject(error: Error): void }[] = [];
  let ended: Error | undefined;
  const end = (error: Error): void => {
    ended ??= error;
    for (const { reject } of waiting.splice(0)) reject(ended);
  };
  worker.on("message", (message: ThreadReply) => {
    const asked = waiting.shift();
    if (asked === undefined) return; // an answer that was under way when the thread was stopped
    const { resolve, reject } = asked;
    if ("reply" in message) resolve(message.reply as Reply);
    else if ("mistake" in message) reject(new UserError(message.mistake));
    else reject(new Error(message.failure));
  });
  worker.on("error", end);
  worker.on("exit", (code) => end(new Error(`a thread ended with code ${code}`)));
  return {
    ask: (request, transfer = []) =>
      new Promise<Reply>((resolve, reject) => {
        if (ended !== undefined) return reject(ended);
        waiting.push({ resolve, reject });
        worker.postMessage(request, transfer as readonly TransferListItem[]);
      }),
    async stop() {
      end(new Error("the thread was stopped"));
      await worker.terminate();
    },
  };
}
