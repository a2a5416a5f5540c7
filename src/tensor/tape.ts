/** @file Reverse-mode differentiation (the tape). Each operation that has an input with `requiresGrad` records a node;
 *  `backward` walks the nodes from the loss in the reverse order of their making, and frees each node's saved tensors and
 *  output as soon as it has passed (unless kept): after it, only leaves' `.grad` and kept tensors remain.
 *
 *  An operation's backward asks for the place where the gradient of an input goes (`sink`) and writes or adds there, so
 *  that sums of gradients need no pass of their own; a gradient that is handed on unchanged is shared (`pass`) and copied
 *  only if somebody then adds to it. */

import type { Operand } from "./backend.js";
import type { DType } from "./dtype.js";
import { evict, rebuildable } from "./rebuild.js";
import type { Tensor } from "./tensor.js";

export interface TapeNode {
  readonly id: number;
  readonly operation: string;
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  /** Tensors made for the backward alone, freed with the node. */
  readonly saved: readonly Tensor[];
  /** Where it was recorded, if the engine keeps a trail. */
  readonly place: string | undefined;
  readonly backward: (gradients: Gradients, dy: Tensor) => void;
}

/** Where the gradient of one input is to be written, or added to. */
export interface Sink {
  readonly target: Tensor;
  readonly accumulate: boolean;
}

export interface Gradients {
  /** The place for the gradient of `input`, of its type, or null if it needs none. To be filled before the next call for the
   *  same input. `wide`: the caller writes f32 too, and adds only in f32, so that the gradient of a bf16 input is f32 where it
   *  is a sum: it is rounded once, when it is whole. `parts`: how often this backward will ask. */
  sink(input: Tensor, wide?: boolean, parts?: number): Sink | null;
  /** dInput += dy, where dInput has dy's elements (perhaps under another shape). */
  pass(input: Tensor, dy: Tensor): void;
  /** As `pass` for a tensor made by this backward, which is disposed; even a leaf may take over its memory. */
  give(input: Tensor, gradient: Tensor): void;
  /** This backward needs the values of `input` no more: where nobody else does, memory that can be filled again is given back. */
  done(input: Tensor): void;
}

/** Marks `output` as computed by an operation, if anything it was computed from needs a gradient. Returns output.
 *  `rebuild`, where it is cheap, writes the output's values again to the same bits, so that they need not be held until the
 *  backward (see rebuild.ts); it may use the inputs and `saved`, and the backward may then not assume that they are held. */
export function record(
  operation: string,
  inputs: readonly Tensor[],
  output: Tensor,
  backward: (gradients: Gradients, dy: Tensor) => void,
  saved: readonly Tensor[] = [],
  rebuild?: (into: Operand) => void,
): Tensor {
  if (recording(inputs)) {
    output.requiresGrad = true;
    if (rebuild !== undefined) rebuildable(output, rebuild);
    for (const { shared } of inputs) if (shared.rebuild !== undefined) shared.uses++;
    const { engine } = output;
    const place = engine.trail?.here;
    output.node = { id: engine.nodeId(), operation, inputs, output, saved, place, backward };
  }
  return output;
}

/** Whether an operation on these inputs is being recorded (and must save what its backward needs). */
export function recording(inputs: readonly Tensor[]): boolean {
  return inputs.some((t) => t.requiresGrad) && inputs[0]!.engine.gradEnabled;
}

/** Adds d loss / d leaf to the `.grad` of every leaf that requires it. `loss` has one element. */
export function backward(loss: Tensor): void {
  if (loss.size !== 1) throw new Error(`backward needs a loss of one element, not of shape [${loss.shape}]`);
  if (loss.node === null)
    throw new Error("backward of a tensor that depends on no parameter (or was computed without gradients)");
  loss.engine.noGrad(() => backwardFrom(loss, loss.engine.full(loss.shape, 1)));
}

/** As `backward` of Σ gradient·output, for an output of any shape, which is left to the caller. Takes `gradient` over. */
export function backwardFrom(output: Tensor, gradient: Tensor): void {
  const nodes = output.node === null ? [] : reachable(output.node);
  const store = new GradientStore();
  output.engine.noGrad(() => {
    store.set(output, gradient);
    for (const node of nodes) {
      const dy = store.take(node.output);
      evict(node.output); // whoever used it has passed
      if (dy !== undefined) {
        differentiate(node, store, dy);
        dy.dispose();
      }
      for (const t of node.saved) t.dispose();
      for (const t of node.inputs) if (t.shared.uses > 0 && --t.shared.uses === 0) evict(t);
      node.output.node = null;
      if (!node.output.kept && node.output !== output) node.output.dispose();
    }
  });
}

function differentiate(node: TapeNode, store: Gradients, dy: Tensor): void {
  const { trail } = dy.engine;
  if (trail === null) node.backward(store, dy);
  else {
    const place = `backward of ${node.operation}${node.place === "" ? "" : `, ${node.place}`}`;
    trail.at(place, () => node.backward(store, dy));
  }
}

function reachable(root: TapeNode): TapeNode[] {
  const seen = new Set<TapeNode>([root]);
  const stack = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    for (const input of node.inputs) {
      if (input.node !== null && !seen.has(input.node)) {
        seen.add(input.node);
        stack.push(input.node);
      }
    }
  }
  return [...seen].sort((a, b) => b.id - a.id);
}

class GradientStore implements Gradients {
  private readonly gradients = new Map<Tensor, Tensor>();

  set(t: Tensor, gradient: Tensor): void {
    this.gradients.set(t, gradient);
  }

  /** Of the type of `t`. */
  take(t: Tensor): Tensor | undefined {
    const gradient = this.gradients.get(t);
    this.gradients.delete(t);
    if (gradient === undefined || gradient.dtype === t.dtype) return gradient;
    const converted = inType(gradient, t.dtype);
    gradient.dispose();
    return converted;
  }

  sink(input: Tensor, wide = false, parts = 1): Sink | null {
    if (!input.requiresGrad) return null;
    if (input.node === null) return leafSink(input, wide);
    const present = this.gradients.get(input);
    if (present === undefined) {
      const more = wide && (parts > 1 || input.shared.uses > 1); // something will be added to it
      const target = input.engine.empty(input.shape, more ? "f32" : input.dtype);
      this.gradients.set(input, target);
      return { target, accumulate: false };
    }
    return { target: this.own(input, present, wide ? "f32" : input.dtype), accumulate: true };
  }

  pass(input: Tensor, dy: Tensor): void {
    if (!input.requiresGrad) return;
    if (input.node !== null && !this.gradients.has(input)) {
      this.gradients.set(input, dy.alias(input.shape));
      return;
    }
    const { target, accumulate } = this.sink(input, true)!;
    const x = dy.dtype === target.dtype ? dy : inType(dy, target.dtype);
    input.engine.backend.axpby({ alpha: 1, x, beta: accumulate ? 1 : 0, y: target, length: target.size });
    if (x !== dy) x.dispose();
  }

  give(input: Tensor, gradient: Tensor): void {
    // A leaf's gradient is added to in place, so it may take over only memory that no other gradient shares.
    const sole = gradient.shared.references === 1 && gradient.dtype === input.dtype;
    if (input.requiresGrad && input.node === null && !input.gradFresh && sole) {
      input.grad?.dispose();
      input.grad = named(gradient.alias(input.shape).keep(), input);
      input.gradFresh = true;
    } else {
      this.pass(input, gradient);
    }
    gradient.dispose();
  }

  done(input: Tensor): void {
    if (input.shared.uses === 1) evict(input);
  }

  /** A gradient that shares its memory, or is of another type, must be copied before it is added to. */
  private own(input: Tensor, present: Tensor, dtype: DType): Tensor {
    if (present.shared.references === 1 && present.dtype === dtype) return present;
    const copy = inType(present, dtype);
    present.dispose();
    this.gradients.set(input, copy);
    return copy;
  }
}

function leafSink(leaf: Tensor, wide: boolean): Sink {
  const accumulate = leaf.gradFresh;
  const dtype = accumulate && wide ? "f32" : leaf.dtype;
  const { grad } = leaf;
  const target = grad?.dtype === dtype ? grad : leaf.engine.empty(leaf.shape, dtype).keep();
  if (grad !== target) {
    if (grad !== null && accumulate) leaf.engine.backend.copy(grad, target, target.size);
    grad?.dispose();
    leaf.grad = named(target, leaf);
  }
  leaf.gradFresh = true;
  return { target, accumulate };
}

/** A copy in another type: widened exactly, or rounded to nearest even. */
function inType(t: Tensor, dtype: DType): Tensor {
  const copy = t.engine.empty(t.shape, dtype);
  t.engine.backend.copy(t, copy, copy.size);
  return copy;
}

/** For messages. */
function named(gradient: Tensor, leaf: Tensor): Tensor {
  if (leaf.name !== undefined && leaf.engine.trail !== null) gradient.name = `gradient of ${leaf.name}`;
  return gradient;
}

/** Forgets the gradients of leaves and gives their memory back: while the next forward fills memory with activations,
 *  nobody needs it, and as the backward frees those, it is needed again. */
export function zeroGrad(leaves: Iterable<Tensor>): void {
  for (const leaf of leaves) {
    leaf.grad?.dispose();
    leaf.grad = null;
    leaf.gradFresh = false;
  }
}
