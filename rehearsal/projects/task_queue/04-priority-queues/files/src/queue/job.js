// What a job is.

/**
 * @typedef {object} Job
 * @property {number} id ascending in the order of enqueueing, never used again
 * @property {string} queue
 * @property {Buffer} payload
 * @property {number} priority higher is taken first
 */

/**
 * What a worker gets when it takes a job.
 *
 * @typedef {object} Delivery
 * @property {number} id
 * @property {Buffer} payload
 */

/** A request that contradicts the state of the queue; `code` is one upper-case word. */
export class QueueError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}
