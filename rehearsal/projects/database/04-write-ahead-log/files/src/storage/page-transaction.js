// A transaction's own view of the pages: a snapshot, with its uncommitted changes above it in memory.

import { META_PAGE } from './store.js';

/** Collects changes in two layers, so that a failed statement can be undone without the ones before it. */
export class PageTransaction {
  #store;
  #kept = new Map();
  #statement = new Map();

  /** @param {import('./store.js').Store} store */
  constructor(store) {
    this.#store = store;
    this.snapshot = store.lastCommit;
  }

  /** @returns {Map<number, import('./page.js').Node>} what is to be committed */
  get changes() {
    return this.#kept;
  }

  /**
   * @param {number} pageId
   * @returns {import('./page.js').Node}
   */
  read(pageId) {
    return this.#statement.get(pageId) ?? this.#kept.get(pageId) ?? this.#store.read(pageId, this.snapshot);
  }

  /**
   * @param {number} pageId
   * @param {import('./page.js').Node} node must not be changed afterwards
   */
  write(pageId, node) {
    this.#statement.set(pageId, node);
  }

  /**
   * @param {import('./page.js').Node} node
   * @returns {number} the page that holds it now
   */
  allocate(node) {
    const meta = this.read(META_PAGE);
    const pageId = meta.freePage || meta.pageCount;
    const next =
      pageId === meta.freePage
        ? { ...meta, freePage: this.read(pageId).next }
        : { ...meta, pageCount: meta.pageCount + 1 };
    this.write(META_PAGE, next);
    this.write(pageId, node);
    return pageId;
  }

  /** @param {number} pageId may be given out again by the next allocate */
  release(pageId) {
    const meta = this.read(META_PAGE);
    this.write(pageId, { kind: 'free', next: meta.freePage });
    this.write(META_PAGE, { ...meta, freePage: pageId });
  }

  /** The statement succeeded: its changes now belong to the transaction. */
  keepStatement() {
    for (const [pageId, node] of this.#statement) this.#kept.set(pageId, node);
    this.#statement.clear();
  }

  /** The statement failed: nothing of it remains. */
  undoStatement() {
    this.#statement.clear();
  }
}
