// Checks the commands as a client sees them: the shape of each reply and each refusal.

import assert from "node:assert/strict";
import { test } from "node:test";
import { startLocalServer } from "../testing/local-server.js";

function plain(reply) {
  if (Array.isArray(reply)) return reply.map(plain);
  return Buffer.isBuffer(reply) ? reply.toString() : reply;
}

async function connectTo(t) {
  const server = await startLocalServer(t);
  const client = await server.connect();
  return { ...server, ask: async (...words) => plain(await client.send(...words)) };
}

test("the life of a job, reply by reply", async (t) => {
  const { ask, clock } = await connectTo(t);
  const now = clock.now();
  assert.equal(await ask("enqueue", "mail", "hello", "retries", 1, "PRIORITY", -3, "delay", 50), "1");
  const fields = ["id", "1", "queue", "mail", "state", "delayed", "priority", "-3", "attempts", "0", "retries", "1"];
  const times = ["enqueued_at", String(now), "due_at", String(now + 50)];
  assert.deepEqual(await ask("JOB", 1), [...fields, ...times, "payload", "hello"]);
  assert.equal(await ask("RESERVE", "mail"), null);
  clock.advance(50);
  assert.equal(await ask("QLEN", "mail"), 1);
  assert.deepEqual(await ask("RESERVE", "mail", "TIMEOUT", 100), ["1", "hello", 1]);
  assert.equal(await ask("EXTEND", 1, 200), "OK");
  assert.equal(await ask("NACK", 1, "DELAY", 0), "waiting");
  assert.deepEqual(await ask("RESERVE", "mail"), ["1", "hello", 2]);
  assert.equal(await ask("NACK", 1, "ATTEMPT", 2), "dead");
  assert.deepEqual(await ask("DEADLETTERS", "mail"), [["1", "hello", 2]]);
  assert.equal(await ask("REQUEUE", 1), "OK");
  assert.deepEqual(await ask("RESERVE", "mail"), ["1", "hello", 1]);
  assert.equal(await ask("ACK", 1), "OK");
  await assert.rejects(ask("JOB", 1), { code: "NOJOB" });
  assert.equal(await ask("PURGE", "mail"), 0);
  assert.deepEqual(await ask("QUEUES"), ["mail"]);
});

test("INFO gives one figure a line", async (t) => {
  const { ask, clock } = await connectTo(t);
  await ask("ENQUEUE", "a", "x");
  await ask("DEQUEUE", "a");
  await ask("ENQUEUE", "b", "x", "DELAY", 5000);
  clock.advance(3000);
  assert.equal(
    await ask("INFO"),
    "uptime_seconds:3 connections:1 queues:2 waiting:0 delayed:1 active:0 dead:0 done:1 ".replaceAll(" ", "\r\n"),
  );
});

const REFUSALS = [
  [["FLUSHALL"], "ERR", /unknown command 'FLUSHALL'/],
  [["ENQUEUE", "q"], "ERR", /wrong number of arguments/],
  [["ENQUEUE", "two words", "x"], "ERR", /queue name/],
  [["ENQUEUE", "q", "x", "PRIORITY", "high"], "ERR", /PRIORITY must be an integer from -1000 to 1000/],
  [["ENQUEUE", "q", "x", "RETRIES", "-1"], "ERR", /RETRIES must be/],
  [["ENQUEUE", "q", "x", "COLOUR", "1"], "ERR", /unknown option 'COLOUR'/],
  [["ENQUEUE", "q", "x", "DELAY"], "ERR", /DELAY needs a value/],
  [["ACK", "nonsense"], "NOJOB", /no job nonsense/],
  [["NACK", "99"], "NOJOB", /no job 99/],
  [["ACK", "1"], "NOTACTIVE", /job 1 is waiting/],
  [["REQUEUE", "1"], "NOTDEAD", /job 1 is waiting/],
];
test("what cannot be done is refused by code and reason, and the connection lives on", async (t) => {
  const { ask } = await connectTo(t);
  await ask("ENQUEUE", "q", "x");
  for (const [request, code, message] of REFUSALS) {
    await assert.rejects(ask(...request), { code, message });
  }
  assert.equal(await ask("PING"), "PONG");
});
