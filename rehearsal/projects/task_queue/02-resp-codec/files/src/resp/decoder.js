// Decodes RESP2 values from bytes that arrive in pieces of any size.

import { ReplyError } from "./values.js";

const CRLF = "\r\n";
const LONGEST_LINE_BYTES = 64 * 1024;
const DEEPEST_NESTING = 8;

/** The peer sent bytes that are not RESP, or more than the limits allow. */
export class ProtocolError extends Error {}

/** Simple strings become strings, bulk strings Buffers, integers numbers, errors ReplyErrors, nil null. */
export class RespDecoder {
  #bytes = Buffer.alloc(0);
  #maxBulkBytes;
  #maxItems;

  /** @param {{ maxBulkBytes: number, maxItems: number }} limits the largest string and the longest array */
  constructor({ maxBulkBytes, maxItems }) {
    this.#maxBulkBytes = maxBulkBytes;
    this.#maxItems = maxItems;
  }

  /**
   * Yields every value that is complete with this chunk and keeps the rest for the next one.
   *
   * @param {Buffer} chunk
   * @throws {ProtocolError} after the values in front of the fault; the decoder is of no use then
   */
  *push(chunk) {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    let start = 0;
    for (;;) {
      const found = this.#read(start, 0);
      if (found === undefined) break;
      yield found.value;
      start = found.next;
    }
    this.#bytes = this.#bytes.subarray(start);
  }

  #read(start, depth) {
    const header = this.#readLine(start);
    if (header === undefined) return undefined;
    const { text, next } = header;
    switch (text[0]) {
      case "+":
        return { value: text.slice(1), next };
      case "-":
        return { value: parseError(text.slice(1)), next };
      case ":":
        return { value: parseInteger(text.slice(1)), next };
      case "$":
        return this.#readBulk(parseSize(text, this.#maxBulkBytes), next);
      default:
        return this.#readArray(parseSize(text, this.#maxItems), next, depth + 1);
    }
  }

  #readLine(start) {
    if (start >= this.#bytes.length) return undefined;
    if (!"+-:$*".includes(String.fromCharCode(this.#bytes[start]))) {
      throw new ProtocolError(`unexpected byte 0x${this.#bytes[start].toString(16).padStart(2, "0")}`);
    }
    const end = this.#bytes.indexOf(CRLF, start);
    if (end === -1) {
      if (this.#bytes.length - start > LONGEST_LINE_BYTES) throw new ProtocolError("line too long");
      return undefined;
    }
    return { text: this.#bytes.toString("utf8", start, end), next: end + CRLF.length };
  }

  #readBulk(size, start) {
    if (size === -1) return { value: null, next: start };
    const end = start + size;
    if (this.#bytes.length < end + CRLF.length) return undefined;
    if (this.#bytes.toString("latin1", end, end + CRLF.length) !== CRLF) {
      throw new ProtocolError("a bulk string must end with a line break");
    }
    // A copy, because a slice of a few bytes would keep the whole chunk in memory as long as the job lives.
    return { value: Buffer.from(this.#bytes.subarray(start, end)), next: end + CRLF.length };
  }

  #readArray(size, start, depth) {
    if (size === -1) return { value: null, next: start };
    if (depth > DEEPEST_NESTING) throw new ProtocolError("arrays nested too deeply");
    const value = [];
    let next = start;
    while (value.length < size) {
      const item = this.#read(next, depth);
      if (item === undefined) return undefined;
      value.push(item.value);
      next = item.next;
    }
    return { value, next };
  }
}

function parseInteger(text) {
  if (!/^-?\d{1,15}$/.test(text)) throw new ProtocolError("not an integer");
  return Number(text);
}

function parseSize(header, largest) {
  const size = parseInteger(header.slice(1));
  if (size < -1 || size > largest) throw new ProtocolError(`size ${size} is not from -1 to ${largest}`);
  return size;
}

function parseError(text) {
  const [code, ...rest] = text.split(" ");
  return new ReplyError(code, rest.join(" "));
}
