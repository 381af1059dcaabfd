// The log and the store: recovery, torn records, snapshots, statements that are undone, and checkpoints.

import assert from 'node:assert/strict';
import { appendFileSync, cpSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PAGE_BYTES } from '../src/storage/page.js';
import { PageTransaction } from '../src/storage/page-transaction.js';
import { META_PAGE, Store } from '../src/storage/store.js';
import { WriteAheadLog } from '../src/storage/write-ahead-log.js';
import { temporaryFolder } from '../testing/temporary-folder.js';

const page = (byte) => Buffer.alloc(PAGE_BYTES, byte);

function openLog(t, path) {
  const log = new WriteAheadLog(path);
  t.after(() => log.close());
  return { log, commits: Array.from(log.recover(), ({ commit }) => commit) };
}

/** A log with the commits 1 and 2, and where the second one starts. */
function writeTwo(t) {
  const path = join(temporaryFolder(t), 'wal.log');
  const { log } = openLog(t, path);
  log.append(1, [[7, page(1)]]);
  const start = log.bytes;
  log.append(2, [[7, page(2)], [8, page(3)]]);
  return { path, log, start };
}

test('records and their pages are found again in the next life', (t) => {
  const { path } = writeTwo(t);
  const log = new WriteAheadLog(path);
  t.after(() => log.close());
  const records = Array.from(log.recover());
  assert.deepEqual(records.map(({ commit, pages }) => [commit, pages.length]), [[1, 1], [2, 2]]);
  const [, { pages }] = records;
  assert.deepEqual(pages.map(({ pageId, offset }) => [pageId, log.readPage(offset)[0]]), [[7, 2], [8, 3]]);
});

test('a last record that ends too early is ignored, wherever it ends', (t) => {
  const { path, log, start } = writeTwo(t);
  for (const end of [log.bytes - 1, log.bytes - PAGE_BYTES, start + 18, start + 17, start + 1, start]) {
    truncateSync(path, end);
    assert.deepEqual(openLog(t, path).commits, [1], `cut at ${end}`);
  }
});

test('a last record with one wrong bit is ignored, wherever it is', (t) => {
  const { path, log, start } = writeTwo(t);
  const intact = readFileSync(path);
  for (const at of [start, start + 5, start + 13, start + 17, start + 30, log.bytes - 1]) {
    const damaged = Buffer.from(intact);
    damaged[at] ^= 4;
    writeFileSync(path, damaged);
    assert.deepEqual(openLog(t, path).commits, [1], `bit at ${at}`);
  }
});

test('bytes after the last record are ignored and written over', (t) => {
  const { path } = writeTwo(t);
  appendFileSync(path, Buffer.alloc(5000, 'M'));
  const { log, commits } = openLog(t, path);
  assert.deepEqual(commits, [1, 2]);
  log.append(3, [[1, page(4)]]);
  assert.deepEqual(openLog(t, path).commits, [1, 2, 3]);
});

test('an old record behind newer ones is not taken for the next commit', (t) => {
  const { path, log } = writeTwo(t);
  const old = readFileSync(path);
  log.reset();
  log.append(3, [[7, page(5)]]);
  appendFileSync(path, old.subarray(log.bytes));
  assert.deepEqual(openLog(t, path).commits, [3]);
});

const leaf = (text) => ({ kind: 'leaf', keys: [Buffer.from(text)], values: [Buffer.alloc(0)] });
const textOf = (node) => node.keys[0].toString();

function openStore(t, folder = temporaryFolder(t)) {
  const store = new Store(folder);
  t.after(() => store.close());
  return { store, folder };
}

/** Commits a page with this text, on a new page or on a given one. */
function commitPage(store, text, pageId) {
  const transaction = new PageTransaction(store);
  if (pageId === undefined) pageId = transaction.allocate(leaf(text));
  else transaction.write(pageId, leaf(text));
  transaction.keepStatement();
  store.commit(transaction.changes);
  return pageId;
}

/** The state of the folder as a crash at this moment would leave it. */
function crash(t, folder) {
  const copy = temporaryFolder(t);
  cpSync(folder, copy, { recursive: true });
  return copy;
}

test('a snapshot does not see later commits', (t) => {
  const { store } = openStore(t);
  const pageId = commitPage(store, 'one');
  const early = new PageTransaction(store);
  commitPage(store, 'two', pageId);
  commitPage(store, 'three', pageId);
  assert.equal(textOf(early.read(pageId)), 'one');
  assert.equal(textOf(new PageTransaction(store).read(pageId)), 'three');
});

test('a statement that is undone leaves the changes of the ones before it', (t) => {
  const { store } = openStore(t);
  const transaction = new PageTransaction(store);
  const pageId = transaction.allocate(leaf('kept'));
  transaction.keepStatement();
  transaction.write(pageId, leaf('undone'));
  assert.equal(textOf(transaction.read(pageId)), 'undone');
  transaction.undoStatement();
  assert.equal(textOf(transaction.read(pageId)), 'kept');
});

test('released pages are used again before the file grows', (t) => {
  const { store } = openStore(t);
  const transaction = new PageTransaction(store);
  const pageIds = ['a', 'b', 'c'].map((text) => transaction.allocate(leaf(text)));
  const { pageCount } = transaction.read(META_PAGE);
  for (const pageId of pageIds) transaction.release(pageId);
  const again = pageIds.map(() => transaction.allocate(leaf('new')));
  assert.deepEqual(again.sort(), pageIds.sort());
  assert.equal(transaction.read(META_PAGE).pageCount, pageCount);
});

test('commits survive a crash, whether a checkpoint came between them or not', (t) => {
  const { store, folder } = openStore(t);
  const first = commitPage(store, 'first');
  store.checkpoint();
  const second = commitPage(store, 'second');
  const { store: recovered } = openStore(t, crash(t, folder));
  const transaction = new PageTransaction(recovered);
  assert.equal(textOf(transaction.read(first)), 'first');
  assert.equal(textOf(transaction.read(second)), 'second');
});

test('of a commit that was torn by a crash nothing remains', (t) => {
  const { store, folder } = openStore(t);
  const pageId = commitPage(store, 'before');
  const { logBytes } = store;
  commitPage(store, 'torn', pageId);
  const crashed = crash(t, folder);
  truncateSync(join(crashed, 'wal.log'), logBytes + 3000);
  assert.equal(textOf(new PageTransaction(openStore(t, crashed).store).read(pageId)), 'before');
});

test('a crash in the middle of a checkpoint is repaired from the log', (t) => {
  const { store, folder } = openStore(t);
  const pageId = commitPage(store, 'logged');
  const crashed = crash(t, folder);
  appendFileSync(join(crashed, 'pages.db'), Buffer.alloc(1000, 'half a page'));
  assert.equal(textOf(new PageTransaction(openStore(t, crashed).store).read(pageId)), 'logged');
});

test('a checkpoint empties the log and keeps the pages', (t) => {
  const { store, folder } = openStore(t);
  const pageId = commitPage(store, 'kept');
  assert.ok(store.logBytes > 0);
  store.checkpoint();
  assert.equal(statSync(join(folder, 'wal.log')).size, 0);
  assert.equal(textOf(new PageTransaction(store).read(pageId)), 'kept');
});

test('a crash before the very first record was complete leaves an empty database', (t) => {
  const folder = temporaryFolder(t);
  appendFileSync(join(folder, 'pages.db'), '');
  appendFileSync(join(folder, 'wal.log'), 'MDL1 and a bit');
  assert.equal(openStore(t, folder).store.read(META_PAGE, Infinity).kind, 'meta');
});
