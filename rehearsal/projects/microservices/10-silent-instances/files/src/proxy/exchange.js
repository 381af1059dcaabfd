// One request to one instance, and the head of its reply.
import http from 'node:http';
import { requestHeaders } from './headers.js';

/**
 * Sends a request and resolves when the head of the reply is there, or with the reason why none will come. An instance
 * that falls silent later breaks its reply off.
 * @param {{ address: string, port: number }} endpoint
 * @param {{ method: string, path: string, query: string, headers: import('./headers.js').Headers, body: Buffer,
 *   callerGone: AbortSignal }} call
 * @param {number} timeoutMs how long the instance may send no byte
 * @returns {Promise<{ reply: http.IncomingMessage }
 *   | { error: 'connect_failed' | 'broken_reply' | 'timeout' | 'client_closed' }>}
 */
export function exchange(endpoint, { method, path, query, headers, body, callerGone }, timeoutMs) {
  return new Promise((resolve) => {
    const outgoing = http.request({
      host: endpoint.address,
      port: endpoint.port,
      method,
      path: path + query,
      headers: requestHeaders(headers, endpoint, body),
      // A new connection each time: one that went stale in a pool would look like a failure of a healthy instance.
      agent: false,
      timeout: timeoutMs,
      signal: callerGone,
    });
    let error = 'connect_failed';
    let reply;
    outgoing.on('socket', (socket) => socket.once('connect', () => (error = 'broken_reply')));
    outgoing.on('timeout', () => {
      if (isHeldUp(reply)) {
        outgoing.setTimeout(timeoutMs);
        return;
      }
      error = 'timeout';
      outgoing.destroy();
    });
    outgoing.on('response', (incoming) => {
      reply = incoming;
      resolve({ reply });
    });
    const giveUp = () => resolve({ error: callerGone.aborted ? 'client_closed' : error });
    outgoing.on('error', giveUp);
    outgoing.on('close', giveUp);
    outgoing.end(body);
  });
}

/** True when it is the caller who is slow: then bytes of the instance are here and wait to be passed on. */
function isHeldUp(reply) {
  return reply !== undefined && reply.readableLength > 0;
}
