// Puts the parts together: queues and RESP server.

import { execute } from "../commands/execute.js";
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
 * @returns {Promise<RunningServer>}
 */
export async function startServer({ host, port }) {
  const broker = new Broker();
  const respServer = new RespServer({
    execute: (request, extras) => execute(request, { broker, ...extras }),
  });
  return {
    port: await respServer.listen({ host, port }),
    close: () => respServer.close(),
  };
}
