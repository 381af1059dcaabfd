// Which failures count as recovered: verified progress soon enough, and the same failure not back before it.
import type { FailureFact } from './facts.ts';

/** In a session of six hours progress must be back within ten minutes; shorter and longer ones are scaled. */
const LIMIT_MS = 10 * 60_000;
const SCALE_MS = 6 * 3_600_000;
/** No agent starts, works and is measured in less, however short the session. */
const LEAST_MS = 60_000;

export function recoveryLimitMs(plannedMs: number): number {
  return Math.max(LEAST_MS, (LIMIT_MS * plannedMs) / SCALE_MS);
}

export function isRecovered(failure: FailureFact, all: readonly FailureFact[], plannedMs: number): boolean {
  const { agent, kind, atMs, recoveredAfterMs } = failure;
  if (recoveredAfterMs === null || recoveredAfterMs > recoveryLimitMs(plannedMs)) return false;
  const endMs = atMs + recoveredAfterMs;
  return !all.some(
    (other) =>
      other !== failure && other.agent === agent && other.kind === kind && other.atMs > atMs && other.atMs <= endMs,
  );
}

export function recoveredOf({
  failures,
  plannedMs,
}: {
  readonly failures: readonly FailureFact[];
  readonly plannedMs: number;
}): number {
  return failures.filter((failure) => isRecovered(failure, failures, plannedMs)).length;
}
