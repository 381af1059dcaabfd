// Listens for RESP clients and keeps track of them.

import { once } from "node:events";
import { createServer } from "node:net";
import { Connection } from "./connection.js";

// Long enough for every answer under way; a client that reads nothing must not keep the server from stopping.
const CLOSE_GRACE_MS = 2000;

/** The TCP side of the server. */
export class RespServer {
  #server;
  #sockets = new Map();

  /** @param {ConstructorParameters<typeof Connection>[1]} handlers what each connection needs */
  constructor(handlers) {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#sockets.set(socket, new Connection(socket, handlers));
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  /** @returns {number} open connections */
  get connections() {
    return this.#sockets.size;
  }

  /**
   * @param {{ host: string, port: number }} address
   * @returns {Promise<number>} the port, chosen by the system when 0 was asked for
   */
  async listen({ host, port }) {
    this.#server.listen({ host, port });
    await once(this.#server, "listening");
    return this.#server.address().port;
  }

  /** Accepts no more clients and closes the present ones after their answers. @returns {Promise<void>} */
  async close() {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const connection of this.#sockets.values()) connection.finish();
    const deadline = setTimeout(() => {
      for (const socket of this.#sockets.keys()) socket.destroy();
    }, CLOSE_GRACE_MS);
    await closed;
    clearTimeout(deadline);
  }
}
