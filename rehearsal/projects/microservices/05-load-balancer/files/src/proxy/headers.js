// Tells the headers of a message from those of one connection.
import { formatAuthority } from '../http/authority.js';

const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'];
/** Written anew for each instance: whom it is sent to, and how long the body is that was read. */
const WRITTEN_ANEW = ['host', 'content-length', 'expect'];

/** @typedef {NodeJS.Dict<string[]>} Headers each name in lower case, with all its values */

/**
 * The headers that go on to the next hop (RFC 9110, section 7.6.1).
 * @param {Headers} headers
 * @returns {Headers}
 */
export function endToEnd(headers) {
  const named = (headers.connection ?? []).flatMap((value) => value.toLowerCase().split(/\s*,\s*/));
  return without(headers, [...HOP_BY_HOP, ...named]);
}

/**
 * The headers of a request to an instance.
 * @param {Headers} headers that go on to it
 * @param {{ address: string, port: number }} endpoint
 * @param {Buffer} body
 */
export function requestHeaders(headers, endpoint, body) {
  return {
    ...without(headers, WRITTEN_ANEW),
    ...(body.length > 0 && { 'content-length': body.length }),
    host: formatAuthority(endpoint),
  };
}

function without(headers, names) {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
}
