// Decides what happens to jobs: which one is taken next.

import { Heap } from "./heap.js";
import { QueueError } from "./job.js";

/** @typedef {import("./job.js").Job} Job */
/** @typedef {import("./job.js").Delivery} Delivery */

/** The queues as their users see them. */
export class Broker {
  #jobs = new Map();
  #queues = new Map();
  #nextId = 1;

  /**
   * @param {{ queue: string, payload: Buffer, priority: number }} order
   * @returns {number} the new job's id
   */
  enqueue({ queue, payload, priority }) {
    const job = { id: this.#nextId, queue, payload, priority };
    this.#nextId += 1;
    this.#jobs.set(job.id, job);
    if (!this.#queues.has(queue)) this.#queues.set(queue, new Heap(isTakenBefore));
    this.#queues.get(queue).push(job);
    return job.id;
  }

  /**
   * Takes a job for good.
   *
   * @param {string} queue
   * @returns {Delivery | null}
   */
  dequeue(queue) {
    const job = this.#queues.get(queue)?.pop();
    if (job === undefined) return null;
    this.#jobs.delete(job.id);
    return { id: job.id, payload: job.payload };
  }

  /** @param {number} id @returns {Readonly<Job>} */
  find(id) {
    const job = this.#jobs.get(id);
    if (job === undefined) throw new QueueError("NOJOB", `there is no job ${id}`);
    return job;
  }

  /** @returns {string[]} the names of all queues, in alphabetical order */
  queues() {
    return [...this.#queues.keys()].sort();
  }

  /** @param {string} queue @returns {number} jobs that could be taken now */
  length(queue) {
    return this.#queues.get(queue)?.size ?? 0;
  }
}

function isTakenBefore(a, b) {
  return a.priority === b.priority ? a.id < b.id : a.priority > b.priority;
}
