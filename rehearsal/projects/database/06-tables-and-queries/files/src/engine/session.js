// Sessions: one client's statements in turn, each a transaction of its own.

import { fail } from '../errors.js';
import { parseStatement } from '../sql/parse-statement.js';
import { Catalog } from './catalog.js';
import { runStatement } from './run-statement.js';

const TRANSACTION_CONTROL = new Set(['begin', 'commit', 'rollback']);
const NOTHING = Object.freeze({ columns: [], rows: [], changes: 0 });

/**
 * @typedef {object} Result what a statement gives back
 * @property {string[]} columns
 * @property {unknown[][]} rows
 * @property {number} changes how many rows were inserted, updated or deleted
 */

/** What a connection talks to. */
export class Session {
  #database;

  /** @param {import('./database.js').Database} database */
  constructor(database) {
    this.#database = database;
  }

  /**
   * A statement that fails changes nothing.
   * @param {string} sql one statement
   * @returns {Result}
   */
  execute(sql) {
    const statement = parseStatement(sql);
    if (TRANSACTION_CONTROL.has(statement.kind)) fail('syntax', 'transactions of several statements are not supported');
    if (statement.kind === 'checkpoint') {
      this.#database.checkpoint();
      return NOTHING;
    }
    const transaction = this.#database.begin();
    const result = runStatement(new Catalog(transaction), statement);
    transaction.keepStatement();
    this.#database.commit(transaction);
    return result;
  }

  /** Ends the session. */
  close() {}
}
