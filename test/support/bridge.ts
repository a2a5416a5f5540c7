/** @file The kernels of another build (native/test/bridge.cpp), run by a program of their own and called through two named
 *  pipes: what the addon has, for the suites. CYGNET_BRIDGE is the command: `npm run test:native:sanitize` and its
 *  likes set it. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Argument, Kernels } from "../../src/tensor/backends/kernels.js";
import type { Addon } from "../../src/tensor/backends/native/addon.js";

type Sent = Argument | string;
interface Reply {
  readonly number: number;
  readonly bytes: Uint8Array;
}

class Bridge {
  readonly errors: string;
  private readonly child: ChildProcess;
  private readonly to: number;
  private readonly from: number;

  constructor(command: string) {
    const folder = mkdtempSync(join(tmpdir(), "cygnet-bridge-"));
    const [requests, replies] = [join(folder, "requests"), join(folder, "replies")];
    spawnSync("mkfifo", [requests, replies]);
    this.errors = join(folder, "errors");
    const [program, ...words] = command.split(" ");
    const errors = openSync(this.errors, "w");
    this.child = spawn(program!, [...words, requests, replies], { stdio: ["ignore", "ignore", errors] });
    this.child.unref();
    closeSync(errors);
    this.to = openSync(requests, "w");
    this.from = openSync(replies, "r");
    process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  }

  call(operation: string, ...values: Sent[]): Reply {
    const parts = [sized(Buffer.from(operation)), ...values.map(encoded)];
    this.write(sized(Buffer.concat(parts)));
    const body = this.read(this.read(4).readUInt32LE());
    const bytes = body.subarray(9);
    if (body[0] !== 0) {
      const [, code, message] = /^([a-z-]+): (.*)$/s.exec(bytes.toString())!;
      throw Object.assign(new Error(message), { code });
    }
    return { number: body.readDoubleLE(1), bytes };
  }

  private write(data: Buffer): void {
    try {
      for (let at = 0; at < data.length; ) at += writeSync(this.to, data, at);
    } catch (error) {
      throw this.ended(error);
    }
  }

  private read(length: number): Buffer {
    const into = Buffer.alloc(length);
    for (let at = 0; at < length; ) {
      const got = readSync(this.from, into, at, length - at, null);
      if (got === 0) throw this.ended();
      at += got;
    }
    return into;
  }

  private ended(cause?: unknown): Error {
    return new Error(`the bridge ended:\n${readFileSync(this.errors, "utf8").slice(0, 6000)}`, { cause });
  }
}

function sized(data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(data.length);
  return Buffer.concat([length, data]);
}

function encoded(value: Sent): Buffer {
  if (typeof value === "number") {
    const x = Buffer.alloc(9);
    x.writeDoubleLE(value, 1);
    return x;
  }
  const bytes =
    typeof value === "string"
      ? Buffer.from(value)
      : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return Buffer.concat([Buffer.of(1), sized(bytes)]);
}

const raw = (view: ArrayBufferView) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

/** Starts the command; it ends with this process. */
export function connectBridge(command: string): Addon & Kernels {
  const bridge = new Bridge(command);
  const number = (operation: string, ...values: Sent[]) => bridge.call(operation, ...values).number;
  const text = (operation: string) => Buffer.from(bridge.call(operation).bytes).toString();
  const machine: Addon = {
    alloc: (bytes) => number("alloc", bytes),
    free: (address) => void bridge.call("free", address),
    read: (address, into) => raw(into).set(bridge.call("read", address, into.byteLength).bytes),
    write: (address, from) => void bridge.call("write", address, raw(from) as unknown as Float32Array),
    view: () => {
      throw new Error("memory of another process has no view");
    },
    memory: () => ({
      bytes: number("memory", "bytes"),
      peakBytes: number("memory", "peakBytes"),
      resident: number("memory", "resident"),
      limit: number("memory", "limit"),
    }),
    trim() {},
    threads: () => number("threads"),
    setThreads: (count) => void bridge.call("setThreads", count),
    isa: () => text("isa"),
    isas: () => text("isas"),
    useIsa: (name) => void bridge.call("useIsa", name),
  };
  return new Proxy(machine, {
    get: (known, name) =>
      name in known ? known[name as keyof Addon] : (...values: Argument[]) => number(String(name), ...values),
  }) as Addon & Kernels;
}
