// Checks what the dashboard shows, to people and to programs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { renderPage } from "../src/dashboard/page.js";
import { startLocalServer } from "../testing/local-server.js";

async function openDashboard(t) {
  const { dashboardPort, connect, clock } = await startLocalServer(t);
  const get = (path, options) => fetch(`http://127.0.0.1:${dashboardPort}${path}`, options);
  return { get, clock, client: await connect() };
}

test("/api/stats counts the jobs of every queue by state", async (t) => {
  const { get, clock, client } = await openDashboard(t);
  await client.send("ENQUEUE", "mail", "a");
  await client.send("ENQUEUE", "mail", "b", "DELAY", 60_000);
  await client.send("ENQUEUE", "images", "c", "RETRIES", 0);
  await client.send("RESERVE", "images");
  await client.send("NACK", 3);
  await client.send("DEQUEUE", "mail");
  clock.advance(1999);
  const response = await get("/api/stats");
  assert.match(response.headers.get("content-type"), /^application\/json/);
  assert.deepEqual(await response.json(), {
    uptime_seconds: 1,
    connections: 1,
    totals: { waiting: 0, delayed: 1, active: 0, dead: 1, done: 1 },
    queues: [
      { name: "images", waiting: 0, delayed: 0, active: 0, dead: 1, done: 0 },
      { name: "mail", waiting: 0, delayed: 1, active: 0, dead: 0, done: 1 },
    ],
  });
});

test("the page shows every queue", async (t) => {
  const { get, client } = await openDashboard(t);
  await client.send("ENQUEUE", "mail", "a");
  const response = await get("/");
  assert.match(response.headers.get("content-type"), /^text\/html/);
  assert.match(await response.text(), /<h1>RedQueue<\/h1>[^]*<tr><td>mail<\/td><td>1<\/td><td>0<\/td>/);
});

test("nothing else is there, and nothing can be changed", async (t) => {
  const { get } = await openDashboard(t);
  assert.equal((await get("/secret")).status, 404);
  const response = await get("/api/stats", { method: "POST" });
  assert.deepEqual([response.status, response.headers.get("allow")], [405, "GET, HEAD"]);
});

test("a name cannot become part of the page's code", () => {
  const counts = { waiting: 0, delayed: 0, active: 0, dead: 0, done: 0 };
  const queues = [{ name: "<script>", ...counts }];
  const page = renderPage({ uptime_seconds: 0, connections: 0, totals: counts, queues });
  assert.ok(page.includes("<td>&lt;script&gt;</td>"));
});
