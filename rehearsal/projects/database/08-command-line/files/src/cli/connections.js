// The two ways from the command line to a database: opening its folder, or asking its server.

import { once } from 'node:events';
import { connect } from 'node:net';
import { DatabaseError, fail } from '../errors.js';
import { Database } from '../engine/database.js';
import { Session } from '../engine/session.js';
import { LineSplitter } from '../server/protocol.js';

/**
 * @typedef {object} Connection
 * @property {(sql: string) => Promise<import('../engine/session.js').Result>} execute
 * @property {() => Promise<void>} close rolls back what is open
 */

/**
 * @param {{folder: string | null, port: number | null}} options
 * @returns {Promise<Connection>}
 */
export async function openConnection({ folder, port }) {
  return folder === null ? connectToServer(port) : openFolder(folder);
}

function openFolder(folder) {
  const database = new Database(folder);
  const session = new Session(database);
  return {
    execute: async (sql) => session.execute(sql),
    async close() {
      session.close();
      database.close();
    },
  };
}

async function connectToServer(port) {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect').catch((error) => fail('io', `cannot reach the server: ${error.message}`));
  const replies = linesOf(socket);
  return {
    async execute(sql) {
      if (sql.includes('\n')) fail('syntax', 'a statement for the server must not have a line break in a text');
      socket.write(`${sql}\n`);
      const { value: line, done } = await replies.next();
      if (done) fail('io', 'the server closed the connection');
      const { ok, error, ...result } = JSON.parse(line);
      if (!ok) throw new DatabaseError(error.code, error.message);
      return result;
    },
    async close() {
      socket.end();
    },
  };
}

async function* linesOf(socket) {
  const splitter = new LineSplitter(Infinity);
  for await (const chunk of socket) yield* splitter.push(chunk);
}
