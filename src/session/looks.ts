// Looks beside the work: which checkpoints are still to be looked at, and what was seen of the state that stands.
import type { CheckpointEvent } from './event.ts';
import type { Quality, Session, Stage } from './state.ts';
import { agentsOf } from './types.ts';

/** A checkpoint that is to be built and tested. Part of the state: it outlives the harness that was to do it. */
export interface Look {
  readonly checkpoint: number;
  readonly commit: string;
  /** Working time at the checkpoint. */
  readonly workingMs: number;
  /** Nobody was at work when it was taken; what follows waits for the answer. */
  readonly settled: boolean;
  /** Index of the phase that it ends; null: it ends none. */
  readonly endOf: number | null;
}

/** Far more than phases and standstills come between two looks. */
const MOST_LOOKS = 100;

/** A checkpoint was written: settled ones are all to be looked at, of the others only the newest. */
export function withLook(session: Session, event: CheckpointEvent & { type: 'checkpoint-written' }): Session {
  const { plan, checkpoints, looks, stage, standsFrom } = session;
  const { number: checkpoint, commit, trigger } = event;
  if (plan.light === 'off' || !isGoingOn(stage)) return session;
  const endOf = trigger === 'phase-end' && stage.is === 'closing' ? stage.phase : null;
  // The last phase is over: that checkpoint is judged with all gates now.
  if (endOf === plan.phases.length - 1) return session;
  const stood = trigger === 'standstill' && isNothingOpen(session) && checkpoint >= standsFrom;
  const settled = endOf !== null || stood;
  if (plan.light === 'phase-ends' && !settled) return session;
  const look = { checkpoint, commit, workingMs: checkpoints.since.workingMs, settled, endOf };
  return { ...session, looks: [...looks.filter((one) => one.settled), look].slice(-MOST_LOOKS) };
}

/** Now, or in the next life of the harness. */
function isGoingOn(stage: Stage): boolean {
  if (stage.is === 'wrapping-up') return stage.ending.is !== 'finish';
  return stage.is === 'working' || stage.is === 'closing';
}

/** Is this a time for looks? A stop waits for nothing, and at the end the judge has the word. */
export function isTimeToLook({ stage }: Session): boolean {
  return stage.is === 'working' || stage.is === 'closing' || stage.is === 'restoring';
}

export type Next =
  | { readonly is: 'look'; readonly look: Look }
  | { readonly is: 'wait'; readonly ms: number }
  | { readonly is: 'nothing' };

/** Settled ones first, the oldest of them first; until `restUntilMs` nothing is begun that can wait. */
export function nextLook(looks: readonly Look[], restUntilMs: number, nowMs: number): Next {
  const look = looks.find(({ settled }) => settled) ?? looks[0];
  if (look === undefined) return { is: 'nothing' };
  const waitMs = restUntilMs - nowMs;
  return look.settled || waitMs <= 0 ? { is: 'look', look } : { is: 'wait', ms: waitMs };
}

/** After a look so many times its length belongs to the work alone: at most a quarter of the time is spent on looks. */
const REST = 3;

export function restAfter(beganMs: number, endedMs: number): number {
  return endedMs + REST * (endedMs - beganMs);
}

/** Nobody has a turn or anything to do one for. */
export function isNothingOpen(session: Session): boolean {
  return agentsOf(session).every(({ at }) => at.is === 'satisfied' || at.is === 'benched');
}

/** The newest look at what the last turn left; null: there was none yet. */
export function lookedAtLast({ quality, standsFrom }: Session): Quality | null {
  return quality.findLast(({ checkpoint }) => checkpoint >= standsFrom) ?? null;
}
