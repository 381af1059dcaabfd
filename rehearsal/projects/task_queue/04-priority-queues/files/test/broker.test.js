// Checks the rules of the queues: in which order jobs are taken.

import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { Broker } from "../src/queue/broker.js";

describe("a queue", () => {
  let broker;

  beforeEach(() => {
    broker = new Broker();
  });

  function enqueue(payload, { priority = 0, queue = "q" } = {}) {
    return broker.enqueue({ queue, payload: Buffer.from(payload), priority });
  }

  function drain() {
    const payloads = [];
    for (let job = broker.dequeue("q"); job !== null; job = broker.dequeue("q")) payloads.push(job.payload.toString());
    return payloads;
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
});
