// Seeded chance: the same seed gives the same night, on every machine.
import { draw } from '../src/session/random.ts';

export class Chance {
  #state: number;

  constructor(seed: number) {
    // Neighbouring seeds shall not give alike nights.
    this.#state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 0;
  }

  /** In [0, 1). */
  next(): number {
    const [state, value] = draw(this.#state);
    this.#state = state;
    return value;
  }

  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** True with this probability. */
  is(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(all: readonly T[]): T {
    const one = all[Math.floor(this.next() * all.length)];
    if (one === undefined) throw new Error('nothing to pick from');
    return one;
  }

  /** Mostly near `typical`, sometimes ten times as long: how waits are in the world. */
  wait(typicalMs: number): number {
    return Math.max(1, Math.round(-Math.log(1 - this.next()) * typicalMs));
  }

  /** A generator of its own, whose draws do not disturb this one's. */
  fork(): Chance {
    return new Chance(this.whole(0, 0x7fffffff));
  }
}
