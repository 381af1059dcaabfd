// Passes an instance's reply on to the caller.
import { once } from 'node:events';
import { endToEnd } from './headers.js';

/**
 * Resolves when the whole reply was written, but before the response is ended: so the books can be closed before the
 * caller has the last word and looks at them. A reply that HTTP does not allow is a broken one.
 * @param {import('node:http').IncomingMessage} reply
 * @param {import('node:http').ServerResponse} response
 * @param {Record<string, string>} headers of the mesh, to be added
 * @returns {Promise<null | 'broken_reply'>} why it is not whole
 */
export async function relay(reply, response, headers) {
  try {
    response.writeHead(reply.statusCode, { ...endToEnd(reply.headersDistinct), ...headers });
    for await (const chunk of reply) {
      if (!response.write(chunk)) await once(response, 'drain');
    }
    return null;
  } catch {
    return 'broken_reply';
  }
}
