// Large values: what is too long for a tree's cell continues on a chain of overflow pages.

import { OVERFLOW_BYTES } from './page.js';

/** Up to here a value stays in its cell; at least eight rows then share a page. */
const MAX_INLINE_BYTES = 480;

const INLINE = Buffer.of(0);
const CHAINED = 1;

/**
 * @param {import('./btree.js').Pages} pages
 * @param {Buffer} value of any length
 * @returns {Buffer} what to put into a tree
 */
export function packValue(pages, value) {
  if (value.length <= MAX_INLINE_BYTES) return Buffer.concat([INLINE, value]);
  let next = 0;
  const lastStart = Math.floor((value.length - 1) / OVERFLOW_BYTES) * OVERFLOW_BYTES;
  for (let start = lastStart; start >= 0; start -= OVERFLOW_BYTES) {
    next = pages.allocate({ kind: 'overflow', next, data: value.subarray(start, start + OVERFLOW_BYTES) });
  }
  const cell = Buffer.of(CHAINED, 0, 0, 0, 0);
  cell.writeUInt32BE(next, 1);
  return cell;
}

/**
 * @param {import('./btree.js').Pages} pages
 * @param {Buffer} cell from packValue
 * @returns {Buffer} the value
 */
export function unpackValue(pages, cell) {
  if (cell[0] !== CHAINED) return cell.subarray(1);
  const parts = [];
  for (const { node } of chain(pages, cell)) parts.push(node.data);
  return Buffer.concat(parts);
}

/**
 * Gives the pages of a value back, before its cell is removed or replaced.
 * @param {import('./btree.js').Pages} pages
 * @param {Buffer} cell from packValue
 */
export function releaseValue(pages, cell) {
  if (cell[0] !== CHAINED) return;
  for (const { pageId } of chain(pages, cell)) pages.release(pageId);
}

function* chain(pages, cell) {
  for (let pageId = cell.readUInt32BE(1); pageId !== 0; ) {
    const node = pages.read(pageId);
    yield { pageId, node };
    pageId = node.next;
  }
}
