// Checks which settings the program takes and which it refuses.

import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { readSettings } from "../src/settings.js";

test("without variables the server is reachable from this machine only", () => {
  assert.deepEqual(readSettings({}), {
    host: "127.0.0.1",
    port: 6380,
    dashboardPort: 6381,
    dataDir: resolve("data"),
  });
});

test("the dashboard's port follows the main port unless it is given", () => {
  assert.equal(readSettings({ PORT: "7000" }).dashboardPort, 7001);
  assert.equal(readSettings({ PORT: "7000", DASHBOARD_PORT: "80" }).dashboardPort, 80);
  assert.equal(readSettings({ PORT: "0" }).dashboardPort, 0);
});

for (const port of ["seven", "-1", "65536", "1.5"]) {
  test(`PORT=${port} is refused by name`, () => {
    assert.throws(() => readSettings({ PORT: port }), /^Error: PORT must be a whole number/);
  });
}

test("a dashboard port behind the last port is refused", () => {
  assert.throws(() => readSettings({ PORT: "65535" }), /DASHBOARD_PORT/);
});
