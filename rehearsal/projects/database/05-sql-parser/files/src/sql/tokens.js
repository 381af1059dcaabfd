// The tokenizer: the text of a statement as words, numbers, texts and symbols.

import { fail } from '../errors.js';

const SKIPPED = /(?:\s+|--[^\n]*)+/y;
const NUMBER = String.raw`(?<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![A-Za-z0-9_.]))`;
const WORD = String.raw`(?<word>[A-Za-z_][A-Za-z0-9_]*)`;
// Unrolled, so that a missing end quote costs linear time and not exponential.
const TEXT = String.raw`'(?<text>[^']*(?:''[^']*)*)'`;
const SYMBOL = String.raw`(?<symbol><>|!=|<=|>=|[-+*/%=<>(),.;])`;
const TOKEN = new RegExp([NUMBER, WORD, TEXT, SYMBOL].join('|'), 'y');

/**
 * @typedef {object} Token
 * @property {'number' | 'word' | 'text' | 'symbol' | 'end'} kind
 * @property {string} value words in lower case, texts without their quotes
 * @property {number} start where it begins in the statement
 * @property {number} end where the statement goes on after it
 */

/**
 * @param {string} sql
 * @returns {Token[]} the last one has the kind 'end'
 */
export function tokenize(sql) {
  const tokens = [];
  for (let at = skip(sql, 0); at < sql.length; at = skip(sql, tokens.at(-1).end)) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(sql);
    if (match === null) fail('syntax', `cannot read the statement from here on: ${sql.slice(at, at + 20)}`);
    tokens.push({ ...nameToken(match.groups), start: at, end: TOKEN.lastIndex });
  }
  tokens.push({ kind: 'end', value: '', start: sql.length, end: sql.length });
  return tokens;
}

function skip(sql, at) {
  SKIPPED.lastIndex = at;
  return SKIPPED.test(sql) ? SKIPPED.lastIndex : at;
}

function nameToken({ number, word, text, symbol }) {
  if (number !== undefined) return { kind: 'number', value: number };
  if (word !== undefined) return { kind: 'word', value: word.toLowerCase() };
  if (text !== undefined) return { kind: 'text', value: text.replaceAll("''", "'") };
  return { kind: 'symbol', value: symbol };
}
