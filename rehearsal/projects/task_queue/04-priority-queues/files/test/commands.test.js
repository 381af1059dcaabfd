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
  const { ask } = await connectTo(t);
  assert.equal(await ask("enqueue", "mail", "hello", "priority", -3), "1");
  assert.deepEqual(await ask("JOB", 1), ["id", "1", "queue", "mail", "priority", "-3", "payload", "hello"]);
  assert.equal(await ask("QLEN", "mail"), 1);
  assert.deepEqual(await ask("DEQUEUE", "mail"), ["1", "hello"]);
  assert.equal(await ask("DEQUEUE", "mail"), null);
  await assert.rejects(ask("JOB", 1), { code: "NOJOB" });
  assert.deepEqual(await ask("QUEUES"), ["mail"]);
});

const REFUSALS = [
  [["FLUSHALL"], "ERR", /unknown command 'FLUSHALL'/],
  [["ENQUEUE", "q"], "ERR", /wrong number of arguments/],
  [["ENQUEUE", "two words", "x"], "ERR", /queue name/],
  [["ENQUEUE", "q", "x", "PRIORITY", "high"], "ERR", /PRIORITY must be an integer from -1000 to 1000/],
  [["ENQUEUE", "q", "x", "COLOUR", "1"], "ERR", /unknown option 'COLOUR'/],
  [["ENQUEUE", "q", "x", "PRIORITY"], "ERR", /PRIORITY needs a value/],
  [["JOB", "nonsense"], "NOJOB", /no job nonsense/],
];
test("what cannot be done is refused by code and reason, and the connection lives on", async (t) => {
  const { ask } = await connectTo(t);
  await ask("ENQUEUE", "q", "x");
  for (const [request, code, message] of REFUSALS) {
    await assert.rejects(ask(...request), { code, message });
  }
  assert.equal(await ask("PING"), "PONG");
});
