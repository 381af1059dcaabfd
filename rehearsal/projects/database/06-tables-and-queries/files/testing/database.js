// A database in the test's own process, with short ways to ask it.

import { Database } from '../src/engine/database.js';
import { Session } from '../src/engine/session.js';
import { temporaryFolder } from './temporary-folder.js';

/**
 * @param {import('node:test').TestContext} t closes it at its end
 * @param {string} [folder]
 * @param {{checkpointBytes?: number}} [options]
 * @returns {{database: Database, close: () => void, connect: () => Asker}}
 */
export function openDatabase(t, folder = temporaryFolder(t), options = {}) {
  const database = new Database(folder, options);
  let isOpen = true;
  const close = () => {
    if (isOpen) database.close();
    isOpen = false;
  };
  t.after(close);
  return { database, close, connect: () => new Asker(new Session(database)) };
}

/** A session whose answers are easy to compare. */
class Asker {
  /** @param {Session} session */
  constructor(session) {
    this.session = session;
  }

  /**
   * @param {...string} statements
   * @returns {unknown[][]} the rows of the last one
   */
  rows(...statements) {
    return statements.map((sql) => this.session.execute(sql).rows).at(-1);
  }

  /**
   * @param {string} sql
   * @returns {string} the code of the error it must give
   */
  error(sql) {
    try {
      this.session.execute(sql);
    } catch (error) {
      return error.code ?? `${error}`;
    }
    return 'no error';
  }
}
