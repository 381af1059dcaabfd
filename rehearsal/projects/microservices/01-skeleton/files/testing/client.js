// The HTTP client of the tests: Node's own, because `fetch` hides connection headers and tidies paths.
import http from 'node:http';
import { text as readText } from 'node:stream/consumers';

/**
 * Sends a request and resolves with the head of its reply.
 * @param {string} origin for example `http://127.0.0.1:8300`
 * @param {string} path sent exactly as it is
 * @param {{ method?: string, headers?: http.OutgoingHttpHeaders, body?: string, signal?: AbortSignal }} [options]
 * @returns {Promise<http.IncomingMessage>}
 */
export function open(origin, path, { method = 'GET', headers = {}, body = '', signal } = {}) {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const outgoing = http.request({ hostname, port, path, method, headers, signal, agent: false }, resolve);
    outgoing.on('error', reject).end(body);
  });
}

/**
 * Sends a request and resolves with its whole reply.
 * @param {Parameters<typeof open>} request
 * @returns {Promise<{ status: number, headers: http.IncomingHttpHeaders, text: string, json?: any }>}
 */
export async function send(...request) {
  const reply = await open(...request);
  const text = await readText(reply);
  const isJson = text !== '' && reply.headers['content-type']?.startsWith('application/json');
  return { status: reply.statusCode, headers: reply.headers, text, json: isJson ? JSON.parse(text) : undefined };
}
