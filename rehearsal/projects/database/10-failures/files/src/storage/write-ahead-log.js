// The write-ahead log: every committed transaction is one checksummed record, on the disk before anyone hears of it.

import { closeSync, fdatasyncSync, fstatSync, ftruncateSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { fail } from '../errors.js';
import { openForUpdate, writeFully } from './disk.js';
import { PAGE_BYTES } from './page.js';

// A record:   magic (4) | checksum of the rest (4) | commit number (6) | page count (4) | pages
// a page:     page number (4) | PAGE_BYTES bytes
const MAGIC = 0x4d444c31;
const HEADER_BYTES = 18;
const ENTRY_BYTES = 4 + PAGE_BYTES;

/**
 * @typedef {object} LoggedCommit
 * @property {number} commit its number; the record after it has the next one
 * @property {{pageId: number, offset: number}[]} pages where in the log the pages are
 */

/** An append-only file that is emptied when its pages have reached the main file. */
export class WriteAheadLog {
  #fd;
  #isBroken = false;

  /** The length of the valid part; the next record goes here. */
  bytes = 0;

  /** @param {string} path the file is created when it does not exist */
  constructor(path) {
    this.#fd = openForUpdate(path);
  }

  /**
   * Reads the log from its start up to the first record that is torn or damaged: a crash while a record was
   * written leaves such a tail, and its transaction was never confirmed to anyone.
   * @returns {Generator<LoggedCommit>}
   */
  *recover() {
    const size = fstatSync(this.#fd).size;
    let expected = null;
    for (let record = this.#recordAt(0, size); record !== null; record = this.#recordAt(this.bytes, size)) {
      if (expected !== null && record.commit !== expected) return;
      expected = record.commit + 1;
      this.bytes += HEADER_BYTES + record.pages.length * ENTRY_BYTES;
      yield record;
    }
  }

  #recordAt(offset, size) {
    const header = this.#readBytes(offset, HEADER_BYTES);
    if (header.length < HEADER_BYTES || header.readUInt32BE(0) !== MAGIC) return null;
    const count = header.readUInt32BE(14);
    if (offset + HEADER_BYTES + count * ENTRY_BYTES > size) return null;
    const entries = this.#readBytes(offset + HEADER_BYTES, count * ENTRY_BYTES);
    if (crc32(entries, crc32(header.subarray(8))) !== header.readUInt32BE(4)) return null;
    const pages = Array.from({ length: count }, (_, i) => ({
      pageId: entries.readUInt32BE(i * ENTRY_BYTES),
      offset: offset + HEADER_BYTES + i * ENTRY_BYTES + 4,
    }));
    return { commit: header.readUIntBE(8, 6), pages };
  }

  /**
   * Returns when the record is on the disk.
   * @param {number} commit
   * @param {[number, Buffer][]} pages numbers and contents
   * @returns {LoggedCommit}
   */
  append(commit, pages) {
    if (this.#isBroken) fail('io', 'the log could not be written earlier; restart to recover what is committed');
    const record = encodeRecord(commit, pages);
    try {
      writeFully(this.#fd, record, this.bytes);
      fdatasyncSync(this.#fd);
    } catch (error) {
      this.#discardTail();
      fail('io', `the transaction could not be logged: ${error.message}`);
    }
    const first = this.bytes + HEADER_BYTES + 4;
    this.bytes += record.length;
    return { commit, pages: pages.map(([pageId], i) => ({ pageId, offset: first + i * ENTRY_BYTES })) };
  }

  /** Whatever reached the disk of a failed record must not look like a commit after the next start. */
  #discardTail() {
    try {
      ftruncateSync(this.#fd, this.bytes);
      fdatasyncSync(this.#fd);
    } catch {
      this.#isBroken = true;
    }
  }

  /**
   * @param {number} offset of a page, as told by recover or append
   * @returns {Buffer}
   */
  readPage(offset) {
    return this.#readBytes(offset, PAGE_BYTES);
  }

  #readBytes(offset, length) {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(this.#fd, bytes, 0, length, offset));
  }

  /** Empties the log. Everything in it must be on the disk in the main file by now. */
  reset() {
    ftruncateSync(this.#fd, 0);
    fdatasyncSync(this.#fd);
    this.bytes = 0;
  }

  /** Releases the file. */
  close() {
    closeSync(this.#fd);
  }
}

function encodeRecord(commit, pages) {
  const record = Buffer.alloc(HEADER_BYTES + pages.length * ENTRY_BYTES);
  record.writeUInt32BE(MAGIC, 0);
  record.writeUIntBE(commit, 8, 6);
  record.writeUInt32BE(pages.length, 14);
  pages.forEach(([pageId, page], i) => {
    record.writeUInt32BE(pageId, HEADER_BYTES + i * ENTRY_BYTES);
    page.copy(record, HEADER_BYTES + i * ENTRY_BYTES + 4);
  });
  record.writeUInt32BE(crc32(record.subarray(8)), 4);
  return record;
}
