// The circuit breaker of an upstream: after failures in a row it is left alone for a while, then one call tries it.

/**
 *          failures in a row                cool-down over, one call
 *   closed ────────────────► open(untilMs) ────────────────────────► probing
 *     ▲                        ▲                                       │
 *     └──────── answered ──────┼───────────────────────────────────────┤
 *                              └──────────── failed ───────────────────┘
 */
export type Breaker =
  | { readonly is: 'closed'; readonly failures: number }
  | { readonly is: 'open'; readonly untilMs: number }
  /** One call is out to see; nobody else goes until it comes back. */
  | { readonly is: 'probing' };

export interface BreakerRules {
  readonly failures: number;
  readonly coolDownMs: number;
}

export const CLOSED: Breaker = { is: 'closed', failures: 0 };

export function mayTry(breaker: Breaker, nowMs: number): boolean {
  return breaker.is === 'closed' || (breaker.is === 'open' && nowMs >= breaker.untilMs);
}

/** A call goes out. */
export function tried(breaker: Breaker, nowMs: number): Breaker {
  return breaker.is === 'open' && nowMs >= breaker.untilMs ? { is: 'probing' } : breaker;
}

export function answered(): Breaker {
  return CLOSED;
}

export function failed(breaker: Breaker, rules: BreakerRules, nowMs: number): Breaker {
  const open: Breaker = { is: 'open', untilMs: nowMs + rules.coolDownMs };
  switch (breaker.is) {
    case 'closed':
      return breaker.failures + 1 >= rules.failures ? open : { is: 'closed', failures: breaker.failures + 1 };
    case 'open':
      // One that was already out when it opened does not prolong it.
      return breaker;
    case 'probing':
      return open;
  }
}

/** The usage window is closed: nobody goes there until it opens. */
export function windowClosed(waitMs: number, nowMs: number): Breaker {
  return { is: 'open', untilMs: nowMs + waitMs };
}

/** The client left before there was an answer: nothing is known, and another call may try. */
export function unknown(breaker: Breaker, nowMs: number): Breaker {
  return breaker.is === 'probing' ? { is: 'open', untilMs: nowMs } : breaker;
}
