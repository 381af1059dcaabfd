// What a gateway is made of: everything it needs of the world is handed in, and its limits have defaults.
import type { Allowance, Caller, Fault, GatewayFact, Upstream } from './facts.ts';

export interface GatewayParts {
  /** In the order of preference: the first is the primary. At least one. */
  readonly upstreams: readonly Upstream[];
  /** Monotonic and wall milliseconds, as in runtime/clock.ts. */
  readonly clock: { nowMs(): number; wallMs(): number };
  /** Calls back once after at least so long; the answer cancels it. */
  readonly after: (ms: number, call: () => void) => () => void;
  readonly tell: (fact: GatewayFact) => void;
  readonly allowanceOf: (caller: Caller) => Allowance;
  readonly faultOf: (caller: Caller) => Fault | null;
  /** Compares in constant time: tokens.ts has one. */
  readonly callerOf: (token: string) => Caller | null;
  readonly log: { warn(text: string): void };
  readonly limits?: Partial<GatewayLimits>;
}

export interface GatewayLimits {
  /** Until a connection to the upstream stands. */
  readonly connectMs: number;
  /** From the request to the first byte of its answer; an answer that is not streamed is generated in this time. */
  readonly firstByteMs: number;
  /** Between two pieces of an answer. */
  readonly idleMs: number;
  readonly requestBytes: number;
  /** An answer that is not streamed is held whole, so that a broken one can be asked for again. */
  readonly answerBytes: number;
  /** Bodies of requests in memory at once, of all calls together. */
  readonly heldBytes: number;
  /** Between two looks whether a held request may go. */
  readonly holdMs: number;
  /** Waits before a second and third try. */
  readonly retryMs: readonly [number, number];
  /** A Retry-After beyond this is passed on to the agent instead of waited for. */
  readonly retryAfterMs: number;
  readonly breakerFailures: number;
  readonly coolDownMs: number;
  /** How long the fault `slow-first-byte` takes. */
  readonly slowMs: number;
}

export const LIMITS: GatewayLimits = {
  connectMs: 10_000,
  firstByteMs: 900_000,
  idleMs: 300_000,
  requestBytes: 64 * 1024 * 1024,
  answerBytes: 64 * 1024 * 1024,
  heldBytes: 512 * 1024 * 1024,
  holdMs: 250,
  retryMs: [500, 1_500],
  retryAfterMs: 60_000,
  breakerFailures: 3,
  coolDownMs: 60_000,
  slowMs: 20_000,
};
