// Puts the parts together: journal, queues and RESP server.

import { systemClock } from "../clock.js";
import { execute } from "../commands/execute.js";
import { JobBook } from "../queue/book.js";
import { Broker } from "../queue/broker.js";
import { Journal } from "../storage/journal.js";
import { RespServer } from "./resp-server.js";

/**
 * @typedef {object} RunningServer
 * @property {number} port the RESP port in use
 * @property {() => Promise<void>} close answers what was asked, makes it safe, and lets go of port and files
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
export async function startServer({ host, port, dataDir }, { clock = systemClock, onFailure }) {
  const book = new JobBook();
  const journal = await Journal.open(dataDir, {
    apply: (record) => book.apply(record),
    snapshot: () => book.records(),
    onFailure,
  });
  const broker = new Broker({ book, journal, clock });
  const respServer = new RespServer({
    execute: (request, extras) => execute(request, { broker, ...extras }),
    flushed: () => journal.flushed(),
  });
  return {
    port: await respServer.listen({ host, port }),
    async close() {
      await respServer.close();
      broker.close();
      await journal.close();
    },
  };
}
