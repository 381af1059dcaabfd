// The upstreams in their order, each with its breaker: who is asked next, and from whom the last answer came.
import { answered, type Breaker, CLOSED, failed, mayTry, tried, unknown, windowClosed } from './breaker.ts';
import type { Caller, Upstream } from './facts.ts';
import type { GatewayLimits, GatewayParts } from './parts.ts';

export class Chain {
  readonly #parts: GatewayParts;
  readonly #limits: GatewayLimits;
  readonly #breakers = new Map<string, Breaker>();
  /** Whose answer was the last, and why its predecessor did not give it. */
  #current: string;
  #trouble = '';
  /** Upstreams that refuse a request which asks for usage: what they stream must be estimated. */
  readonly withoutUsage = new Set<string>();
  /** Turns that were told that nothing answers. */
  readonly #exhausted = new Map<string, number>();

  constructor(parts: GatewayParts, limits: GatewayLimits) {
    const [primary] = parts.upstreams;
    if (primary === undefined) throw new Error('assertion failed: a gateway needs an upstream');
    this.#parts = parts;
    this.#limits = limits;
    this.#current = primary.name;
  }

  get primary(): Upstream {
    const [primary] = this.#parts.upstreams;
    if (primary === undefined) throw new Error('assertion failed: a gateway needs an upstream');
    return primary;
  }

  get length(): number {
    return this.#parts.upstreams.length;
  }

  /** The next to ask of those not tried yet. Where all are left alone, the one whose time is up first: a call asks at least one. */
  next(done: ReadonlySet<string>): Upstream | null {
    const nowMs = this.#parts.clock.nowMs();
    const ready = this.#parts.upstreams.find(({ name }) => !done.has(name) && mayTry(this.#of(name), nowMs));
    if (ready !== undefined || done.size > 0) return ready ?? null;
    const openAt = ({ name }: Upstream) => {
      const breaker = this.#of(name);
      return breaker.is === 'open' ? breaker.untilMs : nowMs;
    };
    return this.#parts.upstreams.reduce((best, one) => (openAt(one) < openAt(best) ? one : best));
  }

  /** May anybody be asked without it being a try too early? */
  someReady(): boolean {
    return this.#parts.upstreams.some(({ name }) => mayTry(this.#of(name), this.#parts.clock.nowMs()));
  }

  went({ name }: Upstream): void {
    this.#breakers.set(name, tried(this.#of(name), this.#parts.clock.nowMs()));
  }

  answered(caller: Caller, { name }: Upstream): void {
    this.#breakers.set(name, answered());
    this.#exhausted.delete(caller.agent);
    if (name === this.#current) return;
    const back = name === this.primary.name;
    const reason = back ? 'it answers again' : this.#trouble || `${this.#current} is left alone for a while`;
    this.#parts.tell({ is: 'switched', ...caller, from: this.#current, to: name, reason });
    this.#current = name;
  }

  failed({ name }: Upstream, text: string): void {
    const rules = { failures: this.#limits.breakerFailures, coolDownMs: this.#limits.coolDownMs };
    this.#breakers.set(name, failed(this.#of(name), rules, this.#parts.clock.nowMs()));
    this.#trouble = text;
  }

  windowClosed({ name }: Upstream, waitMs: number, text: string): void {
    this.#breakers.set(name, windowClosed(waitMs, this.#parts.clock.nowMs()));
    this.#trouble = text;
  }

  /** Nothing was learned: the client left. */
  unknown({ name }: Upstream): void {
    this.#breakers.set(name, unknown(this.#of(name), this.#parts.clock.nowMs()));
  }

  /** Once a turn until it is answered again. */
  exhausted(caller: Caller, text: string): void {
    if (this.#exhausted.get(caller.agent) === caller.turn) return;
    this.#exhausted.set(caller.agent, caller.turn);
    this.#parts.tell({ is: 'exhausted', ...caller, text });
  }

  #of(name: string): Breaker {
    return this.#breakers.get(name) ?? CLOSED;
  }
}
