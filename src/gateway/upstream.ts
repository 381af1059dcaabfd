// One request to one upstream: kept-alive connections, three time limits, hung up when the client leaves.
import http, { type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import https from 'node:https';
import type { TLSSocket } from 'node:tls';
import { urlToHttpOptions } from 'node:url';
import type { GatewayLimits, GatewayParts } from './parts.ts';
import { Patience } from './patience.ts';

export interface Order {
  readonly endpoint: string;
  /** Below the endpoint, with the query: `/chat/completions`. */
  readonly path: string;
  readonly method: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer | null;
  /** Aborted when the client leaves. */
  readonly left: AbortSignal;
}

export type Sent =
  | { readonly is: 'answer'; readonly answer: Answer }
  /** `mayHaveWorked`: the request was on its way, so the upstream may have worked for it. */
  | { readonly is: 'failed'; readonly late: boolean; readonly mayHaveWorked: boolean; readonly text: string }
  | { readonly is: 'left' };

/** An answer whose body is still to come. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /**
   * Gives every chunk as it comes; one that answers with a promise is waited for (the client is slow).
   * Null at the proper end, else why it broke.
   */
  follow(each: (chunk: Buffer) => Promise<void> | null): Promise<string | null>;
  hangUp(): void;
}

/** An endpoint as requests to it need it. */
interface Way {
  readonly module: typeof http | typeof https;
  readonly agent: http.Agent;
  readonly way: Pick<http.RequestOptions, 'protocol' | 'hostname' | 'port' | 'auth'>;
  /** The path of the endpoint, without a slash at its end. */
  readonly base: string;
}

/** The connections to all upstreams. */
export class Lines {
  readonly #parts: GatewayParts;
  readonly #limits: GatewayLimits;
  readonly #http = new http.Agent({ keepAlive: true, noDelay: true, maxFreeSockets: 64, scheduling: 'lifo' });
  readonly #https = new https.Agent({ keepAlive: true, noDelay: true, maxFreeSockets: 64, scheduling: 'lifo' });

  readonly #ways = new Map<string, Way>();

  constructor(parts: GatewayParts, limits: GatewayLimits) {
    this.#parts = parts;
    this.#limits = limits;
  }

  async send(order: Order): Promise<Sent> {
    const sent = await this.#once(order, true);
    // A kept connection that the other side had closed meanwhile: no failure, and nobody has worked for it.
    return sent.is === 'stale' ? ((await this.#once(order, false)) as Sent) : sent;
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  /** Taken apart once: the endpoints are those of the chain. */
  #wayTo(endpoint: string): Way {
    const known = this.#ways.get(endpoint);
    if (known !== undefined) return known;
    const url = new URL(endpoint);
    const { protocol, hostname, port, auth } = urlToHttpOptions(url);
    const [module, agent] = protocol === 'https:' ? [https, this.#https] : [http, this.#http];
    const way = { module, agent, way: { protocol, hostname, port, auth }, base: url.pathname.replace(/\/+$/, '') };
    this.#ways.set(endpoint, way);
    return way;
  }

  #once(order: Order, reuse: boolean): Promise<Sent | { readonly is: 'stale' }> {
    return new Promise((resolve) => {
      if (order.left.aborted) return resolve({ is: 'left' });
      const { method, headers } = order;
      const { module, agent, way, base } = this.#wayTo(order.endpoint);
      const path = `${base}${order.path}`;
      const request = module.request({ ...way, path, method, headers, agent: reuse ? agent : false });
      let isLate = false;
      const patience = new Patience(this.#parts, (ms) => {
        isLate = true;
        request.destroy(new Late(ms));
      });
      const leave = () => request.destroy();
      order.left.addEventListener('abort', leave, { once: true });
      const over = () => {
        order.left.removeEventListener('abort', leave);
        patience.end();
      };
      request.once('close', over);
      let connected = false;
      patience.wait(this.#limits.connectMs);
      request.once('socket', (socket) => {
        const stands = () => {
          connected = true;
          patience.wait(this.#limits.firstByteMs);
        };
        if (!socket.connecting) return stands();
        socket.once((socket as TLSSocket).encrypted ? 'secureConnect' : 'connect', stands);
      });
      request.once('response', (response) => {
        resolve({
          is: 'answer',
          answer: answerOf(response, { patience, idleMs: this.#limits.idleMs, late: () => isLate }),
        });
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        over();
        if (order.left.aborted) return resolve({ is: 'left' });
        if (reuse && request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE'))
          return resolve({ is: 'stale' });
        const late = error instanceof Late;
        const text =
          late && !connected ? `no connection ${error.message}` : late ? `no answer ${error.message}` : said(error);
        resolve({ is: 'failed', late, mayHaveWorked: connected, text });
      });
      // Always with its length: then a body is not sent in chunks, which some servers do not take.
      if (order.body !== null) request.setHeader('content-length', order.body.length);
      request.end(order.body ?? undefined);
    });
  }
}

interface Watch {
  readonly patience: Patience;
  readonly idleMs: number;
  readonly late: () => boolean;
}

function answerOf(response: IncomingMessage, { patience, idleMs, late }: Watch): Answer {
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    hangUp: () => response.destroy(),
    follow: (each) =>
      new Promise((resolve) => {
        const over = () => {
          patience.end();
          if (response.complete) return resolve(null);
          resolve(late() ? `nothing came for ${Math.round(idleMs / 1_000)} s` : 'the connection broke in the answer');
        };
        response.on('data', (chunk: Buffer) => {
          patience.wait(idleMs);
          const slow = each(chunk);
          if (slow === null) return;
          response.pause();
          patience.end();
          void slow.then(() => {
            if (response.closed) return;
            patience.wait(idleMs);
            response.resume();
          });
        });
        response.on('error', () => {});
        response.once('end', over);
        response.once('close', over);
        if (response.destroyed) over();
      }),
  };
}

class Late extends Error {
  constructor(ms: number) {
    super(`within ${Math.round(ms / 1_000)} s`);
  }
}

function said(error: NodeJS.ErrnoException): string {
  // Of several addresses tried the error has no text of its own.
  return error.message || error.code || 'the request failed';
}
