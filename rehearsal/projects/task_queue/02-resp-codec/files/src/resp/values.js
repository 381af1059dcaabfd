// The RESP values that JavaScript has no type of its own for.

/** A reply like `+OK`: short text without line breaks. */
export class SimpleString {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }
}

/** A reply like `-NOJOB there is no job 7`: the first word is a code that programs can test. */
export class ReplyError extends Error {
  /**
   * @param {string} code one upper-case word
   * @param {string} message for people
   */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** The reply of every command that has nothing else to say. */
export const OK = new SimpleString("OK");
