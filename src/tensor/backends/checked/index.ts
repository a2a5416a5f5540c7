/** @file A backend that looks at what every kernel wrote: the first one to write a number that is not finite throws, and the
 *  error says which kernel, where in the computation, in which operand, how many, and from what. For `--debug-numerics`.
 *
 *  Made or given: what a kernel reads was written by an earlier kernel, which was looked at, or came from outside (weights,
 *  a checkpoint). Operands that are overwritten are looked at before, the others only once something was found.
 *  −∞ out of −∞ is what masks are made of, and no fault; nor is the log-sum-exp of an empty attention range. */

import { UserError } from "../../../platform/errors.js";
import type { AdamWParams, Backend, Operand } from "../../backend.js";
import type { Trail } from "../../trail.js";
import {
  adamwFootprint,
  copyFootprint,
  FOOTPRINTS,
  type Footprint,
  packed,
  type Region,
} from "./footprints.js";
import { allFinite, scan } from "./inspect.js";
import { describe, infinitiesOnly, type Looked, wrong } from "./words.js";

/** Throws UserError `not-finite` out of any kernel of `backend`. */
export function checkedBackend(backend: Backend, trail: Trail): Backend {
  const checker = new Checker(backend, trail);
  const checked: Record<string, unknown> = {
    ...backend,
    copy(from: Operand, to: Operand, length: number) {
      checker.around("copy", {}, copyFootprint(from, to, length), () => backend.copy(from, to, length));
    },
    fill(x: Operand, length: number, value: number) {
      if (Number.isNaN(value)) throw checker.error("fill was asked to write NaN");
      backend.fill(x, length, value);
    },
    sum(x: Operand, length: number) {
      const sum = backend.sum(x, length);
      const region = { name: "x", operand: x, shape: [length], strides: [1] };
      if (!Number.isFinite(sum)) throw checker.error(describe("sum", {}, undefined, [look(backend, region)]));
      return sum;
    },
    pack(p: Parameters<Backend["pack"]>[0]) {
      checker.before("pack", p, [packed(p)]);
      return backend.pack(p);
    },
    adamw(steps: readonly AdamWParams[]) {
      for (const step of steps)
        checker.around("adamw", step, adamwFootprint(step), () => backend.adamw([step]));
    },
  };
  for (const [name, footprint] of Object.entries(FOOTPRINTS)) {
    const kernel = backend[name as keyof typeof FOOTPRINTS] as (p: object) => void;
    checked[name] = (p: object) =>
      checker.around(name, p, (footprint as (p: object) => Footprint)(p), () => kernel(p));
  }
  return checked as unknown as Backend;
}

const look = (backend: Backend, region: Region): Looked => ({ region, found: scan(backend, region) });

class Checker {
  private readonly backend: Backend;
  private readonly trail: Trail;

  constructor(backend: Backend, trail: Trail) {
    this.backend = backend;
    this.trail = trail;
  }

  /** Runs the kernel and looks at what it wrote. */
  around(kernel: string, params: object, { reads, writes }: Footprint, run: () => void): void {
    const { backend } = this;
    const floats = reads.filter(({ operand }) => operand.storage.dtype !== "i32");
    const lost = floats.filter((read) => writes.some((write) => overlap(read, write)));
    const before = this.before(kernel, params, lost);
    run();
    for (const write of writes) {
      if (write.operand.storage.dtype === "i32" || allFinite(backend, write)) continue;
      const output = look(backend, write);
      if (write.empties === true && infinitiesOnly(output)) continue;
      const after = floats.filter((r) => !lost.includes(r)).map((region) => look(backend, region));
      const inputs = [...after, ...before];
      if (infinitiesOnly(output) && inputs.some(wrong)) continue;
      throw this.error(describe(kernel, params, output, inputs));
    }
  }

  /** Looks at what the kernel is about to read; an infinity of a mask is let through. */
  before(kernel: string, params: object, regions: readonly Region[]): Looked[] {
    return regions.map((region) => {
      if (allFinite(this.backend, region)) return { region, found: undefined };
      const looked = look(this.backend, region);
      if (!infinitiesOnly(looked)) throw this.error(describe(kernel, params, undefined, [looked]));
      return looked;
    });
  }

  error(message: string): UserError {
    const at = this.trail.here;
    return new UserError({ code: "not-finite", message, ...(at === "" ? {} : { at }) });
  }
}

/** Whether two regions may share an element: by their ends. */
function overlap(a: Region, b: Region): boolean {
  const end = ({ operand, shape, strides }: Region) =>
    operand.offset + shape.reduce((last, n, d) => last + (n - 1) * strides[d]!, 0);
  const [x, y] = [a.operand, b.operand];
  return x.storage === y.storage && x.offset <= end(b) && y.offset <= end(a);
}
