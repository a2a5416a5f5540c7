/** @file What an expression of a template gives. */

import { attribute, callable, item, slice } from "./access.js";
import { filterNamed, type Runtime, testNamed } from "./filters.js";
import { calculate, unary } from "./operators.js";
import { type Fields, nameOf, type Scope } from "./scope.js";
import { asText, fail, items, numberOf, PythonFloat, Tuple, truth, Undefined, type Value } from "./values.js";

export interface Expressions {
  readonly expression: (node: unknown, scope: Scope) => Value;
  readonly argumentsOf: (
    nodes: readonly Fields[],
    scope: Scope,
  ) => { args: Value[]; keywords: Record<string, Value> };
  readonly filtered: (filter: Fields, value: Value, scope: Scope) => Value;
}

/** `step` is called at each node, and throws where there were too many. */
export function createExpressions(step: () => void): Expressions {
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
    step();
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

  return { expression, argumentsOf, filtered };
}
