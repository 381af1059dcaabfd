// Which checkpoints' snapshots may be given up for want of space: the old ones between those that anybody may want back.
import type { Trigger } from './event.ts';
import { bestOf, type Session } from './state.ts';

export interface Kept {
  readonly number: number;
  readonly trigger: Trigger;
}

/** The newest stay, however they came about, and every so many of the older ones. */
const NEWEST = 5;
const EVERY = 10;
/** Marks of the way, and what a person asked for. */
const LASTING: ReadonlySet<Trigger> = new Set(['start', 'phase-end', 'request', 'stop', 'end']);

/** Numbers to give up, ascending. Never the last acknowledged one, the best one, or one that is to be restored or looked at. */
export function thinnable(session: Session, kept: readonly Kept[]): readonly number[] {
  const newest = new Set(
    kept
      .map(({ number }) => number)
      .sort((a, b) => b - a)
      .slice(0, NEWEST),
  );
  const wanted = new Set([
    session.checkpoints.last?.number,
    session.checkpoints.inFlight?.number,
    session.restore?.number,
    bestOf(session)?.checkpoint,
    ...session.looks.map(({ checkpoint }) => checkpoint),
  ]);
  return kept
    .filter(({ number, trigger }) => !newest.has(number) && !wanted.has(number) && !LASTING.has(trigger))
    .map(({ number }) => number)
    .filter((number) => number % EVERY !== 0)
    .sort((a, b) => a - b);
}
