// Reads the words of a command and refuses what is not allowed, with a message that says what is.

import { ReplyError } from "../resp/values.js";

const QUEUE_NAME = /^[A-Za-z0-9_.:-]{1,128}$/;
const INTEGER = /^-?\d{1,15}$/;

/**
 * @param {Buffer} word
 * @returns {string}
 */
export function readQueue(word) {
  const name = word.toString();
  if (QUEUE_NAME.test(name)) return name;
  throw new ReplyError("ERR", "a queue name is 1 to 128 letters, digits and the characters _ . : -");
}

/**
 * @param {Buffer} word
 * @returns {number}
 */
export function readJobId(word) {
  const text = word.toString();
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new ReplyError("NOJOB", `there is no job ${text.slice(0, 32)}`);
}

/**
 * @typedef {object} IntegerRule
 * @property {string} name as the client knows it
 * @property {number} min
 * @property {number} max
 */

/**
 * @param {Buffer} word
 * @param {IntegerRule} rule
 * @returns {number}
 */
export function readInteger(word, { name, min, max }) {
  const text = word.toString();
  const value = Number(text);
  if (INTEGER.test(text) && value >= min && value <= max) return value;
  throw new ReplyError("ERR", `${name} must be an integer from ${min} to ${max}`);
}

/**
 * Reads what follows the fixed words: names in any case and any order, each with one integer.
 *
 * @template {Record<string, IntegerRule & { fallback?: number }>} Rules
 * @param {Buffer[]} words
 * @param {Rules} rules
 * @returns {{ [key in keyof Rules]: number | undefined }} the option's fallback where it was not given
 */
export function readOptions(words, rules) {
  const values = Object.fromEntries(Object.entries(rules).map(([key, rule]) => [key, rule.fallback]));
  for (let index = 0; index < words.length; index += 2) {
    const name = words[index].toString().toUpperCase();
    const found = Object.entries(rules).find(([, rule]) => rule.name === name);
    if (found === undefined) throw new ReplyError("ERR", `unknown option '${name.slice(0, 32)}'`);
    const [key, rule] = found;
    if (words[index + 1] === undefined) throw new ReplyError("ERR", `${name} needs a value`);
    values[key] = readInteger(words[index + 1], rule);
  }
  return values;
}
