// Statements: creating, filling and changing tables, the rules of their rows, and queries.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabase } from '../testing/database.js';
import { temporaryFolder } from '../testing/temporary-folder.js';

function createUsers(t) {
  const asker = openDatabase(t).connect();
  asker.rows(
    'CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, mail TEXT UNIQUE, score REAL, ok BOOLEAN)',
    "INSERT INTO users VALUES (1, 'Ann', 'a@x', 1.5, TRUE), (2, 'Bob', NULL, 2, NULL)",
  );
  return asker;
}

test('values come back with the types they were stored with', (t) => {
  const asker = createUsers(t);
  assert.deepEqual(asker.rows('SELECT * FROM users ORDER BY id'), [
    [1, 'Ann', 'a@x', 1.5, true],
    [2, 'Bob', null, 2, null],
  ]);
});

test('columns that are not named in an insert are NULL', (t) => {
  const asker = createUsers(t);
  asker.rows("INSERT INTO users (name, id) VALUES ('Cid', 3)");
  assert.deepEqual(asker.rows('SELECT * FROM users WHERE id = 3'), [[3, 'Cid', null, null, null]]);
});

test('each statement tells how many rows it changed', (t) => {
  const { session } = createUsers(t);
  assert.equal(session.execute("INSERT INTO users (id, name) VALUES (3, 'a'), (4, 'b')").changes, 2);
  assert.equal(session.execute('UPDATE users SET score = 0 WHERE id > 1').changes, 3);
  assert.equal(session.execute('DELETE FROM users WHERE id > 100').changes, 0);
  assert.equal(session.execute('DELETE FROM users').changes, 4);
});

const BROKEN_RULES = [
  ["INSERT INTO users (id, name) VALUES (3, 'new'), (1, 'twice')", 'unique_violation'],
  ["INSERT INTO users (id, name, mail) VALUES (3, 'new', 'a@x')", 'unique_violation'],
  ["INSERT INTO users (name) VALUES ('no id')", 'not_null'],
  ['INSERT INTO users (id) VALUES (3)', 'not_null'],
  ['UPDATE users SET name = NULL', 'not_null'],
  ['UPDATE users SET id = 1', 'unique_violation'],
  ["INSERT INTO users (id, name) VALUES ('3', 'x')", 'type_mismatch'],
  ["INSERT INTO users (id, name) VALUES (3.0, 'x')", 'type_mismatch'],
  ["INSERT INTO users (id, name, ok) VALUES (3, 'x', 1)", 'type_mismatch'],
  ['INSERT INTO users (id, name) VALUES (3)', 'syntax'],
  ["INSERT INTO users (id, id) VALUES (3, 4)", 'syntax'],
  ['INSERT INTO users (nothing) VALUES (3)', 'no_such_column'],
  ['INSERT INTO nobody VALUES (3)', 'no_such_table'],
  ['CREATE TABLE users (a TEXT)', 'already_exists'],
  ['CREATE INDEX users_id_key ON users (name)', 'already_exists'],
  ['CREATE INDEX i ON users (nothing)', 'no_such_column'],
  ['DROP TABLE nobody', 'no_such_table'],
];

test('a statement that breaks a rule changes nothing at all', (t) => {
  const asker = createUsers(t);
  const before = asker.rows('SELECT * FROM users ORDER BY id');
  for (const [sql, code] of BROKEN_RULES) {
    assert.equal(asker.error(sql), code, sql);
    assert.deepEqual(asker.rows('SELECT * FROM users ORDER BY id'), before, sql);
  }
});

test('unique values may be passed on within one update', (t) => {
  const asker = createUsers(t);
  asker.rows('UPDATE users SET id = id + 1');
  assert.deepEqual(asker.rows('SELECT id FROM users ORDER BY id'), [[2], [3]]);
});

test('an index on rows that are not unique cannot be made unique', (t) => {
  const asker = createUsers(t);
  asker.rows("INSERT INTO users (id, name) VALUES (3, 'Ann')");
  assert.equal(asker.error('CREATE UNIQUE INDEX users_name ON users (name)'), 'unique_violation');
  asker.rows('CREATE INDEX users_name ON users (name)');
});

test('long texts are told apart even when they begin alike', (t) => {
  const asker = createUsers(t);
  const long = 'x'.repeat(20_000);
  asker.rows(`INSERT INTO users (id, name, mail) VALUES (3, 'long', '${long}1'), (4, 'longer', '${long}2')`);
  assert.equal(asker.error(`UPDATE users SET mail = '${long}1' WHERE id = 4`), 'unique_violation');
  assert.deepEqual(asker.rows(`SELECT id FROM users WHERE mail > '${long}1'`), [[4]]);
  assert.equal(asker.rows('SELECT mail FROM users WHERE id = 3')[0][0], `${long}1`);
});

test('tables whose keys would be named alike can be there at once', (t) => {
  const asker = openDatabase(t).connect();
  asker.rows('CREATE TABLE a_b (c TEXT UNIQUE)', 'CREATE TABLE a (b_c TEXT UNIQUE)');
  asker.rows("INSERT INTO a VALUES ('x')", "INSERT INTO a_b VALUES ('x')");
  assert.equal(asker.error("INSERT INTO a VALUES ('x')"), 'unique_violation');
});

test('a dropped table is gone with its indexes and can be made anew', (t) => {
  const asker = createUsers(t);
  asker.rows('DROP TABLE users');
  assert.equal(asker.error('SELECT * FROM users'), 'no_such_table');
  asker.rows('CREATE TABLE users (id TEXT PRIMARY KEY)');
  assert.deepEqual(asker.rows('SELECT * FROM users'), []);
});

test('everything is there again after closing and opening', (t) => {
  const folder = temporaryFolder(t);
  const first = openDatabase(t, folder);
  const values = Array.from({ length: 500 }, (_, i) => `(${i}, 'row ${i}')`).join(', ');
  first.connect().rows('CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)', `INSERT INTO t VALUES ${values}`);
  first.close();
  const rows = openDatabase(t, folder).connect().rows('SELECT name FROM t WHERE id >= 498 ORDER BY id');
  assert.deepEqual(rows, [['row 498'], ['row 499']]);
});

function createShop(t) {
  const asker = openDatabase(t).connect();
  asker.rows(
    'CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, kind TEXT, price REAL)',
    "INSERT INTO item VALUES (1, 'pen', 'desk', 1.5), (2, 'ink', 'desk', 4), (3, 'tea', 'food', 2.5)",
    "INSERT INTO item (id, name) VALUES (4, 'gap')",
    'CREATE TABLE sale (item INTEGER, day INTEGER, pieces INTEGER)',
    'INSERT INTO sale VALUES (1, 1, 10), (1, 2, 5), (3, 1, 1), (3, 2, 2), (9, 2, 7)',
  );
  return asker;
}

const QUERIES = [
  ['SELECT name FROM item WHERE price > 2 ORDER BY price DESC', [['ink'], ['tea']]],
  ['SELECT name FROM item ORDER BY kind DESC, name LIMIT 2 OFFSET 1', [['ink'], ['pen']]],
  ['SELECT name FROM item ORDER BY price LIMIT 1', [['gap']]],
  ['SELECT price * 2 AS double FROM item WHERE id < 3 ORDER BY double DESC', [[8], [3]]],
  ['SELECT name FROM item LIMIT 0', []],
  ['SELECT 1 + 1', [[2]]],
  ['SELECT count(*), count(kind), sum(price), min(name), avg(price) FROM item', [[4, 3, 8, 'gap', 8 / 3]]],
  ['SELECT count(*), sum(price), avg(price), max(name) FROM item WHERE id > 9', [[0, null, null, null]]],
  ['SELECT kind, count(*) FROM item GROUP BY kind ORDER BY kind', [[null, 1], ['desk', 2], ['food', 1]]],
  ['SELECT kind FROM item WHERE id > 9 GROUP BY kind', []],
  ['SELECT kind FROM item GROUP BY kind ORDER BY count(*) DESC, kind LIMIT 1', [['desk']]],
  ['SELECT day, sum(pieces) * 2 + count(*) AS n FROM sale GROUP BY day ORDER BY n', [[1, 24], [2, 31]]],
  [
    'SELECT i.name, s.pieces FROM item i JOIN sale s ON s.item = i.id WHERE s.day = 2 ORDER BY i.id',
    [['pen', 5], ['tea', 2]],
  ],
  [
    'SELECT kind, sum(pieces * price) AS n FROM sale INNER JOIN item ON item = id GROUP BY kind ORDER BY n DESC',
    [['desk', 22.5], ['food', 7.5]],
  ],
  ['SELECT a.name, b.name FROM item a JOIN item b ON a.kind = b.kind AND a.id < b.id', [['pen', 'ink']]],
  ['SELECT count(*) FROM item a JOIN item b ON TRUE JOIN sale ON day = 1', [[32]]],
];

test('queries give exactly the rows that are asked for', (t) => {
  const asker = createShop(t);
  for (const [sql, rows] of QUERIES) assert.deepEqual(asker.rows(sql), rows, sql);
});

test('output columns are named by alias, by column or by the text of the expression', (t) => {
  const { session } = createShop(t);
  const { columns } = session.execute('SELECT i.id, i.price AS cost, COUNT( * ) FROM item i GROUP BY i.id, i.price');
  assert.deepEqual(columns, ['id', 'cost', 'COUNT( * )']);
  assert.deepEqual(session.execute('SELECT * FROM sale LIMIT 0').columns, ['item', 'day', 'pieces']);
});

const MEANINGLESS = {
  'SELECT nothing FROM item': 'no_such_column',
  'SELECT item.id FROM item i': 'no_such_column',
  'SELECT id FROM item a JOIN item b ON a.id = b.id': 'ambiguous_column',
  'SELECT * FROM item JOIN item ON TRUE': 'ambiguous_column',
  'SELECT a.id FROM item a JOIN sale s ON s.item = b.id JOIN item b ON TRUE': 'no_such_column',
  'SELECT name, count(*) FROM item': 'not_grouped',
  'SELECT * FROM item GROUP BY kind': 'not_grouped',
  'SELECT kind FROM item GROUP BY kind ORDER BY name': 'not_grouped',
  'SELECT id FROM item WHERE count(*) > 1': 'syntax',
  'SELECT sum(count(*)) FROM item': 'syntax',
  'SELECT *': 'syntax',
  'SELECT sum(name) FROM item': 'type_mismatch',
  'SELECT id FROM item WHERE name': 'type_mismatch',
  'SELECT id FROM item WHERE name = 1': 'type_mismatch',
  'SELECT 1 / (id - 1) FROM item': 'division_by_zero',
  'SELECT sum(id + 9007199254740000) FROM item': 'out_of_range',
};

test('queries without a meaning are refused', (t) => {
  const asker = createShop(t);
  for (const [sql, code] of Object.entries(MEANINGLESS)) assert.equal(asker.error(sql), code, sql);
});
