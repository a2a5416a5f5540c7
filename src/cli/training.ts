/** @file A training run as commands show it: the live view on a terminal, JSON lines elsewhere, and Ctrl-C as a request to
 *  stop with everything kept. */

import { onStop, SIGNAL_EXIT, type StopSignal } from "../platform/signals.js";
import { type PretrainConfig, type PretrainResult, pretrain } from "../train/index.js";
import type { Io } from "./io.js";
import { StoppedError } from "./program.js";
import { jsonView } from "./views/jsonView.js";
import { liveView } from "./views/liveView.js";

/** Runs it. Where it was stopped, says how to go on and throws StoppedError. */
export async function runTraining(config: PretrainConfig, io: Io): Promise<PretrainResult> {
  const controller = new AbortController();
  let stopped: StopSignal | undefined;
  const quiet = onStop((signal) => {
    stopped = signal;
    controller.abort(new StoppedError(SIGNAL_EXIT[signal]));
  });
  const live = io.out.isTerminal ? liveView(io.out, () => performance.now()) : undefined;
  try {
    const result = await pretrain(config, {
      onEvent: live?.listener ?? jsonView(io.out),
      signal: controller.signal,
    });
    if (result.finished) return result;
  } catch (error) {
    if (stopped === undefined || !(error instanceof StoppedError)) throw error;
  } finally {
    live?.end();
    quiet();
  }
  io.err.write(`stopped. Go on with: cygnet pretrain --resume --out ${config.out ?? "runs/first"}\n`);
  throw new StoppedError(SIGNAL_EXIT[stopped ?? "SIGINT"]);
}
