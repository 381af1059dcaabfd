// The SQL front: what statements mean, what expressions are worth, and what is refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../src/sql/compile.js';
import { parseStatement } from '../src/sql/parse-statement.js';
import { Scope } from '../src/sql/scope.js';

/** An expression in brackets that show how it was understood. */
function show({ kind, op, name, table, value, operands }) {
  const parts = operands.map(show);
  if (kind === 'literal') return JSON.stringify(value);
  if (kind === 'column') return table === null ? name : `${table}.${name}`;
  return `(${[op ?? name ?? kind, ...parts].join(' ')})`;
}

const showWhere = (condition) => show(parseStatement(`SELECT * FROM t WHERE ${condition}`).where);

test('operators bind in the usual order', () => {
  const shown = showWhere('a + 2 * -b = 3 OR NOT c AND d < 1');
  assert.equal(shown, '(or (= (+ a (* 2 (negate b))) 3) (and (not c) (< d 1)))');
  assert.equal(showWhere('(a - 1) - 2 % 3 != 4'), '(<> (- (- a 1) (% 2 3)) 4)');
});

test('predicates are understood with and without NOT', () => {
  assert.equal(showWhere("a IS NOT NULL AND b NOT IN (1, 'x')"), '(and (not (is-null a)) (not (in b 1 "x")))');
  assert.equal(showWhere('t.a BETWEEN 1 AND 2 AND b'), '(and (and (>= t.a 1) (<= t.a 2)) b)');
  assert.equal(showWhere("a NOT LIKE 'it''s%'"), '(not (like a "it\'s%"))');
});

test('numbers keep the type they are written with', () => {
  const types = parseStatement('SELECT 1, 1.0, .5, 1e3, 2.').items.map(({ expression }) => expression.type);
  assert.deepEqual(types, ['INTEGER', 'REAL', 'REAL', 'REAL', 'REAL']);
});

test('a query is taken apart into its clauses', () => {
  const query = parseStatement(`
    select Name, COUNT(*) AS n, a.x + 1  -- a comment; with a semicolon
    from city a inner join land as l on a.land = l.id
    group by name order by n desc, name limit 3 offset 1;`);
  assert.deepEqual(query.items.map(({ alias, text }) => [alias, text]), [
    [null, 'Name'],
    ['n', 'COUNT(*)'],
    [null, 'a.x + 1'],
  ]);
  assert.deepEqual(query.sources.map(({ table, alias }) => [table, alias]), [['city', 'a'], ['land', 'l']]);
  assert.deepEqual(query.orderBy.map(({ isDescending }) => isDescending), [true, false]);
  assert.deepEqual([query.limit, query.offset], [3, 1]);
});

test('a table is described by its columns and their rules', () => {
  const { columns } = parseStatement('CREATE TABLE t (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, x REAL)');
  assert.deepEqual(columns, [
    { name: 'id', type: 'INTEGER', isPrimary: true, isRequired: true, isUnique: false },
    { name: 'key', type: 'TEXT', isPrimary: false, isRequired: true, isUnique: true },
    { name: 'x', type: 'REAL', isPrimary: false, isRequired: false, isUnique: false },
  ]);
});

const REFUSED = [
  ['', 'syntax'],
  ['HELLO', 'syntax'],
  ['SELECT', 'syntax'],
  ['SELECT 1 SELECT 2', 'syntax'],
  ['SELECT 1; SELECT 2', 'syntax'],
  ["SELECT 'no end", 'syntax'],
  ['SELECT 12ab', 'syntax'],
  ['SELECT #', 'syntax'],
  ['SELECT f(1)', 'syntax'],
  ['SELECT sum(*)', 'syntax'],
  ['SELECT a NOT 1 FROM t', 'syntax'],
  ['SELECT a FROM t GROUP BY 1 + 1', 'syntax'],
  ['SELECT a FROM t LIMIT -1', 'syntax'],
  ['SELECT a FROM t JOIN u', 'syntax'],
  ['SELECT 1 WHERE TRUE', 'syntax'],
  ['CREATE TABLE select (a TEXT)', 'syntax'],
  ['CREATE TABLE t (a VARCHAR)', 'syntax'],
  ['CREATE TABLE t (a TEXT PRIMARY KEY, b TEXT PRIMARY KEY)', 'syntax'],
  ['CREATE TABLE t (a TEXT, A TEXT)', 'already_exists'],
  [`CREATE TABLE ${'t'.repeat(65)} (a TEXT)`, 'syntax'],
  ['EXPLAIN INSERT INTO t VALUES (1)', 'syntax'],
  ['SELECT 9007199254740992', 'out_of_range'],
  ['SELECT 1e999', 'out_of_range'],
];

test('what is not a statement is refused', () => {
  for (const [sql, code] of REFUSED) assert.throws(() => parseStatement(sql), { code }, sql);
});

function evaluate(expression) {
  const [item] = parseStatement(`SELECT ${expression}`).items;
  return compile(item.expression, new Scope([])).run([]);
}

const VALUES = {
  '7 / 2': 3,
  '-7 / 2': -3,
  '7 / 2.0': 3.5,
  '-7 % 3': -1,
  '2 + 3 * 4': 14,
  '0.1 + 0.2 > 0.3': true,
  '1 = 1.0': true,
  "'a' < 'B'": false,
  'FALSE < TRUE': true,
  '3 BETWEEN 1 AND 3': true,
  "'abcabd' LIKE '%ab_'": true,
  "'abc' LIKE 'ABC'": false,
  "'😀' LIKE '_'": true,
  "'' LIKE '%%'": true,
  "'x' NOT IN ('y', 'z')": true,
};

const WITH_NULL = {
  'NULL = NULL': null,
  'NULL IS NULL': true,
  '1 + NULL': null,
  '-NULL': null,
  'NOT NULL': null,
  'NULL AND FALSE': false,
  'FALSE AND NULL': false,
  'NULL AND TRUE': null,
  'NULL OR TRUE': true,
  'NULL OR FALSE': null,
  '1 IN (1, NULL)': true,
  '2 IN (1, NULL)': null,
  '2 NOT IN (1, NULL)': null,
  'NULL IN (1)': null,
  "NULL LIKE 'a'": null,
};

test('expressions have the values one expects', () => {
  for (const [expression, value] of Object.entries(VALUES)) assert.equal(evaluate(expression), value, expression);
});

test('NULL is the value nobody knows', () => {
  for (const [expression, value] of Object.entries(WITH_NULL)) assert.equal(evaluate(expression), value, expression);
});

test('types that do not go together are refused before any row is read', () => {
  for (const expression of ["1 = 'a'", 'TRUE + 1', 'NOT 1', "1 AND TRUE", "1 LIKE 'a'", "-'a'", "1 IN ('a')"]) {
    assert.throws(() => evaluate(expression), { code: 'type_mismatch' }, expression);
  }
});

test('results that cannot be represented are errors', () => {
  assert.throws(() => evaluate('9007199254740991 + 1'), { code: 'out_of_range' });
  assert.throws(() => evaluate('1e308 * 10'), { code: 'out_of_range' });
  for (const division of ['1 / 0', '1 % 0', '1.5 / 0.0']) {
    assert.throws(() => evaluate(division), { code: 'division_by_zero' }, division);
  }
});

test('names must be known, and aggregates belong into queries', () => {
  assert.throws(() => evaluate('a'), { code: 'no_such_column' });
  assert.throws(() => evaluate('t.a'), { code: 'no_such_column', message: /t\.a/ });
  assert.throws(() => evaluate('count(*)'), { code: 'syntax' });
});
