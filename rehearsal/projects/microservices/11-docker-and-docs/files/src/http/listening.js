// Opens and closes HTTP servers as promises.
import { once } from 'node:events';
import { formatAuthority } from './authority.js';

/**
 * Resolves when the server accepts connections; rejects when the port cannot be had.
 * @param {import('node:http').Server} server
 * @param {number} port 0 takes any free port
 * @param {string} host
 */
export async function listen(server, port, host) {
  server.listen(port, host);
  await once(server, 'listening');
}

/**
 * The address a listening server is reached at.
 * @param {import('node:http').Server} server
 * @returns {string} for example `http://127.0.0.1:8300`
 */
export function urlOf(server) {
  return `http://${formatAuthority(server.address())}`;
}

/**
 * Stops accepting, lets running requests finish and cuts those that outlast the grace period.
 * @param {import('node:http').Server} server
 * @param {number} graceMs
 */
export async function closeServer(server, graceMs) {
  const closed = once(server, 'close');
  server.close();
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(cut);
}
