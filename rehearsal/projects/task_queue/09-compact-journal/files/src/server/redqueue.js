// Puts the parts together: journal, queues, RESP server and dashboard.

import { mkdir } from "node:fs/promises";
import { systemClock } from "../clock.js";
import { execute } from "../commands/execute.js";
import { Dashboard } from "../dashboard/dashboard.js";
import { JobBook } from "../queue/book.js";
import { Broker } from "../queue/broker.js";
import { lockFolder } from "../storage/folder-lock.js";
import { Journal } from "../storage/journal.js";
import { RespServer } from "./resp-server.js";
import { collectStats } from "./stats.js";

/**
 * @typedef {object} RunningServer
 * @property {number} port the RESP port in use
 * @property {number} dashboardPort the HTTP port in use
 * @property {() => Promise<void>} close answers what was asked, makes it safe, and lets go of ports and files
 */

/**
 * Starts a server.
 *
 * @param {import("../settings.js").Settings} settings
 * @param {object} surroundings
 * @param {import("../clock.js").Clock} [surroundings.clock]
 * @param {(error: Error) => void} surroundings.onFailure called when the disk fails and the server must not go on
 * @returns {Promise<RunningServer>}
 */
export async function startServer({ host, port, dashboardPort, dataDir }, { clock = systemClock, onFailure }) {
  await mkdir(dataDir, { recursive: true });
  const unlockFolder = await lockFolder(dataDir);
  const book = new JobBook();
  const journal = await Journal.open(dataDir, {
    apply: (record) => book.apply(record),
    snapshot: () => book.records(),
    onFailure,
  });
  const broker = new Broker({ book, journal, clock });

  const startedAt = clock.now();
  const stats = () =>
    collectStats({ broker, uptimeMs: clock.now() - startedAt, connections: respServer.connections });
  const respServer = new RespServer({
    execute: (request, extras) => execute(request, { broker, stats, ...extras }),
    flushed: () => journal.flushed(),
  });
  const dashboard = new Dashboard(stats);

  return {
    port: await respServer.listen({ host, port }),
    dashboardPort: await dashboard.listen({ host, port: dashboardPort }),
    async close() {
      await Promise.all([respServer.close(), dashboard.close()]);
      broker.close();
      await journal.close();
      unlockFolder();
    },
  };
}
