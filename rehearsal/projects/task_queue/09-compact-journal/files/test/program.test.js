// Checks the program from outside: what it keeps when it is killed, and how it stops when it is asked to.

import assert from "node:assert/strict";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { Client } from "../src/client.js";
import { lockFolder } from "../src/storage/folder-lock.js";
import { spawnServer, startServerProcess } from "../testing/server-process.js";
import { makeFolder } from "../testing/temporary-folder.js";

test("an acknowledged job is still there after kill -9", async (t) => {
  const dataDir = await makeFolder(t);
  const first = await startServerProcess(t, dataDir);
  const before = await Client.connect({ host: "127.0.0.1", port: first.port });
  const id = await before.send("ENQUEUE", "mail", "precious", "PRIORITY", 7);
  assert.deepEqual(await first.end("SIGKILL"), [null, "SIGKILL"]);

  const second = await startServerProcess(t, dataDir);
  const after = await Client.connect({ host: "127.0.0.1", port: second.port });
  t.after(() => after.close());
  const [sameId, payload] = await after.send("RESERVE", "mail");
  assert.deepEqual([sameId, payload.toString()], [id, "precious"]);
});

test("SIGTERM ends the program with exit code 0 and every client with an answer", async (t) => {
  const server = await startServerProcess(t, await makeFolder(t));
  const client = await Client.connect({ host: "127.0.0.1", port: server.port });
  const waiting = client.send("RESERVE", "mail", "WAIT", 60_000);
  const other = await Client.connect({ host: "127.0.0.1", port: server.port });
  await other.send("PING");
  assert.deepEqual(await server.end("SIGTERM"), [0, null]);
  assert.equal(await waiting, null);
});

test("a data folder has room for one server at a time", { skip: process.platform !== "linux" }, async (t) => {
  const folder = await makeFolder(t);
  const unlock = await lockFolder(folder);
  await assert.rejects(lockFolder(folder), /another server uses the data folder/);
  unlock();
  (await lockFolder(folder))();
});

test("settings that cannot work end the program with exit code 1 and the reason", async (t) => {
  const child = spawnServer({ PORT: "many" });
  t.after(() => child.kill("SIGKILL"));
  const [message, [exitCode]] = await Promise.all([text(child.stderr), once(child, "exit")]);
  assert.match(message, /^redqueue: PORT must be a whole number/);
  assert.equal(exitCode, 1);
});
