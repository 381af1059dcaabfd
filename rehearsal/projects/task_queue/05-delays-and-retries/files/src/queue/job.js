// What a job is, and the words for the stations of its life.

/**
 * - `delayed`: not to be taken before `dueAt`
 * - `waiting`: can be taken
 * - `active`: taken by a worker until `dueAt`
 * - `dead`: failed too often, kept for people to look at
 *
 * A finished job is forgotten; only its queue's `done` counter remembers it.
 *
 * @typedef {"delayed" | "waiting" | "active" | "dead"} JobState
 */

/**
 * @typedef {object} Job
 * @property {number} id ascending in the order of enqueueing, never used again
 * @property {string} queue
 * @property {Buffer} payload
 * @property {number} priority higher is taken first
 * @property {number} retries how many failed attempts are forgiven
 * @property {number} attempts how often the job was taken
 * @property {JobState} state
 * @property {number} enqueuedAt milliseconds since 1970
 * @property {number} dueAt when a delayed job can be taken, or an active job's reservation ends
 */

/**
 * What a worker gets when it takes a job.
 *
 * @typedef {object} Delivery
 * @property {number} id
 * @property {Buffer} payload
 * @property {number} attempt 1 for the first
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
