// One client: reads its requests, runs them in order, and answers.

import { ProtocolError, RespDecoder } from "../resp/decoder.js";
import { encode } from "../resp/encoder.js";
import { ReplyError } from "../resp/values.js";

const REQUEST_LIMITS = { maxBulkBytes: 1024 * 1024, maxItems: 16 };

/** Serves a socket until it is closed. */
export class Connection {
  #socket;
  #execute;
  #decoder = new RespDecoder(REQUEST_LIMITS);
  #isClosing = false;

  /**
   * @param {import("node:net").Socket} socket opened with `allowHalfOpen`
   * @param {object} server
   * @param {(request: Buffer[], extras: { hangUp: () => void }) => unknown} server.execute
   */
  constructor(socket, { execute }) {
    this.#socket = socket;
    const extras = { hangUp: () => this.finish() };
    this.#execute = (request) => execute(request, extras);
    socket.setNoDelay();
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("end", () => this.finish());
    // "close" follows, and there is nobody left to tell.
    socket.on("error", () => {});
  }

  /** Sends the answers that are under way, then closes. */
  finish() {
    this.#isClosing = true;
    // Only after the present request, which may be what asked for this, has got its answer.
    setImmediate(() => this.#socket.destroySoon());
  }

  #receive(chunk) {
    if (this.#isClosing) return;
    try {
      for (const value of this.#decoder.push(chunk)) this.#socket.write(encode(this.#execute(asRequest(value))));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#socket.write(encode(new ReplyError("ERR", `Protocol error: ${error.message}`)));
      this.finish();
    }
  }
}

function asRequest(value) {
  if (Array.isArray(value) && value.length > 0 && value.every(Buffer.isBuffer)) return value;
  throw new ProtocolError("a request is an array of bulk strings");
}
