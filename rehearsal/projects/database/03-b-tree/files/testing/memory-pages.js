// Pages in memory that are as strict as a file: what is written must fit and survive encoding.

import { decodePage, encodePage } from '../src/storage/page.js';

/** Implements what a tree needs from its surroundings, and counts the pages in use. */
export class MemoryPages {
  #pages = new Map();
  #lastId = 0;

  /** @returns {number} how many pages are in use */
  get count() {
    return this.#pages.size;
  }

  /**
   * @param {number} pageId must be in use
   * @returns {import('../src/storage/page.js').Node}
   */
  read(pageId) {
    return this.#pages.get(pageId);
  }

  /**
   * @param {number} pageId
   * @param {import('../src/storage/page.js').Node} node
   */
  write(pageId, node) {
    this.#pages.set(pageId, decodePage(encodePage(node), pageId));
  }

  /**
   * @param {import('../src/storage/page.js').Node} node
   * @returns {number}
   */
  allocate(node) {
    this.#lastId += 1;
    this.write(this.#lastId, node);
    return this.#lastId;
  }

  /** @param {number} pageId must be in use */
  release(pageId) {
    if (!this.#pages.delete(pageId)) throw new Error(`page ${pageId} is released twice`);
  }
}
