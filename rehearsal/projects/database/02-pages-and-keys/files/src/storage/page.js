// Pages: how a node of a tree, or any other block of the file, looks as 4096 bytes.

import { crc32 } from 'node:zlib';
import { fail } from '../errors.js';

/** Every block on disk has this size. */
export const PAGE_BYTES = 4096;

/** Checksum (4), kind (1), count (2), link to another page (4). */
const HEADER_BYTES = 11;

/** How much an overflow page can carry. */
export const OVERFLOW_BYTES = PAGE_BYTES - HEADER_BYTES;

const LEAF_CELL_BYTES = 4;
const BRANCH_CELL_BYTES = 6;
const MAGIC = Buffer.from('MiniDB01');

/** The position in this list is the byte on disk: only append to it. */
const KINDS = ['free', 'meta', 'leaf', 'branch', 'overflow'];

/**
 * The decoded form of a page. Nodes are never changed in place, so one decoded node may be shared by all
 * snapshots and by the cache.
 * @typedef {{kind: 'free', next: number}
 *   | {kind: 'meta', pageCount: number, freePage: number, catalogRoot: number}
 *   | {kind: 'leaf', keys: Buffer[], values: Buffer[]}
 *   | {kind: 'branch', keys: Buffer[], children: number[]}
 *   | {kind: 'overflow', next: number, data: Buffer}} Node
 */

/**
 * @param {Node} node a leaf or a branch
 * @returns {number} the bytes it needs on a page; it fits when that is at most PAGE_BYTES
 */
export function nodeBytes(node) {
  const perCell = node.kind === 'leaf' ? LEAF_CELL_BYTES : BRANCH_CELL_BYTES;
  let bytes = HEADER_BYTES + node.keys.length * perCell;
  for (const key of node.keys) bytes += key.length;
  if (node.kind === 'leaf') for (const value of node.values) bytes += value.length;
  return bytes;
}

/**
 * @param {Node} node
 * @returns {Buffer} PAGE_BYTES bytes that begin with their checksum
 */
export function encodePage(node) {
  const page = Buffer.alloc(PAGE_BYTES);
  const { count, link } = WRITERS[node.kind](node, page);
  page.writeUInt8(KINDS.indexOf(node.kind), 4);
  page.writeUInt16BE(count, 5);
  page.writeUInt32BE(link, 7);
  page.writeUInt32BE(crc32(page.subarray(4)), 0);
  return page;
}

/**
 * @param {Buffer} page PAGE_BYTES bytes
 * @param {number} pageId only for the message when the page is damaged
 * @returns {Node}
 */
export function decodePage(page, pageId) {
  const intact = page.length === PAGE_BYTES && page.readUInt32BE(0) === crc32(page.subarray(4));
  const kind = intact ? KINDS[page.readUInt8(4)] : undefined;
  if (kind === undefined) fail('corrupt', `page ${pageId} is damaged`);
  return READERS[kind](page, page.readUInt16BE(5), page.readUInt32BE(7));
}

const WRITERS = {
  free: (node) => ({ count: 0, link: node.next }),
  meta(node, page) {
    MAGIC.copy(page, HEADER_BYTES);
    page.writeUInt32BE(node.pageCount, HEADER_BYTES + 8);
    page.writeUInt32BE(node.catalogRoot, HEADER_BYTES + 12);
    return { count: 0, link: node.freePage };
  },
  leaf(node, page) {
    let at = HEADER_BYTES;
    node.keys.forEach((key, i) => {
      const value = node.values[i];
      page.writeUInt16BE(key.length, at);
      page.writeUInt16BE(value.length, at + 2);
      key.copy(page, at + LEAF_CELL_BYTES);
      value.copy(page, at + LEAF_CELL_BYTES + key.length);
      at += LEAF_CELL_BYTES + key.length + value.length;
    });
    return { count: node.keys.length, link: 0 };
  },
  branch(node, page) {
    let at = HEADER_BYTES;
    node.keys.forEach((key, i) => {
      page.writeUInt16BE(key.length, at);
      page.writeUInt32BE(node.children[i + 1], at + 2);
      key.copy(page, at + BRANCH_CELL_BYTES);
      at += BRANCH_CELL_BYTES + key.length;
    });
    return { count: node.keys.length, link: node.children[0] };
  },
  overflow(node, page) {
    node.data.copy(page, HEADER_BYTES);
    return { count: node.data.length, link: node.next };
  },
};

const READERS = {
  free: (page, count, link) => ({ kind: 'free', next: link }),
  meta(page, count, link) {
    if (!page.subarray(HEADER_BYTES, HEADER_BYTES + 8).equals(MAGIC)) fail('corrupt', 'this is no MiniDB file');
    return {
      kind: 'meta',
      pageCount: page.readUInt32BE(HEADER_BYTES + 8),
      freePage: link,
      catalogRoot: page.readUInt32BE(HEADER_BYTES + 12),
    };
  },
  leaf(page, count) {
    const keys = [];
    const values = [];
    for (let at = HEADER_BYTES; keys.length < count; ) {
      const keyEnd = at + LEAF_CELL_BYTES + page.readUInt16BE(at);
      const valueEnd = keyEnd + page.readUInt16BE(at + 2);
      keys.push(page.subarray(at + LEAF_CELL_BYTES, keyEnd));
      values.push(page.subarray(keyEnd, valueEnd));
      at = valueEnd;
    }
    return { kind: 'leaf', keys, values };
  },
  branch(page, count, link) {
    const keys = [];
    const children = [link];
    for (let at = HEADER_BYTES; keys.length < count; ) {
      const keyEnd = at + BRANCH_CELL_BYTES + page.readUInt16BE(at);
      children.push(page.readUInt32BE(at + 2));
      keys.push(page.subarray(at + BRANCH_CELL_BYTES, keyEnd));
      at = keyEnd;
    }
    return { kind: 'branch', keys, children };
  },
  overflow: (page, count, link) => ({
    kind: 'overflow',
    next: link,
    data: page.subarray(HEADER_BYTES, HEADER_BYTES + count),
  }),
};
