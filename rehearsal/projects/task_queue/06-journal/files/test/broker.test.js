// Checks the rules of the queues: order, delays, reservations, retries and dead letters.

import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { JobBook } from "../src/queue/book.js";
import { Broker } from "../src/queue/broker.js";
import { FakeClock } from "../testing/fake-clock.js";

describe("a queue", () => {
  let clock;
  let broker;

  beforeEach(() => {
    clock = new FakeClock();
    broker = new Broker({ book: new JobBook(), journal: { append() {} }, clock });
  });

  function enqueue(payload, { queue = "q", priority = 0, delayMs = 0, retries = 3 } = {}) {
    return broker.enqueue({ queue, payload: Buffer.from(payload), priority, delayMs, retries });
  }

  function drain() {
    const payloads = [];
    for (let job = broker.dequeue("q"); job !== null; job = broker.dequeue("q")) payloads.push(job.payload.toString());
    return payloads;
  }

  function reserve() {
    return broker.reserve("q", { leaseMs: 1000 });
  }

  function counts() {
    const [{ name, ...states }] = broker.queues();
    return states;
  }

  test("gives jobs by priority, and in the order of enqueueing among equals", () => {
    const priorities = [0, 5, -5, 5, 0, 1000, -5, 0];
    priorities.forEach((priority, index) => enqueue(`${priority}#${index}`, { priority }));
    assert.deepEqual(drain(), ["1000#5", "5#1", "5#3", "0#0", "0#4", "0#7", "-5#2", "-5#6"]);
  });

  test("keeps its order over many jobs that come and go", () => {
    const priorities = Array.from({ length: 500 }, (_, index) => (index * 7919) % 101);
    for (const priority of priorities) enqueue(String(priority), { priority });
    assert.deepEqual(drain().map(Number), priorities.sort((a, b) => b - a));
  });

  test("has its own jobs", () => {
    enqueue("other", { queue: "another" });
    assert.equal(broker.dequeue("q"), null);
    assert.equal(broker.length("another"), 1);
  });

  test("forgets a job that was taken for good", () => {
    const id = enqueue("a");
    assert.equal(broker.find(id).payload.toString(), "a");
    broker.dequeue("q");
    assert.throws(() => broker.find(id), { code: "NOJOB" });
  });

  test("keeps a delayed job back until its time, and then by its rank", () => {
    enqueue("late", { delayMs: 500, priority: 9 });
    enqueue("now");
    clock.advance(499);
    assert.equal(broker.length("q"), 1);
    clock.advance(1);
    assert.deepEqual(drain(), ["late", "now"]);
  });

  test("gives a reserved job to nobody else until it is acknowledged", () => {
    const id = enqueue("a");
    assert.deepEqual(reserve(), { id, payload: Buffer.from("a"), attempt: 1 });
    assert.equal(reserve(), null);
    broker.acknowledge(id);
    assert.throws(() => broker.find(id), { code: "NOJOB" });
    assert.deepEqual(counts(), { waiting: 0, delayed: 0, active: 0, dead: 0, done: 1 });
  });

  test("gives a job again when its reservation ends without an answer", () => {
    const id = enqueue("a");
    reserve();
    clock.advance(1000);
    assert.equal(reserve().attempt, 2);
    assert.throws(() => broker.acknowledge(id, 1), { code: "NOTACTIVE" });
    broker.acknowledge(id, 2);
  });

  test("lets a reservation be extended", () => {
    const id = enqueue("a");
    reserve();
    clock.advance(900);
    broker.extend(id, { leaseMs: 1000 });
    clock.advance(999);
    assert.equal(broker.find(id).state, "active");
    clock.advance(1);
    assert.equal(broker.find(id).state, "waiting");
  });

  test("buries a job after one failure more than its retries", () => {
    const id = enqueue("a", { retries: 2 });
    const states = [1, 2, 3].map(() => {
      reserve();
      return broker.fail(id, { delayMs: 0 });
    });
    assert.deepEqual(states, ["waiting", "waiting", "dead"]);
    assert.equal(reserve(), null);
    assert.deepEqual(broker.deadLetters("q", 10).map((job) => job.attempts), [3]);
  });

  test("counts an ended reservation as a failure", () => {
    const id = enqueue("a", { retries: 0 });
    reserve();
    clock.advance(1000);
    assert.equal(broker.find(id).state, "dead");
  });

  test("keeps a failed job back when asked to", () => {
    const id = enqueue("a");
    reserve();
    assert.equal(broker.fail(id, { delayMs: 300 }), "delayed");
    clock.advance(299);
    assert.equal(reserve(), null);
    clock.advance(1);
    assert.equal(reserve().attempt, 2);
  });

  test("gives a requeued dead job all its attempts back", () => {
    const id = enqueue("a", { retries: 0 });
    assert.throws(() => broker.requeue(id), { code: "NOTDEAD" });
    reserve();
    broker.fail(id, { delayMs: 0 });
    broker.requeue(id);
    assert.equal(reserve().attempt, 1);
  });

  test("lists dead jobs in the order of their deaths and throws them away on request", () => {
    const ids = [enqueue("a", { retries: 0 }), enqueue("b", { retries: 0, priority: 1 }), enqueue("c")];
    for (let count = 0; count < 2; count += 1) broker.fail(reserve().id, { delayMs: 0 });
    assert.deepEqual(broker.deadLetters("q", 10).map(({ id }) => id), [ids[1], ids[0]]);
    assert.equal(broker.purge("q"), 2);
    assert.deepEqual(counts(), { waiting: 1, delayed: 0, active: 0, dead: 0, done: 0 });
  });

  test("hands a new job to the one who has waited longest", async () => {
    const [first, second] = [1, 2].map(() => broker.reserve("q", { leaseMs: 1000, waitMs: 5000 }));
    const id = enqueue("a");
    assert.equal((await first).id, id);
    clock.advance(5000);
    // The first caller's reservation ended at 1000 and the job went to the second, who was still waiting.
    assert.equal((await second).attempt, 2);
  });

  test("lets a waiting caller go when the time is over", async () => {
    const waiting = broker.reserve("q", { leaseMs: 1000, waitMs: 5000 });
    clock.advance(5000);
    assert.equal(await waiting, null);
  });

  test("spends no job on a caller who is gone", async () => {
    const caller = new AbortController();
    const waiting = broker.reserve("q", { leaseMs: 1000, waitMs: 5000, signal: caller.signal });
    caller.abort();
    enqueue("a");
    assert.equal(await waiting, null);
    assert.equal(reserve().attempt, 1);
  });
});
