// The promise of the server: what it confirmed survives kill -9, and what it did not is gone.

import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectClient } from '../testing/client.js';
import { startServerProcess } from '../testing/server-process.js';
import { temporaryFolder } from '../testing/temporary-folder.js';

test('committed rows survive a kill, uncommitted ones do not', async (t) => {
  const folder = temporaryFolder(t);
  const first = await startServerProcess(t, folder);
  const committing = await connectClient(t, first.port);
  await committing.ask('CREATE TABLE t (id INTEGER PRIMARY KEY, note TEXT)');
  await committing.ask("INSERT INTO t VALUES (1, 'alone')");
  await committing.ask('BEGIN');
  await committing.ask("INSERT INTO t VALUES (2, 'in a transaction')");
  assert.equal((await committing.ask('COMMIT')).ok, true);
  const hesitating = await connectClient(t, first.port);
  await hesitating.ask('BEGIN');
  assert.equal((await hesitating.ask("INSERT INTO t VALUES (3, 'uncommitted')")).ok, true);
  assert.deepEqual(await first.end('SIGKILL'), [null, 'SIGKILL']);

  // What a write in the moment of the kill could have left behind.
  appendFileSync(join(folder, 'wal.log'), 'MDL1 torn');
  const second = await startServerProcess(t, folder);
  const client = await connectClient(t, second.port);
  const { rows } = await client.ask('SELECT id FROM t ORDER BY id');
  assert.deepEqual(rows, [[1], [2]]);
  assert.equal((await client.ask("INSERT INTO t VALUES (3, 'again')")).ok, true);
  assert.deepEqual(await second.end('SIGTERM'), [0, null]);
});
