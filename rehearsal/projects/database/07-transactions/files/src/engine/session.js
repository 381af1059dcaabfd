// Sessions: one client's statements in turn, each a transaction of its own unless BEGIN opened a longer one.

import { fail } from '../errors.js';
import { parseStatement } from '../sql/parse-statement.js';
import { Catalog } from './catalog.js';
import { runStatement } from './run-statement.js';

const READ_ONLY = new Set(['select', 'explain']);
const NOTHING = Object.freeze({ columns: [], rows: [], changes: 0 });

/**
 * @typedef {object} Result what a statement gives back
 * @property {string[]} columns
 * @property {unknown[][]} rows
 * @property {number} changes how many rows were inserted, updated or deleted
 */

/** What a connection, or the command line, talks to. */
export class Session {
  #database;
  #transaction = null;

  /** @param {import('./database.js').Database} database */
  constructor(database) {
    this.#database = database;
  }

  /**
   * A statement that fails changes nothing; an open transaction goes on without it.
   * @param {string} sql one statement
   * @returns {Result}
   */
  execute(sql) {
    const statement = parseStatement(sql);
    switch (statement.kind) {
      case 'begin':
        this.#expectNoTransaction();
        this.#transaction = this.#database.begin();
        return NOTHING;
      case 'commit':
        this.#database.commit(this.#endTransaction());
        return NOTHING;
      case 'rollback':
        this.#database.rollback(this.#endTransaction());
        return NOTHING;
      case 'checkpoint':
        this.#expectNoTransaction();
        this.#database.checkpoint();
        return NOTHING;
      default:
        return this.#transaction === null ? this.#runAlone(statement) : this.#run(statement, this.#transaction);
    }
  }

  #runAlone(statement) {
    const transaction = this.#database.begin();
    try {
      const result = this.#run(statement, transaction);
      this.#database.commit(transaction);
      return result;
    } finally {
      this.#database.rollback(transaction);
    }
  }

  #run(statement, transaction) {
    if (!READ_ONLY.has(statement.kind)) this.#database.claimWrite(transaction);
    try {
      const result = runStatement(new Catalog(transaction), statement);
      transaction.keepStatement();
      return result;
    } catch (error) {
      transaction.undoStatement();
      throw error;
    }
  }

  #expectNoTransaction() {
    if (this.#transaction !== null) fail('transaction_open', 'a transaction is open already');
  }

  #endTransaction() {
    const transaction = this.#transaction;
    if (transaction === null) fail('no_transaction', 'no transaction is open');
    this.#transaction = null;
    return transaction;
  }

  /** Rolls back what is open. */
  close() {
    if (this.#transaction !== null) this.#database.rollback(this.#endTransaction());
  }
}
