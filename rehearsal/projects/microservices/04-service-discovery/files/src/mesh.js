// Puts the parts of the mesh together and serves them.
import http from 'node:http';
import { describeInstance } from './discovery/instance-view.js';
import { createRegistry } from './discovery/registry.js';
import { discoveryRoutes } from './discovery/routes.js';
import { closeServer, listen, urlOf } from './http/listening.js';
import { createRouter } from './http/router.js';

const HOST = '127.0.0.1';
/** Requests that run when the mesh is stopped may go on for this long. */
const CLOSE_GRACE_MS = 2000;

/**
 * Starts a mesh and resolves when it accepts connections.
 * @param {{ port: number }} settings
 * @param {{ now?: () => number }} [edges] what a test replaces: the clock, in milliseconds since the epoch
 * @returns {Promise<{ apiUrl: string, close: () => Promise<void> }>}
 */
export async function startMesh(settings, { now = Date.now } = {}) {
  const registry = createRegistry({ now });
  const health = { method: 'GET', path: '/healthz', handle: () => ({ status: 200, json: { status: 'ok' } }) };
  const api = http.createServer(createRouter([health, ...discoveryRoutes({ registry, describe: describeInstance })]));
  await listen(api, settings.port, HOST);
  return { apiUrl: urlOf(api), close: () => closeServer(api, CLOSE_GRACE_MS) };
}
