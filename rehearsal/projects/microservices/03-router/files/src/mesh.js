// Puts the parts of the mesh together and serves them.
import http from 'node:http';
import { closeServer, listen, urlOf } from './http/listening.js';
import { createRouter } from './http/router.js';

const HOST = '127.0.0.1';
/** Requests that run when the mesh is stopped may go on for this long. */
const CLOSE_GRACE_MS = 2000;

/**
 * Starts a mesh and resolves when it accepts connections.
 * @param {{ port: number }} settings
 * @returns {Promise<{ apiUrl: string, close: () => Promise<void> }>}
 */
export async function startMesh(settings) {
  const health = { method: 'GET', path: '/healthz', handle: () => ({ status: 200, json: { status: 'ok' } }) };
  const api = http.createServer(createRouter([health]));
  await listen(api, settings.port, HOST);
  return { apiUrl: urlOf(api), close: () => closeServer(api, CLOSE_GRACE_MS) };
}
