// Callers that wait for a job to appear, in the order in which they came.

/** @typedef {import("./job.js").Delivery} Delivery */

/** One line of waiting callers for each queue. */
export class Waiters {
  #clock;
  #lines = new Map();

  /** @param {import("../clock.js").Clock} clock */
  constructor(clock) {
    this.#clock = clock;
  }

  /**
   * Waits for a job.
   *
   * @param {string} queue
   * @param {{ leaseMs: number, waitMs: number, signal?: AbortSignal }} options the signal ends the wait early
   * @returns {Promise<Delivery | null>} null when none came in time
   */
  wait(queue, { leaseMs, waitMs, signal }) {
    if (signal?.aborted) return Promise.resolve(null);
    const line = this.#line(queue);
    return new Promise((resolve) => {
      const giveUp = () => waiter.answer(null);
      const cancelAlarm = this.#clock.wakeAt(this.#clock.now() + waitMs, giveUp);
      const waiter = {
        leaseMs,
        answer: (delivery) => {
          cancelAlarm();
          signal?.removeEventListener("abort", giveUp);
          line.delete(waiter);
          if (line.size === 0) this.#lines.delete(queue);
          resolve(delivery);
        },
      };
      signal?.addEventListener("abort", giveUp);
      line.add(waiter);
    });
  }

  /**
   * Hands out jobs, to those who have waited longest first.
   *
   * @param {(queue: string, leaseMs: number) => Delivery | null} take
   */
  serve(take) {
    for (const [queue, line] of this.#lines) {
      for (const waiter of line) {
        const delivery = take(queue, waiter.leaseMs);
        if (delivery === null) break;
        waiter.answer(delivery);
      }
    }
  }

  #line(queue) {
    if (!this.#lines.has(queue)) this.#lines.set(queue, new Set());
    return this.#lines.get(queue);
  }
}
