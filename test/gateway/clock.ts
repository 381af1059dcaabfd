// A clock that stands still until a test moves it: timers go off when the test says so, never by waiting.

interface Timer {
  readonly ms: number;
  readonly atMs: number;
  readonly call: () => void;
}

export class TestClock {
  #nowMs = 0;
  #timers: Timer[] = [];
  #watchers: (() => void)[] = [];

  readonly nowMs = (): number => this.#nowMs;
  readonly wallMs = (): number => Date.UTC(2026, 0, 1) + this.#nowMs;

  readonly after = (ms: number, call: () => void): (() => void) => {
    const timer = { ms, atMs: this.#nowMs + ms, call };
    this.#timers.push(timer);
    for (const watcher of this.#watchers.splice(0)) watcher();
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
      for (const watcher of this.#watchers.splice(0)) watcher();
    };
  };

  /** Waits until somebody has set a timer of exactly so long, then lets it go off. */
  async fire(ms: number): Promise<void> {
    for (;;) {
      const timer = this.#timers.find((one) => one.ms === ms);
      if (timer !== undefined) return this.advance(timer.atMs - this.#nowMs);
      await new Promise<void>((resolve) => this.#watchers.push(resolve));
    }
  }

  advance(ms: number): void {
    this.#nowMs += Math.max(0, ms);
    const due = this.#timers.filter(({ atMs }) => atMs <= this.#nowMs).sort((a, b) => a.atMs - b.atMs);
    this.#timers = this.#timers.filter((timer) => !due.includes(timer));
    for (const { call } of due) call();
  }

  /** Lets time go by in a moment in which no timer is set, and waits for that moment. */
  async advanceUnwatched(ms: number): Promise<void> {
    while (this.#timers.length > 0) await new Promise<void>((resolve) => this.#watchers.push(resolve));
    this.advance(ms);
  }

  /** How many timers wait: none when nothing is left over. */
  get waiting(): number {
    return this.#timers.length;
  }
}
