/** @file Running a parsed chat template as Python's Jinja runs it (in transformers' sandbox): what is undefined shows as
 *  nothing but has no attributes, a loop is a scope of its own and an `if` is none, text and numbers do not add. The
 *  grammar is that of @huggingface/jinja. Steps and output are bounded, so that a template that loops comes to an end. */

import { callable } from "./access.js";
import { createExpressions } from "./expressions.js";
import { type AstNode, type Fields, nameOf, Scope } from "./scope.js";
import {
  asText,
  type Callable,
  equal,
  fail,
  items,
  Namespace,
  Tuple,
  truth,
  Undefined,
  type Value,
} from "./values.js";

const MOST_STEPS = 5_000_000;
const MOST_OUTPUT = 100_000_000;
/** Macros within macros. */
const DEEPEST = 200;

class Leave {
  readonly kind: "break" | "continue";
  constructor(kind: "break" | "continue") {
    this.kind = kind;
  }
}

/** Throws TemplateFault. */
export function evaluate(body: readonly AstNode[], variables: ReadonlyMap<string, Value>): string {
  const globals = new Scope();
  for (const [name, value] of variables) globals.values.set(name, value);
  const top = new Scope(globals);
  let steps = 0;
  let written = 0;
  let depth = 0;
  const step = (): void => {
    if (++steps > MOST_STEPS) fail(`it takes more than ${MOST_STEPS} steps`);
  };
  const { expression, argumentsOf, filtered } = createExpressions(step);

  const run = (nodes: readonly AstNode[], scope: Scope): string => {
    let out = "";
    for (const node of nodes) out += statement(node as Fields, scope);
    return out;
  };

  const statement = (node: Fields, scope: Scope): string => {
    step();
    switch (node.type) {
      case "Comment":
        return "";
      case "If":
        return truth(expression(node.test, scope))
          ? run(node.body as AstNode[], scope)
          : run(node.alternate as AstNode[], scope);
      case "For":
        return loop(node, scope);
      case "Set":
        assign(node, scope);
        return "";
      case "Macro":
        scope.values.set(
          nameOf(node.name),
          macro(node.args as Fields[], node.body as AstNode[], nameOf(node.name)),
        );
        return "";
      case "Break":
        throw new Leave("break");
      case "Continue":
        throw new Leave("continue");
      case "FilterStatement":
        return asText(filtered(node.filter as Fields, run(node.body as AstNode[], new Scope(scope)), scope));
      case "CallStatement": {
        const call = node.call as Fields;
        const caller = macro(
          (node.callerArgs as Fields[] | null) ?? [],
          node.body as AstNode[],
          "caller",
          scope,
        );
        const { args, keywords } = argumentsOf(call.args as Fields[], scope);
        return write(asText(callable(expression(call.callee, scope))(args, { ...keywords, caller })));
      }
      default:
        return write(asText(expression(node, scope)));
    }
  };

  const write = (text: string): string => {
    written += text.length;
    if (written > MOST_OUTPUT) fail(`it writes more than ${MOST_OUTPUT} characters`);
    return text;
  };

  const loop = (node: Fields, scope: Scope): string => {
    let iterable = node.iterable as Fields;
    let test: unknown;
    if (iterable.type === "SelectExpression") {
      test = iterable.test;
      iterable = iterable.lhs as Fields;
    }
    let list = items(expression(iterable, scope));
    if (test !== undefined)
      list = list.filter((item) => {
        const inner = new Scope(scope);
        bind(node.loopvar as Fields, item, inner);
        return truth(expression(test, inner));
      });
    if (list.length === 0) return run(node.defaultBlock as AstNode[], scope);
    let out = "";
    const changed = createChanged();
    for (let i = 0; i < list.length; i++) {
      const inner = new Scope(scope);
      bind(node.loopvar as Fields, list[i]!, inner);
      inner.values.set("loop", loopVariable(list, i, changed));
      try {
        for (const child of node.body as AstNode[]) out += statement(child as Fields, inner);
      } catch (leave) {
        if (!(leave instanceof Leave)) throw leave;
        if (leave.kind === "break") break;
      }
    }
    return out;
  };

  const bind = (target: Fields, value: Value, scope: Scope): void => {
    if (target.type === "Identifier") scope.values.set(String(target.value), value);
    else if (target.type === "TupleLiteral") {
      const names = target.value as Fields[];
      const list = items(value);
      if (list.length !== names.length)
        fail(`${names.length} values to unpack were expected, got ${list.length}`);
      names.forEach((name, i) => {
        bind(name, list[i]!, scope);
      });
    } else if (target.type === "MemberExpression") {
      const object = expression(target.object, scope);
      const name = nameOf(target.property);
      if (!(object instanceof Namespace)) fail("cannot assign attribute on non-namespace object");
      if (name.startsWith("_"))
        fail("chat templates cannot store underscore-prefixed attributes on a namespace");
      (object as Namespace).values.set(name, value);
    } else fail(`cannot assign to ${target.type}`);
  };

  const assign = (node: Fields, scope: Scope): void => {
    const value =
      node.value === null || node.value === undefined
        ? run(node.body as AstNode[], new Scope(scope))
        : expression(node.value, scope);
    bind(node.assignee as Fields, value, scope);
  };

  const macro = (
    parameters: readonly Fields[],
    body: readonly AstNode[],
    name: string,
    outer?: Scope,
  ): Callable => {
    return (args, keywords) => {
      const scope = new Scope(outer ?? top);
      const left = new Map(Object.entries(keywords));
      parameters.forEach((parameter, i) => {
        const plain = parameter.type === "Identifier";
        const parameterName = plain ? String(parameter.value) : nameOf(parameter.key);
        const given = args[i] === undefined ? left.get(parameterName) : args[i];
        left.delete(parameterName);
        const otherwise = () =>
          plain
            ? new Undefined(`parameter '${parameterName}' was not provided`)
            : expression(parameter.value, scope);
        scope.values.set(parameterName, given === undefined ? otherwise() : given);
      });
      const caller = left.get("caller");
      left.delete("caller");
      if (caller !== undefined) scope.values.set("caller", caller);
      scope.values.set("varargs", Tuple.from(args.slice(parameters.length)) as Tuple);
      scope.values.set("kwargs", new Map<Value, Value>(left));
      if (++depth > DEEPEST) fail(`the macro ${name} calls itself without end`);
      try {
        return run(body, scope);
      } finally {
        depth--;
      }
    };
  };

  return run(body, top);
}

/** `loop.changed(…)`: whether the values are others than at the last call. */
function createChanged(): Callable {
  let before: Value | undefined;
  return (args) => {
    const now = Tuple.from(args) as Tuple;
    const differs = before === undefined || !equal(before, now);
    before = now;
    return differs;
  };
}

function loopVariable(list: readonly Value[], i: number, changed: Callable): Map<Value, Value> {
  return new Map<Value, Value>([
    ["index", i + 1],
    ["index0", i],
    ["first", i === 0],
    ["last", i === list.length - 1],
    ["length", list.length],
    ["revindex", list.length - i],
    ["revindex0", list.length - i - 1],
    ["depth", 1],
    ["depth0", 0],
    ["previtem", list[i - 1] ?? new Undefined("there is no previous item")],
    ["nextitem", list[i + 1] ?? new Undefined("there is no next item")],
    ["cycle", (args: readonly Value[]) => args[i % args.length] ?? null],
    ["changed", changed],
  ]);
}
