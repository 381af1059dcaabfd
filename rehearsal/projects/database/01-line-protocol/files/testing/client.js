// A client for tests: one question, one answer.

import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

/**
 * @param {import('node:test').TestContext} t closes the connection at its end
 * @param {number} port
 * @returns {Promise<{socket: import('node:net').Socket, ask: (sql: string) => Promise<object>,
 *   reply: () => Promise<object | null>, hangUp: () => Promise<void>}>}
 */
export async function connectClient(t, port) {
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  socket.on('error', () => {}); // a server that is killed resets its connections
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  const reply = async () => {
    const { value, done } = await lines.next();
    return done ? null : JSON.parse(value);
  };
  return {
    socket,
    reply,
    async ask(sql) {
      socket.write(`${sql}\n`);
      return reply();
    },
    async hangUp() {
      socket.end();
      if (!socket.closed) await once(socket, 'close');
    },
  };
}
