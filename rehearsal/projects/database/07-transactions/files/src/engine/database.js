// A database folder in use: who may write, and when the log is folded into the main file.

import { fail } from '../errors.js';
import { PageTransaction } from '../storage/page-transaction.js';
import { Store } from '../storage/store.js';

/** A longer log would make the next start slower than a checkpoint now. */
const CHECKPOINT_BYTES = 4 * 1024 * 1024;

/** Hands out transactions. All of them see the state of their beginning; at most one has changes. */
export class Database {
  #store;
  #checkpointBytes;
  #open = new Set();
  #writer = null;

  /**
   * @param {string} folder created when it does not exist; no other process may have it open
   * @param {{checkpointBytes?: number}} [options] how long the log may grow before it is folded
   */
  constructor(folder, { checkpointBytes = CHECKPOINT_BYTES } = {}) {
    this.#checkpointBytes = checkpointBytes;
    this.#store = new Store(folder);
  }

  /** @returns {PageTransaction} to be ended by commit or rollback */
  begin() {
    const transaction = new PageTransaction(this.#store);
    this.#open.add(transaction);
    return transaction;
  }

  /**
   * Must be called before a transaction changes something. Waiting for the other writer could last for ever,
   * and changes based on an old snapshot would undo those of others: in both cases the client has to decide.
   * @param {PageTransaction} transaction
   */
  claimWrite(transaction) {
    if (this.#writer === transaction) return;
    if (this.#writer !== null) fail('conflict', 'another transaction has uncommitted changes');
    if (transaction.snapshot !== this.#store.lastCommit) {
      fail('conflict', 'others have committed changes since this transaction began');
    }
    this.#writer = transaction;
  }

  /**
   * Returns when the changes are on the disk. The transaction is over, even when this fails.
   * @param {PageTransaction} transaction
   */
  commit(transaction) {
    this.rollback(transaction);
    if (transaction.changes.size === 0) return;
    this.#store.commit(transaction.changes);
    if (this.#store.logBytes > this.#checkpointBytes && !this.#hasOldReaders()) this.#store.checkpoint();
  }

  /** @param {PageTransaction} transaction is over; its changes were never anywhere but in memory */
  rollback(transaction) {
    this.#open.delete(transaction);
    if (this.#writer === transaction) this.#writer = null;
  }

  /** Folds the log into the main file, unless a transaction still reads an older state. */
  checkpoint() {
    if (this.#hasOldReaders()) fail('conflict', 'an open transaction still needs the log');
    this.#store.checkpoint();
  }

  #hasOldReaders() {
    for (const { snapshot } of this.#open) if (snapshot !== this.#store.lastCommit) return true;
    return false;
  }

  /** Ends cleanly: transactions that are still open are lost. */
  close() {
    this.#open.clear();
    this.#store.checkpoint();
    this.#store.close();
  }
}
