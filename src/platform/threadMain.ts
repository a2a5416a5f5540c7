/** @file The program of a thread (see threads.ts): loads the module it was started for and answers requests in order. */

import { parentPort, type TransferListItem, workerData } from "node:worker_threads";
import { isUserError } from "./errors.js";
import type { Answers, Serve, ThreadReply, ThreadStart } from "./threads.js";

const { module, start } = workerData as ThreadStart;
/** Each answer waits for the one before; the module's own loading comes first. */
let before: Promise<unknown> = import(module).then((loaded) =>
  (loaded as { serve: Serve<unknown, unknown, unknown> }).serve(start),
);
const serving = before as Promise<Answers<unknown, unknown>>;

parentPort!.on("message", (request: unknown) => {
  before = before
    .catch(() => {})
    .then(async () => {
      let message: ThreadReply;
      let transfer: readonly ArrayBuffer[] = [];
      try {
        const answer = await (await serving)(request);
        message = { reply: answer.reply };
        transfer = answer.transfer ?? [];
      } catch (error) {
        if (isUserError(error)) {
          const { cause: _cause, ...mistake } = error.detail;
          message = { mistake };
        } else message = { failure: String((error as Error | undefined)?.stack ?? error) };
      }
      parentPort!.postMessage(message, transfer as readonly TransferListItem[]);
    });
});
