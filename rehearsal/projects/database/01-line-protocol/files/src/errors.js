// Errors a client can act on: a stable code for programs, a message for people.

/** Every code a reply may carry; docs/protocol.md says what each one means. */
export const ERROR_CODES = Object.freeze([
  'syntax',
  'no_such_table',
  'no_such_column',
  'ambiguous_column',
  'already_exists',
  'type_mismatch',
  'not_null',
  'unique_violation',
  'not_grouped',
  'out_of_range',
  'division_by_zero',
  'transaction_open',
  'no_transaction',
  'conflict',
  'too_large',
  'locked',
  'corrupt',
  'io',
  'internal',
]);

/** A failure we expect and name; anything else that is thrown is a defect of this program. */
export class DatabaseError extends Error {
  /**
   * @param {string} code one of ERROR_CODES
   * @param {string} message what went wrong, for a person
   */
  constructor(code, message) {
    if (!ERROR_CODES.includes(code)) throw new TypeError(`unknown error code ${code}`);
    super(message);
    this.name = 'DatabaseError';
    this.code = code;
  }
}

/**
 * Ends the current statement with an error the client will see.
 * @param {string} code one of ERROR_CODES
 * @param {string} message what went wrong, for a person
 * @returns {never}
 */
export function fail(code, message) {
  throw new DatabaseError(code, message);
}
