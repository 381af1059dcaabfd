// One request to one instance, and the head of its reply.
import http from 'node:http';
import { requestHeaders } from './headers.js';

/**
 * Sends a request and resolves when the head of the reply is there, or with the reason why none will come.
 * @param {{ address: string, port: number }} endpoint
 * @param {{ method: string, path: string, query: string, headers: import('./headers.js').Headers, body: Buffer }} call
 * @returns {Promise<{ reply: http.IncomingMessage } | { error: 'connect_failed' | 'broken_reply' }>}
 */
export function exchange(endpoint, { method, path, query, headers, body }) {
  return new Promise((resolve) => {
    const outgoing = http.request({
      host: endpoint.address,
      port: endpoint.port,
      method,
      path: path + query,
      headers: requestHeaders(headers, endpoint, body),
      // A new connection each time: one that went stale in a pool would look like a failure of a healthy instance.
      agent: false,
    });
    let error = 'connect_failed';
    outgoing.on('socket', (socket) => socket.once('connect', () => (error = 'broken_reply')));
    outgoing.on('response', (reply) => resolve({ reply }));
    outgoing.on('error', () => resolve({ error }));
    outgoing.on('close', () => resolve({ error }));
    outgoing.end(body);
  });
}
