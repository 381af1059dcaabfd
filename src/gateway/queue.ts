// Lets requests go one after another: when their caller may, and when what they cost at worst still fits the budget.
import type { Caller } from './facts.ts';
import type { GatewayParts } from './parts.ts';
import { type Need, weigh } from './reserve.ts';

/** A request that may go. Until it is given back its worst case stays reserved: tell what it used before. */
export interface Grant {
  /** What the answer must be cut to; null when it may stay as it is. */
  readonly mostTokens: number | null;
  giveBack(): void;
}

/** Of what costs nothing. */
const FREE: Grant = { mostTokens: null, giveBack: () => {} };

interface Waiting {
  readonly caller: Caller;
  readonly need: Need | null;
  readonly go: (grant: Grant | null) => void;
  toldUnaffordable: boolean;
}

export class Queue {
  readonly #parts: GatewayParts;
  readonly #holdMs: number;
  #waiting: Waiting[] = [];
  #inFlight = 0;
  #cancel: (() => void) | null = null;

  constructor(parts: GatewayParts, holdMs: number) {
    this.#parts = parts;
    this.#holdMs = holdMs;
  }

  /** Tokens reserved for requests in flight. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Waits as long as it takes. `need` null: it costs nothing and only wants to be allowed. Null when the client left. */
  admit(caller: Caller, need: Need | null, left: AbortSignal): Promise<Grant | null> {
    if (left.aborted) return Promise.resolve(null);
    const atOnce = this.#waiting.length === 0 ? this.#atOnce(caller, need) : null;
    if (atOnce !== null) return Promise.resolve(atOnce);
    return new Promise((resolve) => {
      const leave = () => {
        this.#waiting = this.#waiting.filter((one) => one !== waiting);
        resolve(null);
        this.#look();
      };
      const go = (grant: Grant | null) => {
        left.removeEventListener('abort', leave);
        resolve(grant);
      };
      const waiting: Waiting = { caller, need, go, toldUnaffordable: false };
      left.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiting);
      this.#look();
    });
  }

  /** The usual case, without a listener or a place in the line. Null: it has to wait, or cannot be paid for. */
  #atOnce(caller: Caller, need: Need | null): Grant | null {
    const allowance = this.#parts.allowanceOf(caller);
    if (allowance.is === 'hold') return null;
    if (need === null) return FREE;
    const fits = weigh(need, allowance.tokensLeft, this.#inFlight);
    return fits.is === 'fits' ? this.#grant(fits.reserved, fits.mostTokens) : null;
  }

  /** In the order they came. One that waits for others holds up those behind it, or it might never get its turn. */
  #look(): void {
    let blocked = false;
    this.#waiting = this.#waiting.filter((one) => {
      if (blocked && one.need !== null) return true;
      const stands = this.#try(one);
      blocked ||= stands === 'waits';
      return stands !== 'gone';
    });
    if (this.#waiting.length > 0) this.#cancel ??= this.#parts.after(this.#holdMs, () => this.#again());
    else this.#stop();
  }

  #try(one: Waiting): 'gone' | 'held' | 'waits' {
    const allowance = this.#parts.allowanceOf(one.caller);
    if (allowance.is === 'hold') return 'held';
    if (one.need === null) {
      one.go(FREE);
      return 'gone';
    }
    const fits = weigh(one.need, allowance.tokensLeft, this.#inFlight);
    switch (fits.is) {
      case 'fits':
        one.go(this.#grant(fits.reserved, fits.mostTokens));
        return 'gone';
      case 'waits':
        return 'waits';
      case 'never':
        this.#tellUnaffordable(one, { needs: fits.needs, tokensLeft: allowance.tokensLeft ?? 0 });
        return 'held';
    }
  }

  #tellUnaffordable(one: Waiting, sums: { needs: number; tokensLeft: number }): void {
    if (one.toldUnaffordable) return;
    one.toldUnaffordable = true;
    this.#parts.tell({ is: 'unaffordable', ...one.caller, ...sums });
  }

  #grant(reserved: number, mostTokens: number | null): Grant {
    this.#inFlight += reserved;
    let given = true;
    return {
      mostTokens,
      giveBack: () => {
        if (!given) return;
        given = false;
        this.#inFlight -= reserved;
        this.#look();
      },
    };
  }

  #again(): void {
    this.#cancel = null;
    this.#look();
  }

  #stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
