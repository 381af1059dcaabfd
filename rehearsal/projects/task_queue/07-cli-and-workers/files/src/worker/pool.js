// Works off a queue with several jobs under way at the same time.

import { ReplyError } from "../resp/values.js";

// The longest time that stopping an idle pool may take.
const IDLE_WAIT_MS = 1000;

/** @typedef {{ id: string, queue: string, payload: Buffer, attempt: number }} WorkerJob */

/**
 * @typedef {object} PoolOptions
 * @property {() => Promise<import("../client.js").Client>} connect called once for each job that may be under way
 * @property {string} queue
 * @property {(job: WorkerJob) => Promise<void>} handle does the work; a rejection means that the attempt has failed
 * @property {(line: string) => void} report told about the end of every attempt
 * @property {number} concurrency how many jobs may be under way
 * @property {number} leaseMs the reservation's length; a job that takes longer is given to somebody else
 * @property {number} retryDelayMs delay before the next attempt
 * @property {boolean} drain end when the queue has nothing to take
 */

/** A number of slots, each of which takes one job after the other. */
export class WorkerPool {
  #options;
  #isStopping = false;

  /** @param {PoolOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /**
   * Works until it is stopped or, with `drain`, until there is nothing to do.
   *
   * @returns {Promise<void>}
   * @throws {Error} when the server goes away; the jobs under way have been brought to their end
   */
  async run() {
    const slots = Array.from({ length: this.#options.concurrency }, () => this.#runSlot());
    const outcomes = await Promise.allSettled(slots);
    const failed = outcomes.find(({ status }) => status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  /** Takes no new jobs; `run` settles when those under way are done. */
  stop() {
    this.#isStopping = true;
  }

  async #runSlot() {
    const { connect, queue, leaseMs, drain } = this.#options;
    try {
      const client = await connect();
      try {
        while (!this.#isStopping) {
          const waitMs = drain ? 0 : IDLE_WAIT_MS;
          const delivery = await client.send("RESERVE", queue, "TIMEOUT", leaseMs, "WAIT", waitMs);
          if (delivery !== null) await this.#runJob(client, delivery);
          else if (drain) return;
        }
      } finally {
        client.close();
      }
    } catch (error) {
      // One slot without a server means that all are: let them finish what they have.
      this.stop();
      throw error;
    }
  }

  async #runJob(client, [id, payload, attempt]) {
    const { queue, handle, report, retryDelayMs } = this.#options;
    const job = { id: id.toString(), queue, payload, attempt };
    let failure;
    try {
      await handle(job);
    } catch (error) {
      failure = error;
    }
    try {
      if (failure === undefined) {
        await client.send("ACK", job.id, "ATTEMPT", attempt);
        report(`done ${job.id}`);
      } else {
        const state = await client.send("NACK", job.id, "ATTEMPT", attempt, "DELAY", retryDelayMs);
        report(`failed ${job.id}, now ${state}: ${failure.message}`);
      }
    } catch (error) {
      if (!(error instanceof ReplyError)) throw error;
      report(`lost ${job.id}: ${error.message}`);
    }
  }
}
