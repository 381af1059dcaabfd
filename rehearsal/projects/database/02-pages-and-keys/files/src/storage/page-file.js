// The main file: a plain array of pages, written only by checkpoints.

import { closeSync, fstatSync, fsyncSync, readSync } from 'node:fs';
import { openForUpdate, writeFully } from './disk.js';
import { PAGE_BYTES } from './page.js';

/** Reads and writes whole pages by their number. */
export class PageFile {
  #fd;

  /** @param {string} path the file is created when it does not exist */
  constructor(path) {
    this.#fd = openForUpdate(path);
  }

  /** @returns {boolean} true for a file that no checkpoint has reached yet */
  get isEmpty() {
    return fstatSync(this.#fd).size === 0;
  }

  /**
   * @param {number} pageId
   * @returns {Buffer} shorter than a page when the file ends too early
   */
  read(pageId) {
    const page = Buffer.alloc(PAGE_BYTES);
    return page.subarray(0, readSync(this.#fd, page, 0, PAGE_BYTES, pageId * PAGE_BYTES));
  }

  /**
   * @param {number} pageId
   * @param {Buffer} page PAGE_BYTES bytes
   */
  write(pageId, page) {
    writeFully(this.#fd, page, pageId * PAGE_BYTES);
  }

  /** Returns once everything written is on the disk. */
  sync() {
    fsyncSync(this.#fd);
  }

  /** Releases the file. */
  close() {
    closeSync(this.#fd);
  }
}
