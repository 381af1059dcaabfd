// Sessions: one client's statements in turn.

import { fail } from '../errors.js';

/**
 * @typedef {object} Result what a statement gives back
 * @property {string[]} columns
 * @property {unknown[][]} rows
 * @property {number} changes how many rows were inserted, updated or deleted
 */

/** What a connection talks to. */
export class Session {
  /**
   * @param {string} sql one statement
   * @returns {Result}
   */
  execute(sql) {
    fail('syntax', `this statement is not understood: ${sql.slice(0, 20)}`);
  }

  /** Ends the session. */
  close() {}
}
