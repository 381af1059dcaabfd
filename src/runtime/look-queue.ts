// Which checkpoint is looked at next beside the work, and when: the ends of phases all, of the others only the newest.

/** A checkpoint to be looked at. */
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

export interface LookQueue {
  /** All of them are looked at, the oldest first. */
  readonly settled: readonly Look[];
  /** A later one takes its place. */
  readonly newest: Look | null;
  /** Until then nothing is begun that can wait. */
  readonly restUntilMs: number;
}

export const NO_LOOKS: LookQueue = { settled: [], newest: null, restUntilMs: 0 };

/** After a look so many times its length belongs to the work alone: at most a quarter of the time is spent on looks. */
const REST = 3;

export function withLook(queue: LookQueue, look: Look): LookQueue {
  if (!look.settled) return { ...queue, newest: look };
  return { ...queue, settled: [...queue.settled, look], newest: null };
}

export type Next =
  | { readonly is: 'look'; readonly look: Look; readonly left: LookQueue }
  | { readonly is: 'wait'; readonly ms: number }
  | { readonly is: 'nothing' };

export function nextLook(queue: LookQueue, nowMs: number): Next {
  const [first, ...settled] = queue.settled;
  if (first !== undefined) return { is: 'look', look: first, left: { ...queue, settled } };
  if (queue.newest === null) return { is: 'nothing' };
  const waitMs = queue.restUntilMs - nowMs;
  if (waitMs > 0) return { is: 'wait', ms: waitMs };
  return { is: 'look', look: queue.newest, left: { ...queue, newest: null } };
}

export function rested(queue: LookQueue, beganMs: number, endedMs: number): LookQueue {
  return { ...queue, restUntilMs: endedMs + REST * (endedMs - beganMs) };
}
