/** @file A pickle machine for state dicts and nothing else. It knows the opcodes that torch.save uses for dictionaries,
 *  strings, numbers and tuples, and four callables by name (OrderedDict, _rebuild_tensor_v2, _rebuild_parameter and the
 *  storage classes), which it does not call but reads as descriptions. Any other global, opcode or call is refused.
 *  Opcodes: CPython, Lib/pickletools.py. */

import type { StoredDType } from "./storedDtypes.js";

export interface PickledTensor {
  readonly kind: "tensor";
  readonly dtype: StoredDType;
  /** Name of its storage. */
  readonly key: string;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  /** First element in the storage. */
  readonly offset: number;
}

interface PickledStorage {
  readonly kind: "storage";
  readonly dtype: StoredDType;
  readonly key: string;
}

interface PickledGlobal {
  readonly kind: "global";
  readonly name: string;
}

export type Unpickled =
  | null
  | boolean
  | number
  | bigint
  | string
  | Unpickled[]
  | Map<string, Unpickled>
  | PickledTensor
  | PickledStorage
  | PickledGlobal;

const STORAGES: ReadonlyMap<string, StoredDType> = new Map([
  ["torch DoubleStorage", "F64"],
  ["torch FloatStorage", "F32"],
  ["torch HalfStorage", "F16"],
  ["torch BFloat16Storage", "BF16"],
  ["torch LongStorage", "I64"],
  ["torch IntStorage", "I32"],
  ["torch ShortStorage", "I16"],
  ["torch CharStorage", "I8"],
  ["torch ByteStorage", "U8"],
  ["torch BoolStorage", "BOOL"],
]);

const CALLABLES: ReadonlySet<string> = new Set([
  "collections OrderedDict",
  "torch._utils _rebuild_tensor_v2",
  "torch._utils _rebuild_parameter",
]);

/** The value pickled at `start`, and where the pickle ends. Throws Error with what is wrong. */
export function unpickle(bytes: Uint8Array, start: number): { value: Unpickled; end: number } {
  const reader = createReader(bytes, start);
  const machine = createMachine();
  for (;;) {
    const opcode = reader.u8();
    if (opcode === 0x2e) return { value: machine.pop(), end: reader.position() };
    const action = OPCODES.get(opcode);
    if (action === undefined) {
      throw new Error(
        `the pickle uses an opcode that no state dict needs (0x${opcode.toString(16)}); it is not run`,
      );
    }
    action(reader, machine);
  }
}

/** The tensors of a state dict by name; refuses what is none. */
export function readStateDict(value: Unpickled): ReadonlyMap<string, PickledTensor> {
  if (!(value instanceof Map)) throw new Error("the pickle is not a dictionary of tensors");
  for (const [name, entry] of value) {
    if (!isKind(entry, "tensor"))
      throw new Error(`the pickle's entry ${JSON.stringify(name)} is not a tensor`);
  }
  return value as ReadonlyMap<string, Unpickled> as ReadonlyMap<string, PickledTensor>;
}

function isKind<K extends "tensor" | "storage" | "global">(
  value: Unpickled | undefined,
  kind: K,
): value is Extract<Unpickled, { kind: K }> {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === kind;
}

function createReader(bytes: Uint8Array, start: number) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = start;
  const take = (n: number): number => {
    if (at + n > bytes.length) throw new Error("the pickle ends too early");
    at += n;
    return at - n;
  };
  const text = (n: number) => {
    const from = take(n);
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(from, from + n));
  };
  return {
    position: () => at,
    u8: () => view.getUint8(take(1)),
    u16: () => view.getUint16(take(2), true),
    u32: () => view.getUint32(take(4), true),
    i32: () => view.getInt32(take(4), true),
    f64: () => view.getFloat64(take(8), false),
    skip: (n: number) => void take(n),
    text,
    line: () => {
      const end = bytes.indexOf(10, at);
      if (end < 0) throw new Error("the pickle ends too early");
      const line = text(end - at);
      at++;
      return line;
    },
    /** Two's complement, little-endian. */
    big: (n: number) => {
      const from = take(n);
      let value = 0n;
      for (let i = n - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[from + i]!);
      return BigInt.asIntN(8 * n, value);
    },
  };
}

function createMachine() {
  const stack: Unpickled[] = [];
  const marks: number[] = [];
  const memo = new Map<number, Unpickled>();
  const pop = (): Unpickled => {
    if (stack.length <= (marks.at(-1) ?? 0)) throw new Error("the pickle takes from an empty stack");
    return stack.pop()!;
  };
  return {
    push: (value: Unpickled) => void stack.push(value),
    pop,
    top: (): Unpickled => {
      const value = pop();
      stack.push(value);
      return value;
    },
    mark: () => void marks.push(stack.length),
    popToMark: (): Unpickled[] => {
      const from = marks.pop();
      if (from === undefined) throw new Error("the pickle closes what it has not opened");
      return stack.splice(from);
    },
    remember: (key: number, value: Unpickled) => void memo.set(key, value),
    memoSize: () => memo.size,
    recall: (key: number): Unpickled => {
      const value = memo.get(key);
      if (value === undefined) throw new Error("the pickle refers to something it has not said");
      return value;
    },
  };
}

type Reader = ReturnType<typeof createReader>;
type Machine = ReturnType<typeof createMachine>;

/** What an opcode does, by its byte. */
const OPCODES: ReadonlyMap<number, (r: Reader, m: Machine) => void> = new Map([
  ...Object.entries<(r: Reader, m: Machine) => void>({
    "}": (_, m) => m.push(new Map()),
    "]": (_, m) => m.push([]),
    ")": (_, m) => m.push([]),
    "(": (_, m) => m.mark(),
    N: (_, m) => m.push(null),
    K: (r, m) => m.push(r.u8()),
    M: (r, m) => m.push(r.u16()),
    J: (r, m) => m.push(r.i32()),
    G: (r, m) => m.push(r.f64()),
    X: (r, m) => m.push(r.text(r.u32())),
    q: (r, m) => m.remember(r.u8(), m.top()),
    r: (r, m) => m.remember(r.u32(), m.top()),
    h: (r, m) => m.push(m.recall(r.u8())),
    j: (r, m) => m.push(m.recall(r.u32())),
    t: (_, m) => m.push(m.popToMark()),
    a: (_, m) => append(m, [m.pop()]),
    e: (_, m) => append(m, m.popToMark()),
    s: (_, m) => setItems(m, [m.pop(), m.pop()].reverse()),
    u: (_, m) => setItems(m, m.popToMark()),
    c: (r, m) => m.push(global(`${r.line()} ${r.line()}`)),
    Q: (_, m) => m.push(storage(m.pop())),
    R: (_, m) => reduce(m),
    b: (_, m) => build(m),
  }).map(([letter, action]) => [letter.charCodeAt(0), action] as const),
  // Protocols 2 and 4: PROTO, FRAME, TUPLE1 to TUPLE3, NEWTRUE, NEWFALSE, LONG1, SHORT_BINUNICODE, MEMOIZE, STACK_GLOBAL.
  [0x80, (r) => r.skip(1)],
  [0x95, (r) => r.skip(8)],
  [0x85, (_, m) => m.push([m.pop()])],
  [0x86, (_, m) => m.push([m.pop(), m.pop()].reverse())],
  [0x87, (_, m) => m.push([m.pop(), m.pop(), m.pop()].reverse())],
  [0x88, (_, m) => m.push(true)],
  [0x89, (_, m) => m.push(false)],
  [0x8a, (r, m) => m.push(r.big(r.u8()))],
  [0x8c, (r, m) => m.push(r.text(r.u8()))],
  [0x94, (_, m) => m.remember(m.memoSize(), m.top())],
  [
    0x93,
    (_, m) => {
      const [module, name] = [m.pop(), m.pop()].reverse();
      m.push(global(`${String(module)} ${String(name)}`));
    },
  ],
]);

function global(name: string): PickledGlobal {
  if (!CALLABLES.has(name) && !STORAGES.has(name))
    throw new Error(
      `the pickle refers to ${JSON.stringify(name.replace(" ", "."))}, which no state dict needs; it is not run`,
    );
  return { kind: "global", name };
}

function append(m: Machine, items: Unpickled[]): void {
  const list = m.top();
  if (!Array.isArray(list)) throw new Error("the pickle appends to something that is no list");
  list.push(...items);
}

function setItems(m: Machine, items: Unpickled[]): void {
  const map = m.top();
  if (!(map instanceof Map)) throw new Error("the pickle sets an entry of something that is no dictionary");
  for (let i = 0; i < items.length; i += 2) {
    const key = items[i];
    if (typeof key !== "string" || items[i + 1] === undefined)
      throw new Error("the pickle holds a dictionary with a key that is no string");
    map.set(key, items[i + 1]!);
  }
}

/** ("storage", class, key, device, elements[, None]) → what it says. */
function storage(id: Unpickled): PickledStorage {
  const [tag, type, key, , , view] = Array.isArray(id) ? id : [];
  const dtype = isKind(type, "global") ? STORAGES.get(type.name) : undefined;
  if (tag !== "storage" || dtype === undefined || typeof key !== "string")
    throw new Error("the pickle refers to an unknown kind of storage");
  if (view !== undefined && view !== null)
    throw new Error("the pickle refers to a view of a storage, which is not supported");
  return { kind: "storage", dtype, key };
}

function reduce(m: Machine): void {
  const args = m.pop();
  const callable = m.pop();
  if (!isKind(callable, "global") || !Array.isArray(args) || !CALLABLES.has(callable.name))
    throw new Error("the pickle calls something that may not be called");
  if (callable.name === "collections OrderedDict") {
    if (args.length > 0) throw new Error("the pickle makes a dictionary in an unknown way");
    m.push(new Map());
    return;
  }
  if (callable.name === "torch._utils _rebuild_parameter") {
    if (!isKind(args[0], "tensor")) throw new Error("the pickle holds a parameter that is no tensor");
    m.push(args[0]);
    return;
  }
  const [from, offset, shape, strides] = args;
  if (
    !isKind(from, "storage") ||
    !isNatural(offset) ||
    !isNaturals(shape) ||
    !isNaturals(strides) ||
    shape.length !== strides.length
  ) {
    throw new Error("the pickle describes a tensor in an unknown way");
  }
  m.push({ kind: "tensor", dtype: from.dtype, key: from.key, offset, shape, strides });
}

function isNatural(value: Unpickled | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isNaturals(value: Unpickled | undefined): value is number[] {
  return (
    Array.isArray(value) &&
    value.every(isNatural) &&
    Number.isSafeInteger(value.reduce((n, d) => n * Math.max(1, d), 1))
  );
}

/** A state dict's `_metadata` (versions of its modules): of no use here. */
function build(m: Machine): void {
  m.pop();
  if (!(m.top() instanceof Map))
    throw new Error("the pickle sets attributes of something that is no dictionary");
}
