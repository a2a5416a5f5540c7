/** @file The memory of tensors in WebAssembly: best fit over pages that only ever grow. Neighbouring free blocks are one;
 *  small blocks come in sizes of four steps an octave and are used again as they are. As in native/core/arena.cpp a large
 *  block is three cache lines longer than asked, so that sizes of powers of two do not all begin at one place of a page. */

const LINE = 64;
const STAGGER = 3 * LINE;
const SMALL = 16 << 10;
const SLAB = 256 << 10;
const STEP = 16 << 20;

const up = (value: number, to: number): number => Math.ceil(value / to) * to;

interface Hole {
  readonly address: number;
  readonly bytes: number;
}

export interface HeapOptions {
  /** Bytes that are there already: [start, end). */
  readonly start: number;
  readonly end: number;
  /** Bytes that may be handed out at once. */
  readonly limit: number;
  /** The address of so many further bytes (a multiple of 64 KiB), or null. */
  readonly grow: (bytes: number) => number | null;
}

export class Heap {
  private readonly options: HeapOptions;
  /** By address; no two touch. */
  private readonly holes: Hole[] = [];
  private readonly used = new Map<number, number>();
  /** Small blocks: size of each in use; free ones by size. */
  private readonly small = new Map<number, number>();
  private readonly reserved = new Set<number>();
  private readonly spare = new Map<number, number[]>();
  readonly limit: number;
  bytes = 0;
  peakBytes = 0;

  constructor(options: HeapOptions) {
    this.options = options;
    this.limit = options.limit;
    const start = up(options.start, LINE);
    this.addHole(start, options.end - start);
  }

  /** 64-byte aligned; 0 where there is no room. */
  allocate(bytes: number): number {
    if (!(bytes <= this.limit - this.bytes)) return 0;
    if (bytes <= SMALL) return this.allocateSmall(Math.max(bytes, 1));
    const size = up(bytes, LINE) + STAGGER;
    const address = this.take(size);
    if (address !== 0) this.count(size);
    return address;
  }

  /** The same for what is no tensor's and does not count; throws where there is no room. */
  reserve(bytes: number): number {
    const address = this.take(up(bytes, LINE));
    if (address === 0) throw Object.assign(new Error("out of memory"), { code: "cygnet-out-of-memory" });
    this.reserved.add(address);
    return address;
  }

  release(address: number): void {
    const small = this.small.get(address);
    if (small !== undefined) {
      this.small.delete(address);
      this.spare.get(small)!.push(address);
      this.bytes -= small;
      return;
    }
    const bytes = this.used.get(address);
    if (bytes === undefined) throw new Error("memory was released twice, or is not of this backend");
    this.used.delete(address);
    if (!this.reserved.delete(address)) this.bytes -= bytes;
    this.addHole(address, bytes);
  }

  private count(bytes: number): void {
    this.bytes += bytes;
    this.peakBytes = Math.max(this.peakBytes, this.bytes);
  }

  private allocateSmall(bytes: number): number {
    let step = LINE;
    while (step * 8 < bytes) step *= 2;
    const size = up(bytes, step);
    let spare = this.spare.get(size);
    if (spare === undefined) {
      spare = [];
      this.spare.set(size, spare);
    }
    if (spare.length === 0) {
      const slab = this.take(SLAB);
      if (slab === 0) return 0;
      this.used.delete(slab);
      for (let at = slab + Math.floor(SLAB / size) * size - size; at >= slab; at -= size) spare.push(at);
    }
    const address = spare.pop()!;
    this.small.set(address, size);
    this.count(size);
    return address;
  }

  private take(bytes: number): number {
    let at = this.bestHole(bytes);
    if (at < 0) {
      if (!this.extend(bytes)) return 0;
      at = this.bestHole(bytes);
    }
    const { address, bytes: size } = this.holes[at]!;
    if (size > bytes) this.holes[at] = { address: address + bytes, bytes: size - bytes };
    else this.holes.splice(at, 1);
    this.used.set(address, bytes);
    return address;
  }

  /** Its place, or −1. */
  private bestHole(bytes: number): number {
    let best = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.holes.length; i++) {
      const size = this.holes[i]!.bytes;
      if (size >= bytes && size < least) [best, least] = [i, size];
    }
    return best;
  }

  private extend(bytes: number): boolean {
    // A step larger than needed, so that small requests do not each ask the system.
    for (const size of [up(bytes, STEP), up(bytes, 65536)]) {
      const address = this.options.grow(size);
      if (address === null) continue;
      this.addHole(address, size);
      return true;
    }
    return false;
  }

  private addHole(address: number, bytes: number): void {
    let low = 0;
    let high = this.holes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.holes[middle]!.address < address) low = middle + 1;
      else high = middle;
    }
    const before = this.holes[low - 1];
    const after = this.holes[low];
    const joinsBefore = before !== undefined && before.address + before.bytes === address;
    const joinsAfter = after !== undefined && address + bytes === after.address;
    const from = joinsBefore ? before.address : address;
    const to = joinsAfter ? after.address + after.bytes : address + bytes;
    this.holes.splice(joinsBefore ? low - 1 : low, Number(joinsBefore) + Number(joinsAfter), {
      address: from,
      bytes: to - from,
    });
  }
}
