// Decides what happens to jobs: every request is checked here, recorded, and only then true.

import { QueueError } from "./job.js";
import { Waiters } from "./waiters.js";

/** @typedef {import("../clock.js").Clock} Clock */
/** @typedef {import("./book.js").JobBook} JobBook */
/** @typedef {import("./book.js").JobRecord} JobRecord */
/** @typedef {import("./job.js").Job} Job */
/** @typedef {import("./job.js").Delivery} Delivery */

/** The queues as their users see them. */
export class Broker {
  #book;
  #journal;
  #clock;
  #waiters;
  #alarm = { at: Infinity, cancel() {} };

  /** @param {{ book: JobBook, journal: { append(record: JobRecord): void }, clock: Clock }} parts */
  constructor({ book, journal, clock }) {
    this.#book = book;
    this.#journal = journal;
    this.#clock = clock;
    this.#waiters = new Waiters(clock);
    this.#settle();
  }

  /**
   * @param {{ queue: string, payload: Buffer, priority: number, delayMs: number, retries: number }} order
   * @returns {number} the new job's id
   */
  enqueue({ queue, payload, priority, delayMs, retries }) {
    const now = this.#clock.now();
    const id = this.#book.nextId;
    const job = { id, queue, payload, priority, retries, attempts: 0, state: "delayed" };
    this.#record({ op: "add", job: { ...job, enqueuedAt: now, dueAt: now + delayMs } });
    this.#settle();
    return id;
  }

  /**
   * Takes a job for good: it counts as done at once.
   *
   * @param {string} queue
   * @returns {Delivery | null}
   */
  dequeue(queue) {
    this.#settle();
    const delivery = this.#take(queue, 0);
    if (delivery !== null) this.#record({ op: "finish", id: delivery.id });
    return delivery;
  }

  /**
   * Takes a job for a time. When it is not acknowledged by then, the attempt has failed.
   *
   * @param {string} queue
   * @param {{ leaseMs: number, waitMs?: number, signal?: AbortSignal }} options `waitMs`: how long to wait for a job
   * @returns {Delivery | null | Promise<Delivery | null>} a promise only when there is something to wait for
   */
  reserve(queue, { leaseMs, waitMs = 0, signal }) {
    this.#settle();
    const delivery = this.#take(queue, leaseMs);
    if (delivery !== null || waitMs === 0) return delivery;
    return this.#waiters.wait(queue, { leaseMs, waitMs, signal });
  }

  /**
   * @param {number} id
   * @param {number} [attempt] refuse when this is no longer the attempt under way
   */
  acknowledge(id, attempt) {
    this.#record({ op: "finish", id: this.#active(id, attempt).id });
  }

  /**
   * Ends an attempt without success.
   *
   * @param {number} id
   * @param {{ delayMs: number, attempt?: number }} options `delayMs`: not to be tried again before
   * @returns {"waiting" | "delayed" | "dead"} what becomes of the job
   */
  fail(id, { delayMs, attempt }) {
    const job = this.#active(id, attempt);
    this.#endAttempt(job, delayMs);
    const isDead = job.state === "dead";
    this.#settle();
    if (isDead) return "dead";
    return delayMs > 0 ? "delayed" : "waiting";
  }

  /**
   * Lets a reservation end later, counted from now.
   *
   * @param {number} id
   * @param {{ leaseMs: number, attempt?: number }} options
   */
  extend(id, { leaseMs, attempt }) {
    const job = this.#active(id, attempt);
    this.#record({ op: "extend", id: job.id, until: this.#clock.now() + leaseMs });
  }

  /** @param {number} id a dead job, which gets all its attempts back */
  requeue(id) {
    const job = this.find(id);
    if (job.state !== "dead") throw new QueueError("NOTDEAD", `job ${id} is ${job.state}`);
    this.#record({ op: "revive", id, dueAt: this.#clock.now() });
    this.#settle();
  }

  /** @param {string} queue @returns {number} how many dead jobs were thrown away */
  purge(queue) {
    const dead = this.#book.dead(queue);
    for (const { id } of dead) this.#record({ op: "drop", id });
    return dead.length;
  }

  /** @param {number} id @returns {Readonly<Job>} */
  find(id) {
    this.#settle();
    const job = this.#book.find(id);
    if (job === undefined) throw new QueueError("NOJOB", `there is no job ${id}`);
    return job;
  }

  /** @param {string} queue @param {number} count @returns {ReadonlyArray<Job>} the longest dead first */
  deadLetters(queue, count) {
    this.#settle();
    return this.#book.dead(queue).slice(0, count);
  }

  /** @returns {{ name: string, waiting: number, delayed: number, active: number, dead: number, done: number }[]} */
  queues() {
    this.#settle();
    return this.#book.queueNames().map((name) => ({ name, ...this.#book.counts(name) }));
  }

  /** @param {string} queue @returns {number} jobs that could be taken now */
  length(queue) {
    this.#settle();
    return this.#book.counts(queue).waiting;
  }

  /** Sets no more alarms. To be called when nobody sends requests any more. */
  close() {
    this.#alarm.cancel();
  }

  #active(id, attempt) {
    const job = this.find(id);
    if (job.state !== "active") throw new QueueError("NOTACTIVE", `job ${id} is ${job.state}`);
    if (attempt !== undefined && attempt !== job.attempts) {
      throw new QueueError("NOTACTIVE", `job ${id} is at attempt ${job.attempts}`);
    }
    return job;
  }

  #take(queue, leaseMs) {
    const job = this.#book.first(queue);
    if (job === undefined) return null;
    this.#record({ op: "reserve", id: job.id, until: this.#clock.now() + leaseMs });
    return { id: job.id, payload: job.payload, attempt: job.attempts };
  }

  #endAttempt(job, delayMs) {
    if (job.attempts > job.retries) this.#record({ op: "bury", id: job.id });
    else this.#record({ op: "retry", id: job.id, dueAt: this.#clock.now() + delayMs });
  }

  #record(record) {
    this.#book.apply(record);
    this.#journal.append(record);
    this.#setAlarm();
  }

  #settle() {
    const now = this.#clock.now();
    for (let job = this.#book.passTime(now); job !== undefined; job = this.#book.passTime(now)) {
      this.#endAttempt(job, 0);
    }
    this.#waiters.serve((queue, leaseMs) => this.#take(queue, leaseMs));
    this.#setAlarm();
  }

  #setAlarm() {
    const at = this.#book.nextDeadline() ?? Infinity;
    if (at === this.#alarm.at) return;
    this.#alarm.cancel();
    this.#alarm = { at, cancel() {} };
    if (at === Infinity) return;
    this.#alarm.cancel = this.#clock.wakeAt(at, () => {
      this.#alarm = { at: Infinity, cancel() {} };
      this.#settle();
    });
  }
}
