// The state of all queues as a fold over records: the same records always give the same state.

import { Heap } from "./heap.js";

/** @typedef {import("./job.js").Job} Job */

/**
 * Everything that can happen to a job. Times are milliseconds since 1970.
 *
 * @typedef {{ op: "add", job: Job }
 *   | { op: "reserve", id: number, until: number }
 *   | { op: "extend", id: number, until: number }
 *   | { op: "finish", id: number }
 *   | { op: "retry", id: number, dueAt: number }
 *   | { op: "bury", id: number }
 *   | { op: "revive", id: number, dueAt: number }
 *   | { op: "drop", id: number }
 *   | { op: "ids", next: number }} JobRecord
 */

/** Holds every unfinished job, and finds the next one to take and the next moment at which time changes something. */
export class JobBook {
  /** @type {Map<number, Job>} */
  #jobs = new Map();
  #queues = new Map();
  #deadlines = new Heap((a, b) => a.at < b.at);
  #nextId = 1;

  /** @returns {number} the id that the next added job has to have */
  get nextId() {
    return this.#nextId;
  }

  /**
   * Makes one thing happen. The caller has checked that it may.
   *
   * @param {JobRecord} record
   */
  apply(record) {
    if (record.op === "ids") {
      this.#nextId = record.next;
    } else if (record.op === "add") {
      this.#add(record.job);
    } else {
      this.#change(this.#jobs.get(record.id), record);
    }
  }

  /** @param {number} id @returns {Job | undefined} */
  find(id) {
    return this.#jobs.get(id);
  }

  /** @param {string} queue @returns {Job | undefined} the job that is to be taken next */
  first(queue) {
    return this.#queues.get(queue)?.ready.peek();
  }

  /** @param {string} queue @returns {Job[]} dead jobs, the longest dead first */
  dead(queue) {
    return [...(this.#queues.get(queue)?.dead.values() ?? [])];
  }

  /** @returns {string[]} the names of all queues, in alphabetical order */
  queueNames() {
    return [...this.#queues.keys()].sort();
  }

  /**
   * @param {string} queue
   * @returns {{ waiting: number, delayed: number, active: number, dead: number, done: number }}
   */
  counts(queue) {
    return { ...(this.#queues.get(queue)?.counts ?? newCounts()) };
  }

  /** @returns {number | undefined} no job changes by the mere passing of time before this moment */
  nextDeadline() {
    return this.#deadlines.peek()?.at;
  }

  /**
   * Lets delayed jobs become waiting whose time has come.
   *
   * @param {number} now
   * @returns {Job | undefined} a job whose reservation has ended, for the caller to decide about
   */
  passTime(now) {
    while (this.nextDeadline() <= now) {
      const { id, at } = this.#deadlines.pop();
      const job = this.#jobs.get(id);
      // An entry stays in the heap when its job is finished or gets another deadline; it means nothing then.
      if (job?.dueAt !== at) continue;
      if (job.state === "active") return job;
      if (job.state === "delayed") {
        this.#move(job, "waiting");
        this.#queues.get(job.queue).ready.push(job);
      }
    }
    return undefined;
  }

  /** Yields the fewest records that lead to this state. */
  *records() {
    yield { op: "ids", next: this.#nextId };
    for (const job of this.#jobs.values()) {
      if (job.state === "waiting") yield { op: "add", job: { ...job, state: "delayed" } };
      else if (job.state !== "dead") yield { op: "add", job };
    }
    for (const { dead } of this.#queues.values()) {
      for (const job of dead.values()) yield { op: "add", job };
    }
  }

  #add(job) {
    const queue = this.#openQueue(job.queue);
    this.#nextId = Math.max(this.#nextId, job.id + 1);
    this.#jobs.set(job.id, job);
    queue.counts[job.state] += 1;
    if (job.state === "dead") queue.dead.set(job.id, job);
    else this.#deadlines.push({ at: job.dueAt, id: job.id });
  }

  #change(job, record) {
    const queue = this.#queues.get(job.queue);
    switch (record.op) {
      case "reserve":
        // Only the first waiting job is ever taken; in a replay, time has not passed and the job is still delayed.
        if (job.state === "waiting") queue.ready.pop();
        job.attempts += 1;
        this.#schedule(job, "active", record.until);
        break;
      case "extend":
        this.#schedule(job, "active", record.until);
        break;
      case "retry":
        this.#schedule(job, "delayed", record.dueAt);
        break;
      case "revive":
        queue.dead.delete(job.id);
        job.attempts = 0;
        this.#schedule(job, "delayed", record.dueAt);
        break;
      case "bury":
        queue.dead.set(job.id, job);
        this.#move(job, "dead");
        break;
      case "finish":
        queue.counts.done += 1;
        this.#forget(job);
        break;
      case "drop":
        queue.dead.delete(job.id);
        this.#forget(job);
        break;
      default:
        throw new Error(`unknown record "${record.op}"`);
    }
  }

  #schedule(job, state, dueAt) {
    this.#move(job, state);
    job.dueAt = dueAt;
    this.#deadlines.push({ at: dueAt, id: job.id });
  }

  #move(job, state) {
    const { counts } = this.#queues.get(job.queue);
    counts[job.state] -= 1;
    counts[state] += 1;
    job.state = state;
  }

  #forget(job) {
    this.#queues.get(job.queue).counts[job.state] -= 1;
    this.#jobs.delete(job.id);
  }

  #openQueue(name) {
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      queue = { ready: new Heap(isTakenBefore), dead: new Map(), counts: newCounts() };
      this.#queues.set(name, queue);
    }
    return queue;
  }
}

function isTakenBefore(a, b) {
  return a.priority === b.priority ? a.id < b.id : a.priority > b.priority;
}

function newCounts() {
  return { waiting: 0, delayed: 0, active: 0, dead: 0, done: 0 };
}
