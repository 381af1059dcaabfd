// The B-tree, compared with a plain sorted map, and values that are too long for it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BTree } from '../src/storage/btree.js';
import { packValue, releaseValue, unpackValue } from '../src/storage/large-values.js';
import { OVERFLOW_BYTES } from '../src/storage/page.js';
import { MemoryPages } from '../testing/memory-pages.js';
import { seededRandom } from '../testing/random.js';

const key = (text) => Buffer.from(text);
const contents = (tree, ...range) => Array.from(tree.entries(...range), ([k, v]) => `${k}=${v}`);

function fill(tree, count) {
  for (let i = 0; i < count; i += 1) tree.put(key(String(i).padStart(6, '0')), key(`value ${i}`));
}

test('a new tree is empty', () => {
  const tree = BTree.create(new MemoryPages());
  assert.deepEqual(contents(tree), []);
  assert.equal(tree.lastKey(), undefined);
  assert.equal(tree.get(key('a')), undefined);
  assert.equal(tree.delete(key('a')), false);
});

test('putting a key again replaces its value', () => {
  const tree = BTree.create(new MemoryPages());
  tree.put(key('a'), key('1'));
  tree.put(key('a'), key('2'));
  assert.deepEqual(contents(tree), ['a=2']);
});

test('a range begins with its first key and ends before its last', () => {
  const tree = BTree.create(new MemoryPages());
  fill(tree, 1000);
  const found = contents(tree, key('000234'), key('000237'));
  assert.deepEqual(found, ['000234=value 234', '000235=value 235', '000236=value 236']);
  assert.equal(tree.lastKey().toString(), '000999');
});

test('random puts and deletes leave the same as in a sorted map', () => {
  const random = seededRandom(1);
  const tree = BTree.create(new MemoryPages());
  const expected = new Map();
  for (let i = 0; i < 3000; i += 1) {
    // First the tree mostly grows, then it mostly shrinks; keys and values have all lengths.
    const isPut = random(10) < (i < 1500 ? 8 : 2);
    const name = `${random(500)}`.padEnd(1 + random(2) * 400, '.');
    if (isPut) {
      const value = 'v'.repeat(random(480));
      tree.put(key(name), key(value));
      expected.set(name, value);
    } else {
      assert.equal(tree.delete(key(name)), expected.delete(name));
    }
  }
  const sorted = Array.from(expected, ([k, v]) => `${k}=${v}`);
  assert.deepEqual(contents(tree).sort(), sorted.sort());
  for (const [name, value] of expected) assert.equal(tree.get(key(name)).toString(), value);
});

test('a tree that is emptied again needs one page, and none when it is dropped', () => {
  const pages = new MemoryPages();
  const tree = BTree.create(pages);
  fill(tree, 1000);
  assert.ok(pages.count > 5);
  for (let i = 0; i < 1000; i += 1) tree.delete(key(String((i * 7) % 1000).padStart(6, '0')));
  assert.equal(pages.count, 1);
  fill(tree, 1000);
  tree.drop();
  assert.equal(pages.count, 0);
});

test('a cell that would not leave room for others is refused', () => {
  const tree = BTree.create(new MemoryPages());
  assert.throws(() => tree.put(key('a'), Buffer.alloc(2000)), /too large/);
});

test('values of every length come back, and give their pages back', () => {
  for (const length of [0, 480, 481, OVERFLOW_BYTES, OVERFLOW_BYTES + 1, 100_000]) {
    const pages = new MemoryPages();
    const value = Buffer.alloc(length, 'x');
    const cell = packValue(pages, value);
    assert.ok(cell.length <= 481);
    assert.deepEqual(unpackValue(pages, cell), value);
    releaseValue(pages, cell);
    assert.equal(pages.count, 0);
  }
});
