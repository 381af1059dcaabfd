// Could what failed be tried again at all? Near the end of a session there may be no time left for it.
import { leastTurnMs } from '../session/schedule.ts';
import type { Session } from '../session/state.ts';

/** What a failure has for a chance to be got over. */
export interface Chance {
  /** Session time of the failure. */
  readonly sinceWorkingMs: number;
  /** Session time until the next try has begun for sure: the longest back-off, and the shortest turn worth beginning. */
  readonly neededMs: number;
  /** A turn has begun since, or the harness has given up and waits for a person. */
  readonly used: boolean;
  /** What is to go on: work, or, for an interrupt after the last phase, judging. */
  readonly awaits: 'progress' | 'judging';
}

export function chanceFrom({ plan, clock, stage }: Session, waitMs: number, awaits: Chance['awaits']): Chance {
  const phase = 'phase' in stage ? stage.phase : 0;
  return {
    sinceWorkingMs: clock.workingMs,
    neededMs: waitMs + leastTurnMs(plan, phase),
    used: false,
    awaits,
  };
}

/** Asked when all work is over. A pause is no time to try in, so session time is what counts. */
export function hadNoChance({ sinceWorkingMs, neededMs, used, awaits }: Chance, { clock }: Session): boolean {
  return !used && awaits === 'progress' && clock.workingMs - sinceWorkingMs < neededMs;
}

/** No turn begins any more: the last phase closes, or the session finishes. A put-down or interrupted one can go on. */
export function isWorkOver({ stage, plan }: Session): boolean {
  if ('ending' in stage) return stage.ending.is === 'finish';
  return stage.is === 'closing' && stage.phase >= plan.phases.length - 1;
}
