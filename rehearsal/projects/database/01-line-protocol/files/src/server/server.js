// The TCP server: each connection is a session of its own, served one statement at a time.

import { once } from 'node:events';
import { createServer } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { DatabaseError } from '../errors.js';
import { LineSplitter, MAX_LINE_BYTES, errorReply, okReply } from './protocol.js';

/** How long a client that broke the protocol may take to read why. */
const FAREWELL_MS = 1000;

/**
 * @param {{port: number, createSession: () => import('../engine/session.js').Session}} options port 0 takes any
 *   free port
 * @returns {Promise<{port: number, close: () => Promise<void>}>} settled once connections are accepted
 */
export async function startServer({ port, createSession }) {
  const connections = new Map();
  const server = createServer({ noDelay: true }, (socket) => {
    const served = serve(socket, createSession()).finally(() => connections.delete(socket));
    connections.set(socket, served);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: server.address().port,
    async close() {
      server.close();
      for (const socket of connections.keys()) socket.destroy();
      await Promise.all(connections.values());
    },
  };
}

async function serve(socket, session) {
  const lines = new LineSplitter(MAX_LINE_BYTES);
  const gone = new AbortController();
  socket.once('close', () => gone.abort());
  socket.on('error', () => {}); // one that comes after the last read would end the whole server otherwise
  try {
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      for (const line of lines.push(chunk)) {
        if (line.trim() === '') continue;
        if (!socket.write(answer(session, line))) await once(socket, 'drain', { signal: gone.signal });
        // A client that sends a thousand statements at once must not keep the others waiting for all of them.
        await nextTurn();
      }
    }
  } catch (error) {
    if (error instanceof DatabaseError) sayFarewell(socket, error);
    else socket.destroy();
  } finally {
    session.close();
  }
}

function answer(session, line) {
  try {
    return okReply(session.execute(line));
  } catch (error) {
    if (!(error instanceof DatabaseError)) console.error(error);
    return errorReply(error);
  }
}

/** Unread input would turn our last words into a connection reset, so it is read and dropped for a moment. */
function sayFarewell(socket, error) {
  socket.end(errorReply(error));
  socket.resume();
  setTimeout(() => socket.destroy(), FAREWELL_MS).unref();
}
