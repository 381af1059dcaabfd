// The line protocol: one SQL statement a line in, one JSON object a line out.

import { DatabaseError, fail } from '../errors.js';

/** The longest statement we accept, so that one client cannot fill the memory of all. */
export const MAX_LINE_BYTES = 1024 * 1024;

const NEWLINE = 0x0a;

/**
 * @param {import('../engine/session.js').Result} result
 * @returns {string} one line, with its newline
 */
export function okReply({ columns, rows, changes }) {
  return `${JSON.stringify({ ok: true, columns, rows, changes })}\n`;
}

/**
 * Details of a defect stay on our side of the socket; the client learns only that there was one.
 * @param {unknown} error
 * @returns {string} one line, with its newline
 */
export function errorReply(error) {
  const { code, message } =
    error instanceof DatabaseError ? error : { code: 'internal', message: 'internal error, see the server log' };
  return `${JSON.stringify({ ok: false, error: { code, message } })}\n`;
}

/** Cuts a byte stream into lines. It works on bytes because a chunk may end inside a character. */
export class LineSplitter {
  #maxBytes;
  #parts = [];
  #bytes = 0;

  /** @param {number} maxBytes a longer line is an error */
  constructor(maxBytes) {
    this.#maxBytes = maxBytes;
  }

  /**
   * @param {Buffer} chunk the next bytes of the stream
   * @returns {Generator<string>} the lines that are complete now, without their newlines
   */
  *push(chunk) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, end));
      start = end + 1;
      yield this.#takeLine();
    }
    this.#keep(chunk.subarray(start));
  }

  #keep(part) {
    this.#bytes += part.length;
    if (this.#bytes > this.#maxBytes) fail('too_large', `a line is at most ${this.#maxBytes} bytes long`);
    this.#parts.push(part);
  }

  #takeLine() {
    const line = Buffer.concat(this.#parts).toString('utf8');
    this.#parts = [];
    this.#bytes = 0;
    return line;
  }
}
