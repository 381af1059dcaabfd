// Parses expressions, from OR, which binds least, down to literals and names.

import { fail } from '../errors.js';

const COMPARISONS = ['=', '<>', '!=', '<', '<=', '>', '>='];
const AGGREGATES = ['count', 'sum', 'min', 'max', 'avg'];

/**
 * Each node names its kind and keeps its parts in `operands`, so that a walk need not know the kinds.
 * @typedef {object} Expression
 * @property {'literal' | 'column' | 'binary' | 'not' | 'negate' | 'is-null' | 'in' | 'like' | 'aggregate'} kind
 * @property {Expression[]} operands
 */

/**
 * @param {import('./token-reader.js').TokenReader} reader
 * @returns {Expression}
 */
export function parseExpression(reader) {
  return parseChain(reader, ['or'], parseAnd);
}

function parseAnd(reader) {
  return parseChain(reader, ['and'], parseNot);
}

function parseNot(reader) {
  return reader.accept('not') ? { kind: 'not', operands: [parseNot(reader)] } : parsePredicate(reader);
}

function parseChain(reader, operators, parseOperand) {
  let left = parseOperand(reader);
  for (let op = reader.accept(...operators); op !== null; op = reader.accept(...operators)) {
    left = binary(op, left, parseOperand(reader));
  }
  return left;
}

function parsePredicate(reader) {
  const left = parseSum(reader);
  const comparison = reader.accept(...COMPARISONS);
  if (comparison !== null) return binary(comparison === '!=' ? '<>' : comparison, left, parseSum(reader));
  if (reader.accept('is')) {
    const isNegated = reader.accept('not') !== null;
    reader.expect('null');
    return negateIf(isNegated, { kind: 'is-null', operands: [left] });
  }
  const isNegated = reader.accept('not') !== null;
  const test = parseTest(reader, left);
  if (test === null && isNegated) reader.refuse('expected IN, BETWEEN or LIKE');
  return test === null ? left : negateIf(isNegated, test);
}

function parseTest(reader, left) {
  switch (reader.accept('in', 'between', 'like')) {
    case 'in': {
      reader.expect('(');
      const choices = reader.list(() => parseExpression(reader));
      reader.expect(')');
      return { kind: 'in', operands: [left, ...choices] };
    }
    case 'between': {
      // Two comparisons say the same, and the planner knows how to search by them.
      const low = binary('>=', left, parseSum(reader));
      reader.expect('and');
      return binary('and', low, binary('<=', left, parseSum(reader)));
    }
    case 'like':
      return { kind: 'like', operands: [left, parseSum(reader)] };
    default:
      return null;
  }
}

function parseSum(reader) {
  return parseChain(reader, ['+', '-'], parseProduct);
}

function parseProduct(reader) {
  return parseChain(reader, ['*', '/', '%'], parseSigned);
}

function parseSigned(reader) {
  return reader.accept('-') ? { kind: 'negate', operands: [parseSigned(reader)] } : parsePrimary(reader);
}

function parsePrimary(reader) {
  if (reader.accept('(')) {
    const inner = parseExpression(reader);
    reader.expect(')');
    return inner;
  }
  if (reader.next.kind === 'number') return parseNumber(reader.take().value);
  if (reader.next.kind === 'text') return literal(reader.take().value, 'TEXT');
  switch (reader.accept('null', 'true', 'false')) {
    case 'null':
      return literal(null, 'NULL');
    case 'true':
      return literal(true, 'BOOLEAN');
    case 'false':
      return literal(false, 'BOOLEAN');
    default:
      return parseNamed(reader);
  }
}

function parseNumber(text) {
  const value = Number(text);
  const isInteger = /^\d+$/.test(text);
  if (isInteger ? !Number.isSafeInteger(value) : !Number.isFinite(value)) fail('out_of_range', `${text} is too large`);
  return literal(value, isInteger ? 'INTEGER' : 'REAL');
}

function parseNamed(reader) {
  const name = reader.name('a value');
  if (reader.accept('(')) return parseAggregate(reader, name);
  return reader.accept('.') ? column(name, reader.name('a column')) : column(null, name);
}

function parseAggregate(reader, name) {
  if (!AGGREGATES.includes(name)) fail('syntax', `there is no function ${name}`);
  const isCountOfRows = name === 'count' && reader.accept('*') !== null;
  const operands = isCountOfRows ? [] : [parseExpression(reader)];
  reader.expect(')');
  return { kind: 'aggregate', name, operands };
}

function literal(value, type) {
  return { kind: 'literal', value, type, operands: [] };
}

function column(table, name) {
  return { kind: 'column', table, name, operands: [] };
}

function binary(op, left, right) {
  return { kind: 'binary', op, operands: [left, right] };
}

function negateIf(isNegated, expression) {
  return isNegated ? { kind: 'not', operands: [expression] } : expression;
}
