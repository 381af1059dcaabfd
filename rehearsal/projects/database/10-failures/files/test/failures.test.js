// What goes wrong around a statement must not break the promises: full disks, damaged files, other processes.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs, { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { Database } from '../src/engine/database.js';
import { lockFolder } from '../src/storage/folder-lock.js';
import { PAGE_BYTES } from '../src/storage/page.js';
import { WriteAheadLog } from '../src/storage/write-ahead-log.js';
import { openDatabase } from '../testing/database.js';
import { temporaryFolder } from '../testing/temporary-folder.js';

const PAGE = Buffer.alloc(PAGE_BYTES, 1);

/** Lets the next call of each of these functions fail, as on a full disk. */
function fillDisk(t, ...names) {
  for (const name of names) {
    t.mock.method(fs, name).mock.mockImplementationOnce(() => {
      throw new Error('the disk is full');
    });
  }
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
}

function openLog(t, path) {
  const log = new WriteAheadLog(path);
  t.after(() => log.close());
  return { log, commits: Array.from(log.recover(), ({ commit }) => commit) };
}

test('a record that could not be brought to the disk is gone, and the next one takes its place', (t) => {
  const path = join(temporaryFolder(t), 'wal.log');
  const { log } = openLog(t, path);
  log.append(1, [[7, PAGE]]);
  fillDisk(t, 'fdatasyncSync');
  assert.throws(() => log.append(2, [[8, PAGE]]), { code: 'io', message: /disk is full/ });
  assert.deepEqual(openLog(t, path).commits, [1]);
  log.append(2, [[9, PAGE]]);
  assert.deepEqual(openLog(t, path).commits, [1, 2]);
});

test('when not even the failed record can be removed, nothing more is logged before a restart', (t) => {
  const { log } = openLog(t, join(temporaryFolder(t), 'wal.log'));
  fillDisk(t, 'fdatasyncSync', 'ftruncateSync');
  assert.throws(() => log.append(1, [[7, PAGE]]), { code: 'io', message: /disk is full/ });
  assert.throws(() => log.append(1, [[7, PAGE]]), { code: 'io', message: /restart/ });
});

test('a commit counts even when the checkpoint after it fails', (t) => {
  const folder = temporaryFolder(t);
  const { connect, close } = openDatabase(t, folder, { checkpointBytes: 100_000 });
  const asker = connect();
  asker.rows('CREATE TABLE t (text TEXT)');
  const report = t.mock.method(console, 'error', () => {});
  fillDisk(t, 'fsyncSync');
  for (let i = 0; i < 6; i += 1) asker.rows(`INSERT INTO t VALUES ('${'x'.repeat(20_000)}')`);
  assert.equal(report.mock.callCount(), 1);
  assert.deepEqual(asker.rows('SELECT count(*) FROM t'), [[6]]);
  close();
  assert.deepEqual(openDatabase(t, folder).connect().rows('SELECT count(*) FROM t'), [[6]]);
});

test('a statement that is nested beyond reason is an error like any other', (t) => {
  const asker = openDatabase(t).connect();
  assert.equal(asker.error(`SELECT ${'('.repeat(20_000)}`), 'too_large');
  assert.equal(asker.error(`SELECT 1${' + 1'.repeat(20_000)}`), 'too_large');
  assert.deepEqual(asker.rows('SELECT 1'), [[1]]);
});

test('a folder whose files are damaged is refused and not left locked', (t) => {
  const folder = temporaryFolder(t);
  openDatabase(t, folder).close();
  writeFileSync(join(folder, 'pages.db'), 'something else entirely');
  for (let i = 0; i < 2; i += 1) assert.throws(() => new Database(folder), { code: 'corrupt' });
  assert.equal(existsSync(join(folder, 'lock')), false);
});

test('a folder can be taken once, and again after it was given free', (t) => {
  const folder = join(temporaryFolder(t), 'new');
  const unlock = lockFolder(folder);
  assert.throws(() => lockFolder(folder), { code: 'locked' });
  unlock();
  assert.equal(existsSync(join(folder, 'lock')), false);
  lockFolder(folder)();
});

test('the lock of a process that is gone does not count', (t) => {
  const folder = temporaryFolder(t);
  const script = `import { lockFolder } from './src/storage/folder-lock.js'; lockFolder(process.argv[1]);`;
  const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', script, folder], {
    cwd: new URL('..', import.meta.url),
  });
  assert.equal(status, 0);
  assert.equal(existsSync(join(folder, 'lock')), true);
  lockFolder(folder)();
});

test('a lock file without a meaning does not count', (t) => {
  const folder = temporaryFolder(t);
  for (const content of ['', 'rubbish', `${process.pid} started at another time`]) {
    writeFileSync(join(folder, 'lock'), content);
    const unlock = lockFolder(folder);
    assert.match(readFileSync(join(folder, 'lock'), 'utf8'), new RegExp(`^${process.pid} `));
    unlock();
  }
});
