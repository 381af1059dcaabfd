// Transactions: what they see of each other, who may write, and what a rollback leaves.

import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDatabase } from '../testing/database.js';
import { temporaryFolder } from '../testing/temporary-folder.js';

const ALL = 'SELECT x FROM t ORDER BY x';

/** Two connections to a table with one row. */
function openTwo(t, folder = temporaryFolder(t)) {
  const { connect } = openDatabase(t, folder);
  const [a, b] = [connect(), connect()];
  a.rows('CREATE TABLE t (x INTEGER)', 'INSERT INTO t VALUES (1)');
  return { a, b };
}

test('uncommitted changes are seen by their own transaction only', (t) => {
  const { a, b } = openTwo(t);
  assert.deepEqual(a.rows('BEGIN', 'INSERT INTO t VALUES (2)', ALL), [[1], [2]]);
  assert.deepEqual(b.rows(ALL), [[1]]);
  a.rows('COMMIT');
  assert.deepEqual(b.rows(ALL), [[1], [2]]);
});

test('a transaction keeps seeing the state of its beginning', (t) => {
  const { a, b } = openTwo(t);
  b.rows('BEGIN');
  a.rows('UPDATE t SET x = 5', 'CREATE TABLE u (y TEXT)');
  assert.deepEqual(b.rows(ALL), [[1]]);
  assert.equal(b.error('SELECT * FROM u'), 'no_such_table');
  assert.deepEqual(b.rows('COMMIT', ALL), [[5]]);
});

test('a rollback undoes rows, tables and indexes', (t) => {
  const { a } = openTwo(t);
  a.rows('BEGIN', 'DELETE FROM t', 'CREATE TABLE u (y TEXT)', 'CREATE INDEX t_x ON t (x)', 'ROLLBACK');
  assert.deepEqual(a.rows(ALL), [[1]]);
  assert.equal(a.error('SELECT * FROM u'), 'no_such_table');
  a.rows('CREATE INDEX t_x ON t (x)');
});

test('a statement that fails leaves the transaction as it was before it', (t) => {
  const { a } = openTwo(t);
  a.rows('BEGIN', 'INSERT INTO t VALUES (2)');
  assert.equal(a.error('INSERT INTO t VALUES (3), (1 / 0)'), 'division_by_zero');
  assert.deepEqual(a.rows('COMMIT', ALL), [[1], [2]]);
});

test('while one transaction has changes, nobody else may change anything', (t) => {
  const { a, b } = openTwo(t);
  a.rows('BEGIN', 'INSERT INTO t VALUES (2)');
  assert.equal(b.error('INSERT INTO t VALUES (3)'), 'conflict');
  b.rows('BEGIN');
  assert.equal(b.error('CREATE TABLE u (y TEXT)'), 'conflict');
  assert.deepEqual(b.rows(ALL), [[1]]);
  b.rows('ROLLBACK');
  a.rows('COMMIT');
  assert.deepEqual(b.rows('INSERT INTO t VALUES (3)', ALL), [[1], [2], [3]]);
});

test('changes based on an old state are refused, so that no update is lost', (t) => {
  const { a, b } = openTwo(t);
  a.rows('BEGIN', ALL);
  b.rows('UPDATE t SET x = x + 1');
  assert.equal(a.error('UPDATE t SET x = x + 1'), 'conflict');
  assert.deepEqual(a.rows(ALL), [[1]]);
  assert.deepEqual(a.rows('ROLLBACK', 'UPDATE t SET x = x + 1', ALL), [[3]]);
});

test('a session that ends gives up its changes', (t) => {
  const { a, b } = openTwo(t);
  a.rows('BEGIN', 'DELETE FROM t');
  a.session.close();
  assert.deepEqual(b.rows('INSERT INTO t VALUES (2)', ALL), [[1], [2]]);
});

test('BEGIN, COMMIT, ROLLBACK and CHECKPOINT must come in a sensible order', (t) => {
  const { a } = openTwo(t);
  assert.equal(a.error('COMMIT'), 'no_transaction');
  assert.equal(a.error('ROLLBACK'), 'no_transaction');
  a.rows('BEGIN');
  assert.equal(a.error('BEGIN'), 'transaction_open');
  assert.equal(a.error('CHECKPOINT'), 'transaction_open');
  a.rows('COMMIT');
});

test('a checkpoint waits until nobody reads an older state', (t) => {
  const folder = temporaryFolder(t);
  const { a, b } = openTwo(t, folder);
  b.rows('BEGIN', ALL);
  a.rows('INSERT INTO t VALUES (2)');
  assert.equal(a.error('CHECKPOINT'), 'conflict');
  assert.deepEqual(b.rows(ALL), [[1]]);
  b.rows('COMMIT');
  a.rows('CHECKPOINT');
  assert.equal(statSync(join(folder, 'wal.log')).size, 0);
  assert.deepEqual(b.rows(ALL), [[1], [2]]);
});

test('a log that has grown long is folded into the main file by itself', (t) => {
  const folder = temporaryFolder(t);
  const asker = openDatabase(t, folder, { checkpointBytes: 100_000 }).connect();
  asker.rows('CREATE TABLE t (text TEXT)');
  for (let i = 0; i < 20; i += 1) {
    asker.rows(`INSERT INTO t VALUES ('${'x'.repeat(20_000)}')`);
    assert.ok(statSync(join(folder, 'wal.log')).size <= 100_000);
  }
  assert.deepEqual(asker.rows('SELECT count(*) FROM t'), [[20]]);
});
