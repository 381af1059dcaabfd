// A gateway in front of scripted upstreams, with everything it told, and an agent that asks it.
import {
  type ClientRequest,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type RequestOptions,
  request,
} from 'node:http';
import { onTestFinished } from 'vitest';
import type { Allowance, CalledFact, Caller, Fault, GatewayFact, Upstream } from '../../src/gateway/facts.ts';
import type { GatewayLimits, GatewayParts } from '../../src/gateway/parts.ts';
import { type Gateway, startGateway } from '../../src/gateway/server.ts';
import { TurnTokens } from '../../src/gateway/tokens.ts';
import { type Script, type ScriptedUpstream, startUpstream } from './upstream.ts';

export const KEY = 'sk-the-real-key-of-ours';

export interface Gate {
  readonly gateway: Gateway;
  readonly facts: readonly GatewayFact[];
  readonly tokens: TurnTokens;
  /** The token of `alice`, turn 1, and of `bob`, turn 2. */
  readonly token: string;
  readonly bobs: string;
  called(): CalledFact[];
  /** Waits for the first fact that fits. */
  fact<T extends GatewayFact['is']>(is: T, nth?: number): Promise<Extract<GatewayFact, { is: T }>>;
}

export interface Setup {
  readonly clock?: Pick<GatewayParts['clock'], 'nowMs' | 'wallMs'> & { after: GatewayParts['after'] };
  readonly limits?: Partial<GatewayLimits>;
  readonly allowanceOf?: (caller: Caller) => Allowance;
  readonly faultOf?: (caller: Caller) => Fault | null;
  readonly tell?: (fact: GatewayFact) => void;
}

export async function startGate(upstreams: readonly Upstream[], setup: Setup = {}): Promise<Gate> {
  const facts: GatewayFact[] = [];
  const watchers: (() => void)[] = [];
  const tokens = new TurnTokens();
  const clock = setup.clock ?? REAL_CLOCK;
  const gateway = await startGateway({
    upstreams,
    clock,
    after: clock.after,
    tell: (fact) => {
      facts.push(fact);
      setup.tell?.(fact);
      for (const watcher of watchers.splice(0)) watcher();
    },
    allowanceOf: setup.allowanceOf ?? (() => ({ is: 'go', tokensLeft: null })),
    faultOf: setup.faultOf ?? (() => null),
    callerOf: tokens.callerOf,
    log: {
      warn: (text) => {
        throw new Error(text);
      },
    },
    limits: { retryMs: [1, 1], holdMs: 1, ...setup.limits },
  });
  onTestFinished(() => gateway.close());
  const [token, bobs] = [tokens.issue({ agent: 'alice', turn: 1 }), tokens.issue({ agent: 'bob', turn: 2 })];
  return {
    gateway,
    facts,
    tokens,
    token,
    bobs,
    called: () => facts.filter((fact) => fact.is === 'called'),
    fact: async (is, nth = 0) => {
      for (;;) {
        const found = facts.filter((one) => one.is === is)[nth];
        if (found !== undefined) return found as never;
        await new Promise<void>((resolve) => watchers.push(resolve));
      }
    },
  };
}

const REAL_CLOCK = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  after: (ms: number, call: () => void) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

/** A scripted upstream that ends with the test, and its row in the chain. */
export async function scripted(name: string, script: Script): Promise<[ScriptedUpstream, Upstream]> {
  const upstream = await startUpstream(script);
  onTestFinished(() => upstream.close());
  return [upstream, rowOf(name, upstream.endpoint)];
}

export function rowOf(name: string, endpoint: string, more: Partial<Upstream> = {}): Upstream {
  const prices = { promptUsdPerMillion: null, completionUsdPerMillion: null, contextTokens: null };
  return { name, endpoint, model: `${name}-model`, keyOf: () => KEY, ...prices, ...more };
}

export interface Asking {
  readonly agent?: string;
  readonly token?: string | null;
  readonly path?: string;
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: OutgoingHttpHeaders;
  /** Gets the request, and every chunk as it comes. */
  readonly onRequest?: (sent: ClientRequest) => void;
  readonly onChunk?: (chunk: Buffer, sent: ClientRequest) => void;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  /** The answer was torn off, or there was none. */
  readonly broken: boolean;
}

export const HELLO = { model: 'whatever', messages: [{ role: 'user', content: 'Say hello' }], max_tokens: 100 };

/** Never rejects: a connection that breaks is a broken reply. */
export function ask(gate: Pick<Gate, 'gateway' | 'token'>, asking: Asking = {}): Promise<Reply> {
  const { agent = 'alice', token = gate.token, path = '/chat/completions', body = HELLO } = asking;
  const method = asking.method ?? 'POST';
  const bytes = method === 'GET' ? null : Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  const given = {
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    ...(bytes === null ? {} : { 'content-type': 'application/json', 'content-length': bytes.length }),
    ...asking.headers,
  };
  const headers = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return exchange({ port: gate.gateway.port, path: `/agents/${agent}/v1${path}`, method, headers }, { bytes, asking });
}

function exchange(
  options: RequestOptions,
  { bytes, asking }: { bytes: Buffer | null; asking: Asking },
): Promise<Reply> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let [status, headers]: [number, IncomingHttpHeaders] = [0, {}];
    const over = (broken: boolean) => {
      const all = Buffer.concat(chunks);
      resolve({ status, headers, bytes: all, text: all.toString('utf8'), broken });
    };
    const sent = request({ host: '127.0.0.1', agent: false, ...options }, (response) => {
      status = response.statusCode ?? 0;
      headers = response.headers;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        asking.onChunk?.(chunk, sent);
      });
      response.on('end', () => over(!response.complete));
      response.on('error', () => over(true));
      response.on('close', () => over(!response.complete));
    });
    sent.on('error', () => over(true));
    asking.onRequest?.(sent);
    sent.end(bytes ?? undefined);
  });
}
