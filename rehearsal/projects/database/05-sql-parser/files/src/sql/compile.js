// Compiles expressions: types are checked once, then a closure gives the value for each row.

import { fail } from '../errors.js';
import { matchesLike } from './like.js';
import { areComparable, checkRange, compareValues, isNumeric } from './values.js';

/**
 * @typedef {object} Compiled
 * @property {import('./values.js').Type} type
 * @property {number} level the last of the joined tables it needs; -1 for a constant
 * @property {(row: import('./values.js').Value[], totals?: object[]) => import('./values.js').Value} run
 */

/**
 * @param {import('./parse-expression.js').Expression} expression
 * @param {import('./scope.js').Scope} scope
 * @returns {Compiled}
 */
export function compile(expression, scope) {
  if (expression.kind === 'aggregate') return compileAggregate(expression, scope);
  const parts = expression.operands.map((operand) => compile(operand, scope));
  const level = Math.max(-1, ...parts.map((part) => part.level));
  return { level, ...COMPILERS[expression.kind](expression, parts, scope) };
}

/**
 * @param {import('./parse-expression.js').Expression} expression
 * @param {import('./scope.js').Scope} scope
 * @returns {Compiled} one that is TRUE, FALSE or NULL
 */
export function compileCondition(expression, scope) {
  const compiled = compile(expression, scope);
  expectBoolean(compiled);
  return compiled;
}

const COMPILERS = {
  literal: ({ value, type }) => ({ type, run: () => value }),

  column(expression, parts, scope) {
    const { type, level, position, name } = scope.resolve(expression);
    if (scope.grouping !== null && !scope.grouping.positions.has(position)) {
      fail('not_grouped', `column ${name} must be in GROUP BY or inside an aggregate`);
    }
    return { type, level, run: (row) => row[position] };
  },

  binary({ op }, [left, right]) {
    if (op === 'and' || op === 'or') return compileLogic(left, right, op === 'or');
    return op in COMPARE ? compileComparison(op, left, right) : compileArithmetic(op, left, right);
  },

  not(expression, [operand]) {
    expectBoolean(operand);
    return { type: 'BOOLEAN', run: (row, totals) => negate(operand.run(row, totals)) };
  },

  negate(expression, [operand]) {
    expectNumeric(operand);
    const run = (row, totals) => {
      const value = operand.run(row, totals);
      return value === null ? null : 0 - value;
    };
    return { type: operand.type, run };
  },

  'is-null': (expression, [operand]) => ({
    type: 'BOOLEAN',
    run: (row, totals) => operand.run(row, totals) === null,
  }),

  in(expression, [operand, ...choices]) {
    for (const choice of choices) expectComparable(operand, choice);
    const run = (row, totals) => {
      const value = operand.run(row, totals);
      const values = choices.map((choice) => choice.run(row, totals));
      if (value === null) return null;
      if (values.includes(value)) return true;
      return values.includes(null) ? null : false;
    };
    return { type: 'BOOLEAN', run };
  },

  like(expression, [operand, pattern]) {
    for (const { type } of [operand, pattern]) {
      if (type !== 'TEXT' && type !== 'NULL') fail('type_mismatch', `LIKE needs TEXT, not ${type}`);
    }
    const run = withoutNull(operand, pattern, matchesLike);
    return { type: 'BOOLEAN', run };
  },
};

const COMPARE = {
  '=': (order) => order === 0,
  '<>': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

const CALCULATE = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / (b || fail('division_by_zero', 'division by zero')),
  '%': (a, b) => a % (b || fail('division_by_zero', 'division by zero')),
};

function compileComparison(op, left, right) {
  expectComparable(left, right);
  const test = COMPARE[op];
  return { type: 'BOOLEAN', run: withoutNull(left, right, (a, b) => test(compareValues(a, b))) };
}

function compileArithmetic(op, left, right) {
  expectNumeric(left);
  expectNumeric(right);
  const calculate = CALCULATE[op];
  const type = [left, right].some((part) => part.type === 'REAL') ? 'REAL' : 'INTEGER';
  const run = withoutNull(left, right, (a, b) => {
    const value = calculate(a, b);
    return checkRange(type === 'INTEGER' ? Math.trunc(value) : value, type);
  });
  return { type, run };
}

/** AND and OR are the same rule with TRUE and FALSE exchanged: one side may decide without the other. */
function compileLogic(left, right, deciding) {
  expectBoolean(left);
  expectBoolean(right);
  const run = (row, totals) => {
    const first = left.run(row, totals);
    if (first === deciding) return deciding;
    const second = right.run(row, totals);
    if (second === deciding) return deciding;
    return first === null || second === null ? null : !deciding;
  };
  return { type: 'BOOLEAN', run };
}

/** An aggregate is a place in the totals of its group; what adds up there is built from the scope's list. */
function compileAggregate({ name, operands }, scope) {
  if (scope.grouping === null) fail('syntax', `${name.toUpperCase()} is not allowed here`);
  const argument = operands.length === 0 ? null : compile(operands[0], scope.ungrouped);
  if (argument !== null && (name === 'sum' || name === 'avg')) expectNumeric(argument);
  const place = scope.grouping.aggregates.push({ name, argument }) - 1;
  const types = { count: 'INTEGER', avg: 'REAL' };
  const type = types[name] ?? argument.type;
  return { type, level: -1, run: (row, totals) => totals[place].result() };
}

function withoutNull(left, right, calculate) {
  return (row, totals) => {
    const a = left.run(row, totals);
    const b = right.run(row, totals);
    return a === null || b === null ? null : calculate(a, b);
  };
}

function negate(value) {
  return value === null ? null : !value;
}

function expectBoolean({ type }) {
  if (type !== 'BOOLEAN' && type !== 'NULL') fail('type_mismatch', `a condition must be BOOLEAN, not ${type}`);
}

function expectNumeric({ type }) {
  if (!isNumeric(type)) fail('type_mismatch', `a number is needed, not ${type}`);
}

function expectComparable(left, right) {
  if (!areComparable(left.type, right.type)) fail('type_mismatch', `cannot compare ${left.type} with ${right.type}`);
}
