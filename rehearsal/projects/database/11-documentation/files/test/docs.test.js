// The documents are right: every example of docs/sql.md gives what stands there, every error code is explained.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ERROR_CODES } from '../src/errors.js';
import { openDatabase } from '../testing/database.js';

const read = (name) => readFileSync(new URL(`../docs/${name}`, import.meta.url), 'utf8');

function outcome(session, sql) {
  try {
    const { columns, rows, changes } = session.execute(sql);
    return columns.length > 0 ? `rows ${JSON.stringify(rows)}` : `changes ${changes}`;
  } catch (error) {
    return `error ${error.code}`;
  }
}

test('the examples of the SQL reference give the results that stand beside them', (t) => {
  const { session } = openDatabase(t).connect();
  const examples = Array.from(read('sql.md').matchAll(/^([A-Z].*) => ((?:rows|changes|error) .*)$/gm));
  assert.ok(examples.length > 30);
  for (const [, sql, expected] of examples) assert.equal(outcome(session, sql), expected, sql);
});

test('every error code is explained in the protocol', () => {
  const explained = Array.from(read('protocol.md').matchAll(/`([a-z_]+)`/g), ([, code]) => code);
  assert.deepEqual(explained.sort(), [...ERROR_CODES].sort());
});
