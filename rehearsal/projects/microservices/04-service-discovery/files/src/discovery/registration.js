// Checks what callers say about an instance.
import { RequestError } from '../http/errors.js';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const ADDRESS = /^[A-Za-z0-9.:_-]{1,253}$/;
const DAY_MS = 24 * 60 * 60 * 1000;
const MAX_METADATA_PAIRS = 16;
const MAX_METADATA_CHARACTERS = 256;

/**
 * @typedef {object} Registration
 * @property {string} address
 * @property {number} port
 * @property {number} weight
 * @property {number} ttlMs
 * @property {Record<string, string>} metadata
 */

/**
 * Returns the name of a service or instance, or refuses it.
 * @param {string} name
 * @returns {string}
 * @throws {RequestError} 400 `invalid_name`
 */
export function checkName(name) {
  if (NAME.test(name)) return name;
  throw new RequestError(400, 'invalid_name', `"${name}" is no name: 1 to 63 letters, digits, ".", "_" and "-"`);
}

/**
 * Reads a registration, with the defaults filled in.
 * @param {unknown} body
 * @returns {Registration}
 * @throws {RequestError} 400 `invalid_registration`, with the first reason
 */
export function readRegistration(body) {
  if (!isObject(body)) refuse('a registration is an object');
  return {
    address: readAddress(body.address),
    port: readInteger(body, 'port', { min: 1, max: 65535 }),
    weight: readInteger(body, 'weight', { fallback: 1, min: 1, max: 100 }),
    ttlMs: readInteger(body, 'ttl_ms', { fallback: 30_000, min: 100, max: DAY_MS }),
    metadata: readMetadata(body.metadata ?? {}),
  };
}

function readAddress(address) {
  if (typeof address === 'string' && ADDRESS.test(address)) return address;
  return refuse('address must be a host name or IP address');
}

function readInteger(body, key, { fallback, min, max }) {
  const value = body[key] ?? fallback;
  if (!Number.isInteger(value) || value < min || value > max) refuse(`${key} must be an integer from ${min} to ${max}`);
  return value;
}

function readMetadata(metadata) {
  const pairs = isObject(metadata) ? Object.entries(metadata) : refuse('metadata must be an object');
  if (pairs.length > MAX_METADATA_PAIRS) refuse(`metadata may have at most ${MAX_METADATA_PAIRS} pairs`);
  for (const text of pairs.flat()) {
    if (typeof text !== 'string' || text.length > MAX_METADATA_CHARACTERS) {
      refuse(`metadata must be strings of at most ${MAX_METADATA_CHARACTERS} characters`);
    }
  }
  return Object.fromEntries(pairs);
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(message) {
  throw new RequestError(400, 'invalid_registration', message);
}
