// One client: reads its requests, runs them in order, and answers when everything an answer says is safe on disk.

import { ProtocolError, RespDecoder } from "../resp/decoder.js";
import { encode } from "../resp/encoder.js";
import { ReplyError } from "../resp/values.js";

const REQUEST_LIMITS = { maxBulkBytes: 1024 * 1024, maxItems: 16 };

// A client that sends faster than it is served has to wait, instead of filling the memory.
const MAX_UNSERVED_BYTES = 4 * 1024 * 1024;

/** Serves a socket until it is closed. */
export class Connection {
  #socket;
  #execute;
  #flushed;
  #decoder = new RespDecoder(REQUEST_LIMITS);
  #requests = [];
  #unservedBytes = 0;
  #isServing = false;
  #isClosing = false;
  #readerLeft = new AbortController();
  #continueWriting = () => {};

  /**
   * @param {import("node:net").Socket} socket opened with `allowHalfOpen`
   * @param {object} server
   * @param {(request: Buffer[], extras: { signal: AbortSignal, hangUp: () => void }) => unknown} server.execute
   * @param {() => Promise<void>} server.flushed settles when all that was executed so far is safe
   */
  constructor(socket, { execute, flushed }) {
    this.#socket = socket;
    this.#flushed = flushed;
    const extras = { signal: this.#readerLeft.signal, hangUp: () => this.finish() };
    this.#execute = (request) => execute(request, extras);
    socket.setNoDelay();
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("drain", () => this.#continueWriting());
    socket.on("end", () => this.finish());
    // "close" follows and does what there is to do.
    socket.on("error", () => {});
    socket.on("close", () => {
      this.finish();
      this.#continueWriting();
    });
  }

  /** Serves what has been received, then closes. */
  finish() {
    this.#isClosing = true;
    this.#readerLeft.abort();
    if (!this.#isServing) this.#socket.destroySoon();
  }

  #receive(chunk) {
    if (this.#isClosing) return;
    try {
      for (const value of this.#decoder.push(chunk)) this.#requests.push(asRequest(value));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#requests.push(error);
      this.#isClosing = true;
    }
    this.#unservedBytes += chunk.length;
    if (this.#unservedBytes > MAX_UNSERVED_BYTES) this.#socket.pause();
    if (!this.#isServing) this.#serve();
  }

  async #serve() {
    this.#isServing = true;
    while (this.#requests.length > 0) {
      const requests = this.#requests;
      this.#requests = [];
      this.#unservedBytes = 0;
      this.#socket.resume();
      await this.#answer(requests);
    }
    this.#isServing = false;
    if (this.#isClosing) this.#socket.destroySoon();
  }

  async #answer(requests) {
    let replies = [];
    for (const request of requests) {
      let reply = this.#reply(request);
      if (reply instanceof Promise) {
        // It may take long; the answers in front of it must not wait with it.
        await this.#send(replies);
        replies = [];
        reply = await reply;
      }
      replies.push(encode(reply));
    }
    await this.#send(replies);
  }

  #reply(request) {
    if (request instanceof ProtocolError) return new ReplyError("ERR", `Protocol error: ${request.message}`);
    return this.#execute(request);
  }

  async #send(replies) {
    if (replies.length === 0) return;
    await this.#flushed();
    if (!this.#socket.writable || this.#socket.write(Buffer.concat(replies))) return;
    await new Promise((resolve) => {
      this.#continueWriting = resolve;
    });
  }
}

function asRequest(value) {
  if (Array.isArray(value) && value.length > 0 && value.every(Buffer.isBuffer)) return value;
  throw new ProtocolError("a request is an array of bulk strings");
}
