// Checks that workers do every job once, several at a time, and give back what they could not do.

import assert from "node:assert/strict";
import { test } from "node:test";
import { WorkerPool } from "../src/worker/pool.js";
import { startLocalServer } from "../testing/local-server.js";

async function startPool(t, options) {
  const { connect } = await startLocalServer(t);
  const client = await connect();
  const reports = [];
  const newPool = (handle) =>
    new WorkerPool({
      connect,
      handle,
      queue: "q",
      report: (line) => reports.push(line),
      concurrency: 1,
      leaseMs: 3000,
      retryDelayMs: 0,
      drain: true,
      ...options,
    });
  return { client, reports, newPool };
}

function newGate() {
  let open;
  const opened = new Promise((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

test("as many jobs as allowed are under way at once, and each is done once", async (t) => {
  const { client, newPool } = await startPool(t, { concurrency: 3 });
  for (let count = 0; count < 9; count += 1) await client.send("ENQUEUE", "q", `job ${count}`);
  const seen = [];
  const full = newGate();
  let running = 0;
  let most = 0;
  await newPool(async ({ payload }) => {
    seen.push(payload.toString());
    running += 1;
    most = Math.max(most, running);
    if (running === 3) full.open();
    await full.opened;
    running -= 1;
  }).run();
  assert.equal(most, 3);
  assert.deepEqual(seen.sort(), Array.from({ length: 9 }, (_, index) => `job ${index}`));
  for (const id of [1, 9]) await assert.rejects(client.send("JOB", id), { code: "NOJOB" });
});

test("a failing job is tried again and becomes a dead letter in the end", async (t) => {
  const { client, reports, newPool } = await startPool(t, {});
  await client.send("ENQUEUE", "q", "bad", "RETRIES", 1);
  const attempts = [];
  await newPool(async ({ attempt }) => {
    attempts.push(attempt);
    throw new Error("no luck");
  }).run();
  assert.deepEqual(attempts, [1, 2]);
  assert.deepEqual(reports, ["failed 1, now waiting: no luck", "failed 1, now dead: no luck"]);
});

test("a stopped pool finishes the job under way and takes no other", async (t) => {
  const { client, reports, newPool } = await startPool(t, {});
  for (const name of ["first", "second"]) await client.send("ENQUEUE", "q", name);
  const pool = newPool(async () => pool.stop());
  await pool.run();
  assert.deepEqual(reports, ["done 1"]);
  assert.equal(await client.send("QLEN", "q"), 1);
});

test("a job that is no longer the worker's own is reported as lost", async (t) => {
  const { client, reports, newPool } = await startPool(t, {});
  await client.send("ENQUEUE", "q", "x");
  await newPool(() => client.send("ACK", 1)).run();
  assert.deepEqual(reports, ["lost 1: there is no job 1"]);
});

test("without a server the pool ends with the reason", async (t) => {
  const { newPool } = await startPool(t, { connect: () => Promise.reject(new Error("no server")) });
  await assert.rejects(newPool(assert.fail).run(), /no server/);
});
