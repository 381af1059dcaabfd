// A RESP client: the command line tool, the workers and the tests talk to the server through it.

import { once } from "node:events";
import { connect } from "node:net";
import { RespDecoder } from "./resp/decoder.js";
import { encodeCommand } from "./resp/encoder.js";
import { ReplyError } from "./resp/values.js";

const REPLY_LIMITS = { maxBulkBytes: 64 * 1024 * 1024, maxItems: 1_000_000 };

/** One connection to a server. Requests may be sent without waiting for earlier answers. */
export class Client {
  #socket;
  #decoder = new RespDecoder(REPLY_LIMITS);
  #pending = [];

  /**
   * @param {{ host: string, port: number }} address
   * @returns {Promise<Client>}
   */
  static async connect({ host, port }) {
    const socket = connect({ host, port, noDelay: true });
    await once(socket, "connect");
    return new Client(socket);
  }

  /** Use `Client.connect`. @param {import("node:net").Socket} socket a connected one */
  constructor(socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("the server closed the connection")));
  }

  /**
   * @param {...(string | number | Buffer)} words a command's name and its words
   * @returns {Promise<any>} the decoded reply, bulk strings as Buffers
   * @throws {ReplyError} when the server refuses
   */
  send(...words) {
    return new Promise((resolve, reject) => {
      this.#pending.push({ resolve, reject });
      if (this.#socket.writable) this.#socket.write(encodeCommand(words));
      else this.#fail(new Error("the connection is closed"));
    });
  }

  /** Closes the connection; what is still unanswered is rejected. */
  close() {
    this.#socket.destroy();
  }

  #receive(chunk) {
    try {
      for (const reply of this.#decoder.push(chunk)) {
        const { resolve, reject } = this.#pending.shift();
        if (reply instanceof ReplyError) reject(reply);
        else resolve(reply);
      }
    } catch (error) {
      this.#socket.destroy(error);
    }
  }

  #fail(error) {
    for (const { reject } of this.#pending.splice(0)) reject(error);
  }
}
