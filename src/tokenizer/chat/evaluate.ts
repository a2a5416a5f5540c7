/** @file Running a parsed chat template as Python's Jinja runs it (in transformers' sandbox): what is undefined shows as
 *  nothing but has no attributes, a loop is a scope of its own and an `if` is none, text and numbers do not add. The
 *  grammar is that of @huggingface/jinja. Steps and output are bounded, so that a template that loops comes to an end. */

import { add, contains, filterNamed, type Runtime, testNamed } from "./filters.js";
import { methodOf, missing } from "./methods.js";
import {
  asText,
  type Callable,
  compare,
  equal,
  fail,
  items,
  Namespace,
  numberOf,
  PythonFloat,
  Tuple,
  truth,
  typeName,
  Undefined,
  type Value,
} from "./values.js";

/** A node of the grammar, as its parser makes it. */
export interface AstNode {
  readonly type: string;
}
type Fields = Readonly<Record<string, unknown>> & AstNode;

const MOST_STEPS = 5_000_000;
const MOST_OUTPUT = 100_000_000;

class Scope {
  readonly values = new Map<string, Value>();
  readonly parent: Scope | undefined;
  constructor(parent?: Scope) {
    this.parent = parent;
  }
  get(name: string): Value | undefined {
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.parent) {
      const value = scope.values.get(name);
      if (value !== undefined) return value;
    }
    return undefined;
  }
}

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

  const runtime: Runtime = {
    attribute: (value, name) => attribute(value, name),
    applyFilter: (name, value, args, keywords) => {
      // How prepareTokens writes `(a,)` and tests with an argument.
      if (name === "tuple:") return Tuple.of(value) as Tuple;
      const test = /^is(not)?:(.*)$/.exec(name);
      if (test !== null) return runtime.applyTest(test[2]!, value, args) !== (test[1] !== undefined);
      return filterNamed(name)(value, args, keywords, runtime);
    },
    applyTest: (name, value, args) => {
      if (name === "filter" || name === "test") return false;
      return testNamed(name)(value, args);
    },
  };

  const run = (nodes: readonly AstNode[], scope: Scope): string => {
    let out = "";
    for (const node of nodes) out += statement(node as Fields, scope);
    return out;
  };

  const statement = (node: Fields, scope: Scope): string => {
    if (++steps > MOST_STEPS) fail(`it takes more than ${MOST_STEPS} steps`);
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
    let changed: Value | undefined;
    for (let i = 0; i < list.length; i++) {
      const inner = new Scope(scope);
      bind(node.loopvar as Fields, list[i]!, inner);
      inner.values.set(
        "loop",
        new Map<Value, Value>([
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
          [
            "changed",
            (args: readonly Value[]) => {
              const now = Tuple.from(args) as Tuple;
              const differs = changed === undefined || !equal(changed, now);
              changed = now;
              return differs;
            },
          ],
        ]),
      );
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
  let depth = 0;

  const argumentsOf = (
    nodes: readonly Fields[],
    scope: Scope,
  ): { args: Value[]; keywords: Record<string, Value> } => {
    const args: Value[] = [];
    const keywords: Record<string, Value> = {};
    for (const node of nodes) {
      if (node.type === "KeywordArgumentExpression")
        keywords[nameOf(node.key)] = expression(node.value, scope);
      else if (node.type === "SpreadExpression") args.push(...items(expression(node.argument, scope)));
      else if (node.type === "KeywordSpreadExpression") {
        const map = expression(node.argument, scope);
        if (map instanceof Map) for (const [key, value] of map) keywords[asText(key)] = value;
      } else args.push(expression(node, scope));
    }
    return { args, keywords };
  };

  const filtered = (filter: Fields, value: Value, scope: Scope): Value => {
    if (filter.type === "Identifier") return runtime.applyFilter(String(filter.value), value, [], {});
    const { args, keywords } = argumentsOf(filter.args as Fields[], scope);
    return runtime.applyFilter(nameOf(filter.callee), value, args, keywords);
  };

  const expression = (given: unknown, scope: Scope): Value => {
    if (++steps > MOST_STEPS) fail(`it takes more than ${MOST_STEPS} steps`);
    const node = given as Fields;
    switch (node.type) {
      case "IntegerLiteral":
        return node.value as number;
      case "FloatLiteral":
        return new PythonFloat(node.value as number);
      case "StringLiteral":
        return node.value as string;
      case "ArrayLiteral":
        return (node.value as unknown[]).map((item) => expression(item, scope));
      case "TupleLiteral":
        return Tuple.from((node.value as unknown[]).map((item) => expression(item, scope))) as Tuple;
      case "ObjectLiteral":
        return new Map(
          [...(node.value as Map<unknown, unknown>)].map(([k, v]) => [
            expression(k, scope),
            expression(v, scope),
          ]),
        );
      case "Identifier": {
        const name = String(node.value);
        const value = scope.get(name);
        return value === undefined ? new Undefined(`'${name}'`) : value;
      }
      case "MemberExpression":
        return member(node, scope);
      case "CallExpression": {
        const callee = callable(expression(node.callee, scope));
        const { args, keywords } = argumentsOf(node.args as Fields[], scope);
        return callee(args, keywords);
      }
      case "FilterExpression":
        return filtered(node.filter as Fields, expression(node.operand, scope), scope);
      case "TestExpression": {
        const test = node.test as Fields;
        const call = test.type === "CallExpression";
        const args = call ? argumentsOf(test.args as Fields[], scope).args : [];
        const name = call ? nameOf(test.callee) : String(test.value);
        return runtime.applyTest(name, expression(node.operand, scope), args) !== node.negate;
      }
      case "UnaryExpression":
        return unary((node.operator as { value: string }).value, expression(node.argument, scope));
      case "BinaryExpression":
        return binary(node, scope);
      case "Ternary":
        return truth(expression(node.condition, scope))
          ? expression(node.trueExpr, scope)
          : expression(node.falseExpr, scope);
      case "SelectExpression":
        return truth(expression(node.test, scope))
          ? expression(node.lhs, scope)
          : new Undefined("the inline if-expression");
      default:
        return fail(`${node.type} is not supported`);
    }
  };

  const member = (node: Fields, scope: Scope): Value => {
    const object = expression(node.object, scope);
    const property = node.property as Fields;
    if (!node.computed) return attribute(object, nameOf(property));
    if (property.type === "SliceExpression") {
      const part = (key: string) => {
        const value = property[key] === undefined ? null : expression(property[key], scope);
        return value === null
          ? undefined
          : (numberOf(value) ?? fail("slice indices must be integers or None"));
      };
      return slice(object, part("start"), part("stop"), part("step") ?? 1);
    }
    return item(object, expression(property, scope));
  };

  const binary = (node: Fields, scope: Scope): Value => {
    const operator = (node.operator as { value: string }).value;
    const left = expression(node.left, scope);
    if (operator === "and") return truth(left) ? expression(node.right, scope) : left;
    if (operator === "or") return truth(left) ? left : expression(node.right, scope);
    return calculate(operator, left, expression(node.right, scope));
  };

  return run(body, top);
}

const DEEPEST = 200;

const nameOf = (node: unknown): string => String((node as { value: unknown }).value);

function callable(value: Value): Callable {
  if (typeof value === "function") return value as Callable;
  if (value instanceof Undefined) return fail(`${value.name} is undefined`);
  return fail(`'${typeName(value)}' object is not callable`);
}

/** `object.name`: a method, else a key. */
function attribute(object: Value, name: string): Value {
  if (object instanceof Undefined) return fail(`${object.name} is undefined`);
  const values = object instanceof Namespace ? object.values : object instanceof Map ? object : undefined;
  const method = object instanceof Namespace ? undefined : methodOf(object, name);
  if (method !== undefined) return method;
  const found = values?.get(name);
  return found === undefined ? missing(object, name) : found;
}

/** `object[key]`: a key, else an attribute. */
function item(object: Value, key: Value): Value {
  if (object instanceof Undefined) return fail(`${object.name} is undefined`);
  const index = numberOf(key);
  if (object instanceof Map) {
    const exact = object.get(key);
    const found = exact === undefined ? [...object].find(([k]) => equal(k, key))?.[1] : exact;
    if (found !== undefined) return found;
    if (typeof key !== "string") return new Undefined("item");
  } else if ((Array.isArray(object) || typeof object === "string") && index !== undefined) {
    const list = typeof object === "string" ? [...object] : object;
    const found = list[index < 0 ? list.length + index : index];
    return found === undefined ? new Undefined(`${typeName(object)} object has no element ${index}`) : found;
  }
  return typeof key === "string" ? attribute(object, key) : new Undefined("item");
}

function slice(object: Value, start: number | undefined, stop: number | undefined, step: number): Value {
  if (!Array.isArray(object) && typeof object !== "string")
    return fail(`'${typeName(object)}' object is not subscriptable`);
  if (step === 0) return fail("slice step cannot be zero");
  const list: Value[] = typeof object === "string" ? [...object] : object;
  const n = list.length;
  const clamp = (at: number, low: number, high: number) =>
    Math.min(high, Math.max(low, at < 0 ? at + n : at));
  const taken: Value[] = [];
  if (step > 0)
    for (let i = clamp(start ?? 0, 0, n); i < clamp(stop ?? n, 0, n); i += step) taken.push(list[i]!);
  else {
    const end = stop === undefined ? -1 : clamp(stop, -1, n - 1);
    for (let i = clamp(start ?? n - 1, -1, n - 1); i > end; i += step) taken.push(list[i]!);
  }
  if (typeof object === "string") return taken.join("");
  return object instanceof Tuple ? (Tuple.from(taken) as Tuple) : taken;
}

function unary(operator: string, value: Value): Value {
  if (operator === "not") return !truth(value);
  const number = numberOf(value) ?? fail(`bad operand type for unary ${operator}: '${typeName(value)}'`);
  const result = operator === "-" ? -number : number;
  return value instanceof PythonFloat ? new PythonFloat(result) : result;
}

function calculate(operator: string, a: Value, b: Value): Value {
  switch (operator) {
    case "+":
      return add(a, b);
    case "~":
      return asText(a) + asText(b);
    case "==":
      return equal(a, b);
    case "!=":
      return !equal(a, b);
    case "<":
      return compare(a, b) < 0;
    case "<=":
      return compare(a, b) <= 0;
    case ">":
      return compare(a, b) > 0;
    case ">=":
      return compare(a, b) >= 0;
    case "in":
      return contains(b, a);
    case "not in":
      return !contains(b, a);
    default:
      return arithmetic(operator, a, b);
  }
}

const LONGEST_REPEAT = 1_000_000;

function arithmetic(operator: string, a: Value, b: Value): Value {
  const [x, y] = [numberOf(a), numberOf(b)];
  if (operator === "*" && y !== undefined && (typeof a === "string" || Array.isArray(a))) {
    const times = Math.max(0, y);
    if (times * a.length > LONGEST_REPEAT) return fail("repeats too much");
    return typeof a === "string" ? a.repeat(times) : Array.from({ length: times }, () => a).flat();
  }
  if (x === undefined || y === undefined) {
    for (const value of [a, b]) if (value instanceof Undefined) return fail(`${value.name} is undefined`);
    return fail(`unsupported operand type(s) for ${operator}: '${typeName(a)}' and '${typeName(b)}'`);
  }
  const float = a instanceof PythonFloat || b instanceof PythonFloat;
  if (y === 0 && ["/", "//", "%"].includes(operator)) return fail("division by zero");
  if (operator === "/") return new PythonFloat(x / y);
  const results: Readonly<Record<string, number>> = {
    "-": x - y,
    "*": x * y,
    "//": Math.floor(x / y),
    "%": x - y * Math.floor(x / y),
    "**": x ** y,
  };
  const result = results[operator] ?? fail(`the operator ${operator} is not supported`);
  return float || !Number.isInteger(result) ? new PythonFloat(result) : result;
}
