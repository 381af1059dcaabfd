// A server inside the test's own process, on a port that the system chooses.

import { Client } from "../src/client.js";
import { startServer } from "../src/server/redqueue.js";
import { FakeClock } from "./fake-clock.js";

const HOST = "127.0.0.1";

/**
 * Starts a server, which ends with the test.
 *
 * @param {import("node:test").TestContext} t
 * @returns {Promise<{ port: number, clock: FakeClock, connect: () => Promise<Client> }>}
 */
export async function startLocalServer(t) {
  const clock = new FakeClock();
  const { port, close } = await startServer({ host: HOST, port: 0 }, { clock });
  t.after(close);
  const connect = async () => {
    const client = await Client.connect({ host: HOST, port });
    t.after(() => client.close());
    return client;
  };
  return { port, clock, connect };
}
