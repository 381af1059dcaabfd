// Encodes JavaScript values as RESP2.

import { ReplyError, SimpleString } from "./values.js";

const CRLF = Buffer.from("\r\n");

/**
 * Strings and Buffers become bulk strings, numbers integers, null the nil array.
 *
 * @param {null | number | string | Buffer | SimpleString | ReplyError | Array} value
 * @returns {Buffer}
 */
export function encode(value) {
  if (value === null) return line("*-1");
  if (typeof value === "number") return line(`:${value}`);
  if (typeof value === "string") return encode(Buffer.from(value));
  if (Buffer.isBuffer(value)) return Buffer.concat([line(`$${value.length}`), value, CRLF]);
  if (value instanceof SimpleString) return line(`+${value.text}`);
  if (value instanceof ReplyError) return line(`-${value.code} ${value.message}`);
  return Buffer.concat([line(`*${value.length}`), ...value.map(encode)]);
}

/**
 * Encodes a request: an array in which every word is a bulk string.
 *
 * @param {Array<string | number | Buffer>} words
 * @returns {Buffer}
 */
export function encodeCommand(words) {
  return encode(words.map((word) => (Buffer.isBuffer(word) ? word : String(word))));
}

// Error messages quote what the client sent, which may hold line breaks that would end the reply early.
function line(text) {
  return Buffer.from(`${text.replace(/[\r\n]/g, " ")}\r\n`);
}
