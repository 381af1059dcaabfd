// Reads the bodies of requests, up to a limit.
import { RequestError } from './errors.js';

const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Resolves with the whole body, so that it can be sent more than once.
 * @param {import('node:http').IncomingMessage} request
 * @returns {Promise<Buffer>}
 * @throws {RequestError} 413 when it is over 1 MiB
 */
export function readBody(request) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    let bytes = 0;
    request.on('data', (chunk) => {
      bytes += chunk.length;
      if (bytes <= MAX_BODY_BYTES) {
        chunks.push(chunk);
        return;
      }
      // The rest is read and dropped: a caller that is cut off while sending would never see the answer.
      chunks.length = 0;
      reject(new RequestError(413, 'body_too_large', `a body may have at most ${MAX_BODY_BYTES} bytes`));
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', () => reject(new RequestError(400, 'broken_request', 'the caller left while sending')));
  });
}

/**
 * Resolves with the body read as JSON.
 * @param {import('node:http').IncomingMessage} request
 * @returns {Promise<unknown>}
 * @throws {RequestError} 400 when it is no JSON, 413 when it is too large
 */
export async function readJson(request) {
  const body = await readBody(request);
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new RequestError(400, 'invalid_json', 'the body is not JSON');
  }
}
