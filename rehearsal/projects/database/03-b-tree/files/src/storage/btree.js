// The B+tree: sorted keys with values, spread over pages that split, merge and share.

import { PAGE_BYTES, nodeBytes } from './page.js';

/** A cell this small leaves room for at least three others, so splitting a page always helps. */
const MAX_CELL_BYTES = 1000;

/** A page emptier than this looks for a neighbour to merge or share with. */
const MERGE_BELOW_BYTES = PAGE_BYTES / 3;

const EMPTY_LEAF = Object.freeze({ kind: 'leaf', keys: [], values: [] });

/**
 * What a tree needs from its surroundings; a PageTransaction provides it.
 * @typedef {object} Pages
 * @property {(pageId: number) => import('./page.js').Node} read
 * @property {(pageId: number, node: import('./page.js').Node) => void} write
 * @property {(node: import('./page.js').Node) => number} allocate
 * @property {(pageId: number) => void} release
 */

/** One tree. Its root stays on the same page for life, so whoever refers to the tree never has to follow it. */
export class BTree {
  #pages;

  /**
   * @param {Pages} pages
   * @param {number} root page number, from BTree.create
   */
  constructor(pages, root) {
    this.#pages = pages;
    this.root = root;
  }

  /**
   * @param {Pages} pages
   * @returns {BTree} a new empty tree
   */
  static create(pages) {
    return new BTree(pages, pages.allocate(EMPTY_LEAF));
  }

  /**
   * @param {Buffer} key
   * @returns {Buffer | undefined}
   */
  get(key) {
    let node = this.#pages.read(this.root);
    while (node.kind === 'branch') node = this.#pages.read(node.children[childIndex(node, key)]);
    const { index, found } = search(node.keys, key);
    return found ? node.values[index] : undefined;
  }

  /** @returns {Buffer | undefined} the greatest key */
  lastKey() {
    let node = this.#pages.read(this.root);
    while (node.kind === 'branch') node = this.#pages.read(node.children.at(-1));
    return node.keys.at(-1);
  }

  /**
   * @param {Buffer} [from] the first key wanted
   * @param {Buffer} [to] where to stop; this key itself is left out
   * @returns {Generator<[Buffer, Buffer]>} keys and values in order; do not change the tree meanwhile
   */
  *entries(from = Buffer.alloc(0), to = undefined) {
    for (const leaf of this.#leaves(this.root, from)) {
      for (let i = search(leaf.keys, from).index; i < leaf.keys.length; i += 1) {
        if (to !== undefined && Buffer.compare(leaf.keys[i], to) >= 0) return;
        yield [leaf.keys[i], leaf.values[i]];
      }
    }
  }

  *#leaves(pageId, from) {
    const node = this.#pages.read(pageId);
    if (node.kind === 'leaf') {
      yield node;
      return;
    }
    for (let i = childIndex(node, from); i < node.children.length; i += 1) yield* this.#leaves(node.children[i], from);
  }

  /**
   * Adds the key, or replaces its value.
   * @param {Buffer} key
   * @param {Buffer} value
   */
  put(key, value) {
    if (key.length + value.length > MAX_CELL_BYTES) throw new Error('a cell is too large for its page');
    const split = this.#insert(this.root, key, value);
    if (split === null) return;
    const left = this.#pages.allocate(this.#pages.read(this.root));
    this.#pages.write(this.root, { kind: 'branch', keys: [split.separator], children: [left, split.right] });
  }

  #insert(pageId, key, value) {
    const node = this.#pages.read(pageId);
    if (node.kind === 'leaf') {
      const { index, found } = search(node.keys, key);
      const replaced = found ? 1 : 0;
      return this.#writeOrSplit(pageId, {
        kind: 'leaf',
        keys: node.keys.toSpliced(index, replaced, key),
        values: node.values.toSpliced(index, replaced, value),
      });
    }
    const at = childIndex(node, key);
    const split = this.#insert(node.children[at], key, value);
    if (split === null) return null;
    return this.#writeOrSplit(pageId, {
      kind: 'branch',
      keys: node.keys.toSpliced(at, 0, split.separator),
      children: node.children.toSpliced(at + 1, 0, split.right),
    });
  }

  #writeOrSplit(pageId, node) {
    if (nodeBytes(node) <= PAGE_BYTES) {
      this.#pages.write(pageId, node);
      return null;
    }
    const { left, separator, right } = halve(node);
    this.#pages.write(pageId, left);
    return { separator, right: this.#pages.allocate(right) };
  }

  /**
   * @param {Buffer} key
   * @returns {boolean} whether the key was there
   */
  delete(key) {
    const removed = this.#remove(this.root, key);
    const root = this.#pages.read(this.root);
    if (root.kind === 'branch' && root.children.length === 1) {
      this.#pages.write(this.root, this.#pages.read(root.children[0]));
      this.#pages.release(root.children[0]);
    }
    return removed;
  }

  #remove(pageId, key) {
    const node = this.#pages.read(pageId);
    if (node.kind === 'leaf') {
      const { index, found } = search(node.keys, key);
      if (!found) return false;
      const keys = node.keys.toSpliced(index, 1);
      this.#pages.write(pageId, { kind: 'leaf', keys, values: node.values.toSpliced(index, 1) });
      return true;
    }
    const at = childIndex(node, key);
    const removed = this.#remove(node.children[at], key);
    if (removed) this.#rebalance(pageId, node, at);
    return removed;
  }

  /** After a removal below child `at`: joins it with a neighbour, or takes some of the neighbour's cells. */
  #rebalance(pageId, branch, at) {
    const isSmall = nodeBytes(this.#pages.read(branch.children[at])) < MERGE_BELOW_BYTES;
    if (!isSmall || branch.children.length === 1) return;
    const leftAt = Math.max(at - 1, 0);
    const [leftId, rightId] = branch.children.slice(leftAt, leftAt + 2);
    const joined = join(this.#pages.read(leftId), branch.keys[leftAt], this.#pages.read(rightId));
    if (nodeBytes(joined) <= PAGE_BYTES) {
      this.#pages.write(leftId, joined);
      this.#pages.release(rightId);
      const keys = branch.keys.toSpliced(leftAt, 1);
      this.#pages.write(pageId, { kind: 'branch', keys, children: branch.children.toSpliced(leftAt + 1, 1) });
      return;
    }
    const { left, separator, right } = halve(joined);
    const shared = { kind: 'branch', keys: branch.keys.with(leftAt, separator), children: branch.children };
    if (nodeBytes(shared) > PAGE_BYTES) return; // the new separator is longer: better unbalanced than too large
    this.#pages.write(leftId, left);
    this.#pages.write(rightId, right);
    this.#pages.write(pageId, shared);
  }

  /** Gives all pages of the tree back. The tree cannot be used any more. */
  drop() {
    this.#dropPage(this.root);
  }

  #dropPage(pageId) {
    const node = this.#pages.read(pageId);
    if (node.kind === 'branch') for (const child of node.children) this.#dropPage(child);
    this.#pages.release(pageId);
  }
}

/** The position of the key, or the one where it belongs. */
function search(keys, key) {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (Buffer.compare(keys[middle], key) < 0) low = middle + 1;
    else high = middle;
  }
  return { index: low, found: low < keys.length && keys[low].equals(key) };
}

/** A separator is the smallest key of the child to its right. */
function childIndex(branch, key) {
  const { index, found } = search(branch.keys, key);
  return found ? index + 1 : index;
}

/** Two nodes of about the same size in bytes; a branch gives its middle key away to the parent. */
function halve(node) {
  const middle = middleIndex(node);
  const { keys } = node;
  if (node.kind === 'leaf') {
    return {
      left: { kind: 'leaf', keys: keys.slice(0, middle), values: node.values.slice(0, middle) },
      separator: keys[middle],
      right: { kind: 'leaf', keys: keys.slice(middle), values: node.values.slice(middle) },
    };
  }
  return {
    left: { kind: 'branch', keys: keys.slice(0, middle), children: node.children.slice(0, middle + 1) },
    separator: keys[middle],
    right: { kind: 'branch', keys: keys.slice(middle + 1), children: node.children.slice(middle + 1) },
  };
}

function middleIndex(node) {
  const half = nodeBytes(node) / 2;
  let bytes = 0;
  let index = 0;
  while (index < node.keys.length - 2 && bytes < half) {
    bytes += node.keys[index].length + (node.kind === 'leaf' ? node.values[index].length + 4 : 6);
    index += 1;
  }
  return Math.max(index, 1);
}

function join(left, separator, right) {
  if (left.kind === 'leaf') {
    return { kind: 'leaf', keys: [...left.keys, ...right.keys], values: [...left.values, ...right.values] };
  }
  return {
    kind: 'branch',
    keys: [...left.keys, separator, ...right.keys],
    children: [...left.children, ...right.children],
  };
}
