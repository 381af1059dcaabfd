// A time limit that is moved with every sign of life, at the cost of reading a clock.
import type { GatewayParts } from './parts.ts';

export class Patience {
  readonly #parts: Pick<GatewayParts, 'clock' | 'after'>;
  readonly #late: (ms: number) => void;
  #limitMs = 0;
  #sinceMs = 0;
  #cancel: (() => void) | null = null;
  #running = false;

  constructor(parts: Pick<GatewayParts, 'clock' | 'after'>, late: (ms: number) => void) {
    this.#parts = parts;
    this.#late = late;
  }

  /** From now on so long. */
  wait(ms: number): void {
    this.#sinceMs = this.#parts.clock.nowMs();
    const sooner = ms < this.#limitMs;
    this.#limitMs = ms;
    this.#running = true;
    if (sooner) this.#stop();
    if (this.#cancel === null) this.#arm(ms);
  }

  /** Nothing is waited for. */
  end(): void {
    this.#running = false;
    this.#stop();
  }

  #arm(ms: number): void {
    this.#cancel = this.#parts.after(ms, () => {
      this.#cancel = null;
      if (!this.#running) return;
      const leftMs = this.#sinceMs + this.#limitMs - this.#parts.clock.nowMs();
      if (leftMs > 0) this.#arm(leftMs);
      else this.#late(this.#limitMs);
    });
  }

  #stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
