// How often, and how fast, what went wrong was got over: recovered, not recovered, or cut off by the session's end.
import { durationMs } from '../session/plan.ts';
import type { Session } from '../session/state.ts';
import type { FailureRecord } from './troubles.ts';

export interface RecoveryFigures {
  readonly episodes: number;
  readonly recovered: number;
  /** Episodes without an outcome: the session's work ended before a try was possible. Never counted as recovered. */
  readonly cutOff: number;
  /** Share of the other episodes that were got over in time; null when there were none. */
  readonly rate: number | null;
  readonly medianMs: number | null;
  readonly p95Ms: number | null;
}

/** Got over means: verified progress within this time. Ten minutes of a six-hour session, scaled, at least two. */
export function recoveryLimitMs(session: Session): number {
  return Math.min(600_000, Math.max(120_000, durationMs(session.plan) / 36));
}

/** Figures over the episodes of some failures. */
export function figuresOf(failures: readonly FailureRecord[], limitMs: number): RecoveryFigures {
  const episodes = new Map<number, FailureRecord[]>();
  for (const one of failures) episodes.set(one.episode, [...(episodes.get(one.episode) ?? []), one]);
  const times = [...episodes.values()]
    .map((records) => timeOf(records, limitMs))
    .filter((ms) => ms !== null)
    .sort((a, b) => a - b);
  // A try that was made and failed stays failed, even when the session ended upon it.
  const cutOff = [...episodes.values()].filter((records) => records.every((one) => one.cutOff)).length;
  const decided = episodes.size - cutOff;
  return {
    episodes: episodes.size,
    recovered: times.length,
    cutOff,
    rate: decided === 0 ? null : times.length / decided,
    medianMs: quantile(times, 0.5),
    p95Ms: quantile(times, 0.95),
  };
}

/** From the first failure of an episode to progress; null when there was none, or too late. */
function timeOf(records: readonly FailureRecord[], limitMs: number): number | null {
  const [first] = records;
  if (first === undefined || records.some(({ recoveredAfterMs }) => recoveredAfterMs === null)) return null;
  const ms = first.recoveredAfterMs ?? 0;
  // Waiting for space, or for a person to resume, is not slowness of ours.
  return ms <= limitMs || first.agent === null ? ms : null;
}

/** The smallest value that at least this share of the values does not exceed. */
function quantile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
}
