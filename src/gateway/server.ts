// The model gateway: an OpenAI-compatible proxy on the loopback between agents and the real endpoints, which counts and guards.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { runCall } from './call.ts';
import { Chain } from './chain.ts';
import { Client } from './client.ts';
import { type Entry, enter, isRefusal, type Refusal } from './entrance.ts';
import { type GatewayParts, LIMITS } from './parts.ts';
import { Queue } from './queue.ts';
import { readRequest } from './request.ts';
import type { Call, Room } from './room.ts';
import { Lines } from './upstream.ts';

export interface Gateway {
  readonly port: number;
  /** The endpoint of an agent, to be used with the token of its turn: `http://127.0.0.1:PORT/agents/NAME/v1`. */
  urlOf(agent: string): string;
  /** Calls of an agent that have come and are not over: held, in flight, or being answered. */
  openCalls(agent: string): number;
  /** Once all calls of an agent are over and told, or after so long. */
  quiet(agent: string, mostMs: number): Promise<void>;
  /** Hangs up on everybody, tells what was in flight as cut, and stops listening. */
  close(): Promise<void>;
}

/** A refused sender may go on for so long before we hang up: one who is cut at once never reads why. */
const DRAIN_MS = 5_000;

/** Listens on a free port of 127.0.0.1. Throws when that cannot be. */
export async function startGateway(parts: GatewayParts): Promise<Gateway> {
  const limits = { ...LIMITS, ...parts.limits };
  const lines = new Lines(parts, limits);
  const room: Room = { parts, limits, lines, chain: new Chain(parts, limits), queue: new Queue(parts, limits.holdMs) };
  const calls = new Set<Promise<void>>();
  const door = new Door(room);
  const server = createServer(SERVER, (request, response) => {
    const call = door.serve(request, response).catch((error: Error) => {
      parts.log.warn(`gateway: ${error.stack ?? error.message}`);
      response.destroy();
    });
    calls.add(call);
    void call.finally(() => calls.delete(call));
  });
  server.maxConnections = 4_096;
  server.on('clientError', (_, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', 4_096, resolve);
  });
  server.on('error', (error) => parts.log.warn(`gateway: ${error.message}`));
  const { port } = server.address() as AddressInfo;
  let closing: Promise<void> | null = null;
  return {
    port,
    urlOf: (agent) => `http://127.0.0.1:${port}/agents/${encodeURIComponent(agent)}/v1`,
    openCalls: (agent) => door.openCalls(agent),
    quiet: (agent, mostMs) => door.quiet(agent, mostMs),
    close: () => {
      closing ??= closed(server, calls).then(() => lines.close());
      return closing;
    },
  };
}

/** Against senders who dribble: headers and body have their time. Answers have none of ours: agents may be frozen for hours. */
const SERVER = {
  headersTimeout: 20_000,
  requestTimeout: 300_000,
  connectionsCheckingInterval: 5_000,
  keepAliveTimeout: 75_000,
  maxHeaderSize: 32 * 1024,
  noDelay: true,
} as const;

async function closed(server: Server, calls: ReadonlySet<Promise<void>>): Promise<void> {
  const over = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await over;
  while (calls.size > 0) await Promise.all(calls);
}

/** Takes requests in: who it is, where to, its body within the limits. */
class Door {
  readonly #room: Room;
  #heldBytes = 0;
  readonly #open = new Map<string, number>();
  readonly #watchers = new Set<() => void>();

  constructor(room: Room) {
    this.#room = room;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { parts } = this.#room;
    const client = new Client(response);
    const entry = enter(request, parts.callerOf);
    if (isRefusal(entry)) return this.#refuse(entry, request, client);
    const body = await this.#bodyOf(request);
    if (body === null) return;
    if ('status' in body) return this.#refuse(body, request, client);
    const { agent } = entry.caller;
    this.#open.set(agent, this.openCalls(agent) + 1);
    try {
      await runCall(this.#room, this.#callOf(entry, request, { body, client }));
    } finally {
      this.#heldBytes -= body.length;
      this.#open.set(agent, this.openCalls(agent) - 1);
      for (const watcher of [...this.#watchers]) watcher();
    }
  }

  openCalls(agent: string): number {
    return this.#open.get(agent) ?? 0;
  }

  quiet(agent: string, mostMs: number): Promise<void> {
    if (this.openCalls(agent) === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const over = () => {
        cancel();
        this.#watchers.delete(look);
        resolve();
      };
      const look = () => {
        if (this.openCalls(agent) === 0) over();
      };
      const cancel = this.#room.parts.after(mostMs, over);
      this.#watchers.add(look);
    });
  }

  #callOf(entry: Entry, request: IncomingMessage, { body, client }: { body: Buffer; client: Client }): Call {
    const fault = entry.kind === 'list' ? null : this.#room.parts.faultOf(entry.caller);
    return { entry, headers: request.headers, body, asked: readRequest(body), client, fault };
  }

  /** Null when the sender left. */
  #bodyOf(request: IncomingMessage): Promise<Buffer | Refusal | null> {
    const { requestBytes, heldBytes } = this.#room.limits;
    const tooLong: Refusal = { status: 413, text: `a request may have ${requestBytes} bytes` };
    if (Number(request.headers['content-length'] ?? 0) > requestBytes) return Promise.resolve(tooLong);
    return new Promise((resolve) => {
      const chunks: Buffer[] = [];
      let [size, over] = [0, false];
      // Nothing of a body that is not taken stays in the sum.
      const finish = (answer: Buffer | Refusal | null) => {
        if (!over && !Buffer.isBuffer(answer)) this.#heldBytes -= size;
        over = true;
        resolve(answer);
      };
      request.on('data', (chunk: Buffer) => {
        if (over) return;
        size += chunk.length;
        this.#heldBytes += chunk.length;
        chunks.push(chunk);
        if (size > requestBytes) finish(tooLong);
        else if (this.#heldBytes > heldBytes) finish({ status: 503, text: 'too much is in flight' });
      });
      request.once('end', () => finish(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
      request.once('error', () => finish(null));
      request.once('close', () => finish(null));
    });
  }

  #refuse({ status, text }: Refusal, request: IncomingMessage, client: Client): void {
    client.error(status, text, { connection: 'close' });
    if (request.complete) return;
    request.removeAllListeners('data');
    request.resume();
    const cancel = this.#room.parts.after(DRAIN_MS, () => request.destroy());
    request.once('close', cancel);
  }
}
