// Checks that the journal gives back what it was given, whatever state its file is in.

import assert from "node:assert/strict";
import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { JobBook } from "../src/queue/book.js";
import { Broker } from "../src/queue/broker.js";
import { Journal } from "../src/storage/journal.js";
import { FakeClock } from "../testing/fake-clock.js";
import { makeFolder } from "../testing/temporary-folder.js";

async function openBroker(folder, { clock = new FakeClock() } = {}) {
  const book = new JobBook();
  const journal = await Journal.open(folder, {
    apply: (record) => book.apply(record),
    snapshot: () => book.records(),
    onFailure: assert.fail,
  });
  return { broker: new Broker({ book, journal, clock }), journal, clock };
}

function order(payload, options) {
  return { queue: "q", payload: Buffer.from(payload), priority: 0, delayMs: 0, retries: 0, ...options };
}

test("every kind of job is the same after a restart, and after one more", async (t) => {
  const folder = await makeFolder(t);
  const { broker, journal, clock } = await openBroker(folder);
  for (const name of ["thrown away", "done", "revived", "dead"]) broker.enqueue(order(name));
  const [thrownAway, done, revived, dead] = [1, 2, 3, 4].map(() => broker.reserve("q", { leaseMs: 1000 }).id);
  broker.fail(thrownAway, { delayMs: 0 });
  broker.purge("q");
  broker.acknowledge(done);
  for (const id of [revived, dead]) broker.fail(id, { delayMs: 0 });
  broker.requeue(revived);
  const active = broker.enqueue(order("active", { priority: 9, retries: 5 }));
  broker.reserve("q", { leaseMs: 1000 });
  broker.extend(active, { leaseMs: 9000 });
  const binary = broker.enqueue(order([0, 10, 13, 34, 92, 128, 255], { delayMs: 700 }));
  const kept = [revived, dead, active, binary];
  const before = kept.map((id) => broker.find(id));
  await journal.close();

  for (let restart = 0; restart < 2; restart += 1) {
    const again = await openBroker(folder, { clock });
    assert.deepEqual(kept.map((id) => again.broker.find(id)), before);
    for (const id of [thrownAway, done]) assert.throws(() => again.broker.find(id), { code: "NOJOB" });
    assert.deepEqual(again.broker.deadLetters("q", 10).map(({ id }) => id), [dead]);
    await again.journal.close();
  }
});

test("ids are not used again, even when their jobs are long forgotten", async (t) => {
  const folder = await makeFolder(t);
  for (const id of [1, 2, 3]) {
    const { broker, journal } = await openBroker(folder);
    assert.equal(broker.enqueue(order("x")), id);
    broker.dequeue("q");
    await journal.close();
  }
});

test("a last line cut short by a crash is left out", async (t) => {
  const folder = await makeFolder(t);
  const first = await openBroker(folder);
  first.broker.enqueue(order("safe"));
  await first.journal.close();
  await appendFile(join(folder, "journal.ndjson"), '{"op":"add","job":{"id":2,"que');
  const { broker, journal } = await openBroker(folder);
  assert.equal(broker.length("q"), 1);
  await journal.close();
});

test("damage anywhere else is an error that names the line", async (t) => {
  const folder = await makeFolder(t);
  await writeFile(join(folder, "journal.ndjson"), '{"op":"ids","next":1}\n?\n{"op":"ids","next":2}\n');
  await assert.rejects(openBroker(folder), /journal\.ndjson is damaged in line 2/);
});
