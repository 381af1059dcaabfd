// The format on disk: pages, keys and the order of keys.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { compareValues } from '../src/sql/values.js';
import {
  AFTER_ALL,
  FIRST_NOT_NULL,
  MAX_KEY_BYTES,
  decodeRowId,
  encodeIndexKey,
  encodeKey,
} from '../src/storage/keys.js';
import { OVERFLOW_BYTES, PAGE_BYTES, decodePage, encodePage, nodeBytes } from '../src/storage/page.js';
import { PageFile } from '../src/storage/page-file.js';
import { temporaryFolder } from '../testing/temporary-folder.js';

const NODES = [
  { kind: 'free', next: 7 },
  { kind: 'meta', pageCount: 12, freePage: 3, catalogRoot: 1 },
  { kind: 'leaf', keys: [Buffer.from('a'), Buffer.from('bc')], values: [Buffer.from('1'), Buffer.alloc(0)] },
  { kind: 'branch', keys: [Buffer.from('m')], children: [4, 4_000_000_000] },
  { kind: 'overflow', next: 0, data: Buffer.alloc(OVERFLOW_BYTES, 9) },
];

test('every kind of page comes back from its bytes as it was', () => {
  for (const node of NODES) assert.deepEqual(decodePage(encodePage(node), 5), node);
});

test('a leaf that needs exactly one page fits on it', () => {
  const node = { kind: 'leaf', keys: [Buffer.from('k')], values: [Buffer.alloc(PAGE_BYTES)] };
  node.values = [Buffer.alloc(PAGE_BYTES - (nodeBytes(node) - PAGE_BYTES), 1)];
  assert.equal(nodeBytes(node), PAGE_BYTES);
  assert.deepEqual(decodePage(encodePage(node), 5), node);
});

test('a page with one wrong bit is called damaged', () => {
  const page = encodePage(NODES[2]);
  page[100] ^= 1;
  assert.throws(() => decodePage(page, 5), { code: 'corrupt', message: /page 5/ });
});

test('pages are found again in the file, and missing ones are damaged', (t) => {
  const file = new PageFile(join(temporaryFolder(t), 'pages.db'));
  t.after(() => file.close());
  assert.equal(file.isEmpty, true);
  file.write(2, encodePage(NODES[1]));
  file.sync();
  assert.deepEqual(decodePage(file.read(2), 2), NODES[1]);
  for (const missing of [0, 3]) assert.throws(() => decodePage(file.read(missing), missing), { code: 'corrupt' });
});

test('keys sort like their values', () => {
  const values = [null, false, true, -1e300, -2.5, -2, -1e-300, 0, 1e-300, 1, 2, 10, 2 ** 53, 1e300];
  values.push('', '\0', '\0\0', '\0a', 'a', 'a\0', 'aa', 'b', 'é', '\uffee', '\u{1f600}');
  for (const [i, value] of values.entries()) {
    for (const [j, other] of values.entries()) {
      const order = Buffer.compare(encodeKey(value), encodeKey(other));
      assert.equal(Math.sign(order), Math.sign(i - j), `${value}, ${other}`);
      if (typeof value === typeof other) assert.equal(Math.sign(compareValues(value, other)), Math.sign(i - j));
    }
    assert.equal(Buffer.compare(encodeKey(value), FIRST_NOT_NULL) < 0, value === null);
    assert.ok(Buffer.compare(encodeIndexKey(value, 2 ** 48 - 1), AFTER_ALL) < 0);
  }
});

test('minus zero and zero are the same key', () => {
  assert.deepEqual(encodeKey(-0), encodeKey(0));
});

test('the key of a long text is bounded and still carries its row id', () => {
  const key = encodeIndexKey('\0'.repeat(10_000), 123_456_789);
  assert.ok(key.length <= MAX_KEY_BYTES);
  assert.equal(decodeRowId(key), 123_456_789);
});
