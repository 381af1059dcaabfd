// Reads tokens one after the other: the steps every parsing function is made of.

import { fail } from '../errors.js';
import { tokenize } from './tokens.js';

const MAX_NAME_LENGTH = 64;

/** Words that cannot be the name of a table, a column or an alias. */
const RESERVED = new Set(
  `and as asc between by create delete desc drop false from group in inner insert into is join like limit not null
   offset on or order select set table true unique update values where`.split(/\s+/),
);

/** A position in the tokens of one statement. */
export class TokenReader {
  #tokens;
  #at = 0;

  /** @param {string} sql */
  constructor(sql) {
    this.sql = sql;
    this.#tokens = tokenize(sql);
  }

  /** @returns {import('./tokens.js').Token} the next token, which stays the next */
  get next() {
    return this.#tokens[this.#at];
  }

  /** @returns {number} where the token read last ends in the statement */
  get lastEnd() {
    return this.#tokens[this.#at - 1]?.end ?? 0;
  }

  /** @returns {import('./tokens.js').Token} the next token, now behind us */
  take() {
    const token = this.next;
    if (token.kind !== 'end') this.#at += 1;
    return token;
  }

  /**
   * @param {...string} values words in lower case, or symbols
   * @returns {boolean} whether the next token is one of them
   */
  sees(...values) {
    const { kind, value } = this.next;
    return (kind === 'word' || kind === 'symbol') && values.includes(value);
  }

  /**
   * @param {...string} values
   * @returns {string | null} the one that came next and is behind us now
   */
  accept(...values) {
    return this.sees(...values) ? this.take().value : null;
  }

  /** @param {...string} values that must come next, all of them, in this order */
  expect(...values) {
    for (const value of values) if (this.accept(value) === null) this.refuse(`expected ${value.toUpperCase()}`);
  }

  /**
   * @param {string} what for the message when there is none
   * @returns {string} the name of something
   */
  name(what) {
    if (!this.seesName()) this.refuse(`expected ${what}`);
    const { value } = this.take();
    if (value.length > MAX_NAME_LENGTH) fail('syntax', `a name is at most ${MAX_NAME_LENGTH} characters long`);
    return value;
  }

  /** @returns {boolean} whether a name comes next */
  seesName() {
    return this.next.kind === 'word' && !RESERVED.has(this.next.value);
  }

  /**
   * Reads one or more parts with commas between them.
   * @template T
   * @param {() => T} readPart
   * @returns {T[]}
   */
  list(readPart) {
    const parts = [readPart()];
    while (this.accept(',')) parts.push(readPart());
    return parts;
  }

  /**
   * @param {string} reason
   * @returns {never}
   */
  refuse(reason) {
    const found = this.next.kind === 'end' ? 'the end' : `"${this.sql.slice(this.next.start, this.next.end)}"`;
    fail('syntax', `${reason}, found ${found}`);
  }
}
