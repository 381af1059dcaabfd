// A database folder in use: hands out transactions, and folds the log into the main file.

import { PageTransaction } from '../storage/page-transaction.js';
import { Store } from '../storage/store.js';

/** A longer log would make the next start slower than a checkpoint now. */
const CHECKPOINT_BYTES = 4 * 1024 * 1024;

/** The statements of all sessions run one after the other, each in a transaction of its own. */
export class Database {
  #store;
  #checkpointBytes;

  /**
   * @param {string} folder created when it does not exist; no other process may have it open
   * @param {{checkpointBytes?: number}} [options] how long the log may grow before it is folded
   */
  constructor(folder, { checkpointBytes = CHECKPOINT_BYTES } = {}) {
    this.#checkpointBytes = checkpointBytes;
    this.#store = new Store(folder);
  }

  /** @returns {PageTransaction} to be ended by commit, or forgotten */
  begin() {
    return new PageTransaction(this.#store);
  }

  /**
   * Returns when the changes are on the disk.
   * @param {PageTransaction} transaction
   */
  commit(transaction) {
    if (transaction.changes.size === 0) return;
    this.#store.commit(transaction.changes);
    if (this.#store.logBytes > this.#checkpointBytes) this.#store.checkpoint();
  }

  /** Folds the log into the main file. */
  checkpoint() {
    this.#store.checkpoint();
  }

  /** Ends cleanly. */
  close() {
    this.#store.checkpoint();
    this.#store.close();
  }
}
