// The planner: when an index is used, and that it never changes the answer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabase } from '../testing/database.js';

function createTables(t) {
  const asker = openDatabase(t).connect();
  const rows = Array.from({ length: 100 }, (_, i) => `(${i}, ${i % 7 === 0 ? 'NULL' : i % 50}, 'name ${i % 10}')`);
  asker.rows(
    'CREATE TABLE t (id INTEGER PRIMARY KEY, size INTEGER, name TEXT)',
    `INSERT INTO t VALUES ${rows.join(', ')}`,
    'CREATE TABLE u (t_id INTEGER, note TEXT)',
    "INSERT INTO u VALUES (5, 'five'), (6, 'six'), (NULL, 'none'), (5, 'five again')",
  );
  return asker;
}

const plan = (asker, sql) => asker.rows(`EXPLAIN ${sql}`).map(([step]) => step);

test('without an index the table is scanned, with one it is searched', (t) => {
  const asker = createTables(t);
  const sql = 'SELECT * FROM t WHERE size = 7';
  assert.deepEqual(plan(asker, sql), ['SCAN t']);
  asker.rows('CREATE INDEX t_size ON t (size)');
  assert.deepEqual(plan(asker, sql), ['SEARCH t USING INDEX t_size (size = ?)']);
});

test('comparisons with an indexed column are searched for, the rest is not', (t) => {
  const asker = createTables(t);
  const access = (where) => plan(asker, `SELECT * FROM t WHERE ${where}`)[0];
  assert.equal(access('3 < id'), 'SEARCH t USING INDEX t_id_key (id > ?)');
  assert.equal(access('id BETWEEN 2 AND 1 + 3'), 'SEARCH t USING INDEX t_id_key (id >= ? AND id <= ?)');
  assert.equal(access("name = 'x' AND (size = 1 OR size = 2) AND id = 4"), 'SEARCH t USING INDEX t_id_key (id = ?)');
  for (const where of ['id = 1 OR size = 2', 'id <> 1', 'id + 0 = 1', 'id = size', 'NOT id = 1']) {
    assert.equal(access(where), 'SCAN t', where);
  }
});

test('of several indexes the one with the fewest rows is taken', (t) => {
  const asker = createTables(t);
  asker.rows('CREATE INDEX t_name ON t (name)', 'CREATE INDEX t_size ON t (size)');
  const index = (where) => /INDEX (\w+)/.exec(plan(asker, `SELECT * FROM t WHERE ${where}`)[0])[1];
  assert.equal(index("size > 3 AND name = 'name 1'"), 't_name');
  assert.equal(index("name = 'name 1' AND id = 3"), 't_id_key');
  assert.equal(index("name > 'a' AND size >= 3 AND size < 5"), 't_size');
});

test('updates, deletes and the inner table of a join use indexes as well', (t) => {
  const asker = createTables(t);
  const update = plan(asker, 'UPDATE t SET size = 1 WHERE id = 2');
  assert.deepEqual(update, ['SEARCH t USING INDEX t_id_key (id = ?)', 'UPDATE']);
  assert.deepEqual(plan(asker, 'DELETE FROM t WHERE id < 2'), ['SEARCH t USING INDEX t_id_key (id < ?)', 'DELETE']);
  assert.deepEqual(plan(asker, 'SELECT count(*) FROM u JOIN t ON t_id = id'), [
    'SCAN u',
    'SEARCH t USING INDEX t_id_key (id = ?)',
    'AGGREGATE',
  ]);
});

test('a join without an index reads the inner table once', (t) => {
  const asker = createTables(t);
  const sql = 'SELECT t.id, u.note FROM t JOIN u ON u.t_id = t.id ORDER BY note';
  assert.deepEqual(plan(asker, sql), ['SCAN t', 'SCAN u INTO HASH (t_id = ?)', 'SORT']);
  assert.deepEqual(asker.rows(sql), [[5, 'five'], [5, 'five again'], [6, 'six']]);
});

test('an index never changes the answer', (t) => {
  const asker = createTables(t);
  const conditions = ['size = 8', 'size > 45', 'size <= 2', 'size >= 10 AND size < 12', 'size = NULL', 'size < NULL'];
  const ask = () => conditions.map((where) => asker.rows(`SELECT id FROM t WHERE ${where} ORDER BY id`));
  const expected = ask();
  asker.rows('CREATE INDEX t_size ON t (size)');
  assert.deepEqual(ask(), expected);
  asker.rows('UPDATE t SET size = size + 1', 'UPDATE t SET size = size - 1', 'DELETE FROM t WHERE size = 8');
  expected[0] = [];
  assert.deepEqual(ask(), expected);
});

test('explaining a change does not make it', (t) => {
  const asker = createTables(t);
  asker.rows('EXPLAIN DELETE FROM t');
  assert.deepEqual(asker.rows('SELECT count(*) FROM t'), [[100]]);
});
