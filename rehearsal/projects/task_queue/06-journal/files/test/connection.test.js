// Checks how the server behaves on the wire, towards clients that are clever, careless or hostile.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { encodeCommand } from "../src/resp/encoder.js";
import { startLocalServer } from "../testing/local-server.js";

function request(...words) {
  return encodeCommand(words).toString();
}

// Sends everything, says that nothing more will come, and reads until the server closes.
async function exchange(port, bytes) {
  const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  socket.end(bytes);
  return text(socket);
}

test("PING is answered, with a message when there is one", async (t) => {
  const { port } = await startLocalServer(t);
  assert.equal(await exchange(port, request("PING") + request("ping", "hi")), "+PONG\r\n$2\r\nhi\r\n");
});

test("a pipeline is answered in order, even when the client has closed its side", async (t) => {
  const { port } = await startLocalServer(t);
  const numbers = Array.from({ length: 100 }, (_, index) => String(100 + index));
  const replies = numbers.map((number) => `$3\r\n${number}\r\n`);
  assert.equal(await exchange(port, numbers.map((number) => request("PING", number)).join("")), replies.join(""));
});

test("a large binary payload comes back unchanged", async (t) => {
  const { connect: connectClient } = await startLocalServer(t);
  const client = await connectClient();
  const payload = randomBytes(1024 * 1024);
  await client.send("ENQUEUE", "q", payload);
  const [, received] = await client.send("DEQUEUE", "q");
  assert.ok(payload.equals(received));
});

test("answers in front of a waiting RESERVE are not held back by it", async (t) => {
  const { connect: connectClient } = await startLocalServer(t);
  const client = await connectClient();
  const pong = client.send("PING");
  const delivery = client.send("RESERVE", "q", "WAIT", 60_000);
  assert.equal(await pong, "PONG");
  const other = await connectClient();
  await other.send("ENQUEUE", "q", "x");
  assert.equal((await delivery)[2], 1);
});

test("what is no RESP gets one error and loses its connection, after the answers in front of it", async (t) => {
  const { port, connect: connectClient } = await startLocalServer(t);
  const answer = await exchange(port, `${request("PING")}GET / HTTP/1.1\r\n\r\n`);
  assert.equal(answer, "+PONG\r\n-ERR Protocol error: unexpected byte 0x47\r\n");
  assert.match(await exchange(port, "*1\r\n:5\r\n"), /^-ERR Protocol error: a request is an array of bulk strings/);
  assert.equal(await (await connectClient()).send("PING"), "PONG");
});

test("QUIT is answered before the connection ends", async (t) => {
  const { port } = await startLocalServer(t);
  const socket = connect({ host: "127.0.0.1", port });
  socket.write(request("QUIT"));
  assert.equal(await text(socket), "+OK\r\n");
});

test("an unknown command and a wrong number of words are refused, and the connection lives on", async (t) => {
  const { port } = await startLocalServer(t);
  const requests = [request("FLUSHALL"), request("PING", "a", "b"), request("PING")];
  assert.equal(
    await exchange(port, requests.join("")),
    "-ERR unknown command 'FLUSHALL'\r\n-ERR wrong number of arguments for 'PING'\r\n+PONG\r\n",
  );
});
