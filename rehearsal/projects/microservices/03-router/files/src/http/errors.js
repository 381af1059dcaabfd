// What went wrong with a request, and how the caller is told.
import { sendJson } from './replies.js';

/** Thrown below a request listener; becomes the reply `{"error": code, "message": message}` with this status. */
export class RequestError extends Error {
  /**
   * @param {number} status
   * @param {string} code for programs
   * @param {string} message for people
   * @param {Record<string, string>} [headers] further headers of the reply
   */
  constructor(status, code, message, headers = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/**
 * Answers with an error; one that is nobody's mistake but ours is a 500 and goes to stderr.
 * @param {import('node:http').ServerResponse} response
 * @param {Error} error
 */
export function sendError(response, error) {
  if (response.destroyed) return;
  if (error instanceof RequestError) {
    sendJson(response, error.status, { error: error.code, message: error.message }, error.headers);
    return;
  }
  console.error(error);
  if (response.headersSent) response.destroy();
  else sendJson(response, 500, { error: 'internal', message: 'the mesh failed; its log says why' });
}
