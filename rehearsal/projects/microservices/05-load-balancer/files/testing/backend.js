// A real HTTP server that stands for an instance of a service in a test.
import http from 'node:http';
import { text } from 'node:stream/consumers';
import { closeServer, listen } from '../src/http/listening.js';

/** @typedef {(request: http.IncomingMessage, response: http.ServerResponse) => void} Answer */

/**
 * Starts an instance on a free port. Its `answer` may be replaced at any time; `received` grows with each request.
 * @param {import('node:test').TestContext} t the instance is closed when this test ends
 * @param {Answer} [answer]
 */
export async function startBackend(t, answer = answerWith(200)) {
  const backend = { answer, received: [], port: 0 };
  const server = http.createServer(async (request, response) => {
    const { method, url, headers } = request;
    backend.received.push({ method, url, headers, body: await text(request) });
    backend.answer(request, response);
  });
  await listen(server, 0, '127.0.0.1');
  backend.port = server.address().port;
  t.after(() => closeServer(server, 0));
  return backend;
}

/**
 * An answer with this status, body and headers.
 * @param {number} status
 * @returns {Answer}
 */
export function answerWith(status, body = `status ${status}`, headers = {}) {
  return (_request, response) => response.writeHead(status, headers).end(body);
}

/**
 * A port of the loopback address where nothing listens: one that was free a moment ago.
 * @returns {Promise<number>}
 */
export async function findDeadPort() {
  const server = http.createServer();
  await listen(server, 0, '127.0.0.1');
  const { port } = server.address();
  await closeServer(server, 0);
  return port;
}
