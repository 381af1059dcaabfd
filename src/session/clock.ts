// The session's three clocks, all fed by the monotonic stamp of events; wall time is never used for arithmetic.
import { type Plan, phaseEndMs } from './plan.ts';

/**
 * awake: the harness lives and runs. Excludes host sleep and gaps; waits, graces and back-offs are measured on it,
 *   so a gap re-arms every watchdog by itself.
 * working: awake, and the session is not paused. It is the time a session has spent; it never goes back.
 * phase: working, plus what was skipped, minus what was rewound. Phases begin and end on it.
 */
export interface Clock {
  readonly lastAtMs: number;
  readonly awakeMs: number;
  readonly workingMs: number;
  readonly shiftMs: number;
}

export const CLOCK_AT_START: Clock = { lastAtMs: 0, awakeMs: 0, workingMs: 0, shiftMs: 0 };

/** Moves the clocks on to a stamp, leaving out `gapMs` in which nobody worked. */
export function advance(clock: Clock, atMs: number, gapMs: number, counting: boolean): Clock {
  const passed = Math.max(0, atMs - clock.lastAtMs - gapMs);
  return {
    ...clock,
    lastAtMs: Math.max(atMs, clock.lastAtMs),
    awakeMs: clock.awakeMs + passed,
    workingMs: clock.workingMs + (counting ? passed : 0),
  };
}

/** A new incarnation counts its stamps from zero again. */
export function restarted(clock: Clock, atMs: number): Clock {
  return { ...clock, lastAtMs: atMs };
}

export function phaseClockMs(clock: Clock): number {
  return clock.workingMs + clock.shiftMs;
}

/** The phase that the clock stands in; the number of phases when all are over. */
export function phaseAt(plan: Plan, clockMs: number): number {
  const index = plan.phases.findIndex((_, i) => clockMs < phaseEndMs(plan, i));
  return index === -1 ? plan.phases.length : index;
}
