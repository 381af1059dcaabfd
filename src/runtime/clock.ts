// Time as the supervisor sees it: a monotonic clock for all arithmetic, a wall clock for people, one kind of timer.

export interface Clock {
  /** Monotonic milliseconds since this clock was made, whole. */
  nowMs(): number;
  /** Wall time in milliseconds since the epoch. */
  wallMs(): number;
  /** Moves this clock's wall time, for faults on purpose; the host's is left alone. */
  stepWall(byMs: number): void;
  /** Calls back once after at least so long; the answer cancels it. */
  after(ms: number, call: () => void): () => void;
}

/** Node's timers take no more than this; a longer wait is made of several. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function systemClock(): Clock {
  const startMs = performance.now();
  let steppedMs = 0;
  return {
    nowMs: () => Math.floor(performance.now() - startMs),
    wallMs: () => Date.now() + steppedMs,
    stepWall: (byMs) => {
      steppedMs += byMs;
    },
    after: (ms, call) => {
      const timer = setTimeout(call, Math.min(Math.max(0, Math.ceil(ms)), LONGEST_TIMER_MS));
      return () => clearTimeout(timer);
    },
  };
}
