// Puts the parts together: queues and RESP server.

import { systemClock } from "../clock.js";
import { execute } from "../commands/execute.js";
import { JobBook } from "../queue/book.js";
import { Broker } from "../queue/broker.js";
import { RespServer } from "./resp-server.js";

/**
 * @typedef {object} RunningServer
 * @property {number} port the RESP port in use
 * @property {() => Promise<void>} close answers what was asked, and lets go of the port
 */

/**
 * Starts a server.
 *
 * @param {import("../settings.js").Settings} settings
 * @param {object} [surroundings]
 * @param {import("../clock.js").Clock} [surroundings.clock]
 * @returns {Promise<RunningServer>}
 */
export async function startServer({ host, port }, { clock = systemClock } = {}) {
  const broker = new Broker({ book: new JobBook(), clock });
  const respServer = new RespServer({
    execute: (request, extras) => execute(request, { broker, ...extras }),
  });
  return {
    port: await respServer.listen({ host, port }),
    async close() {
      await respServer.close();
      broker.close();
    },
  };
}
