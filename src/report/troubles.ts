// What went wrong in a session and how it was got over: every failure with its evidence, injected ones told apart.
import type { StampedEvent } from '../session/event.ts';
import { type Failure, policyOf } from '../session/failure.ts';
import { durationMs } from '../session/plan.ts';
import { recoveryOf, type TroubleKind } from '../session/recoveries.ts';
import type { Session } from '../session/state.ts';
import { agentsOf } from '../session/types.ts';

export interface Troubles {
  readonly failures: readonly FailureRecord[];
  readonly lastFault: { readonly fault: string; readonly agent: string | null; readonly atMs: number } | null;
}

export const NO_TROUBLES: Troubles = { failures: [], lastFault: null };

export interface FailureRecord {
  readonly wall: string;
  /** Null: it happened to the whole session. */
  readonly agent: string | null;
  readonly turn: number | null;
  readonly kind: TroubleKind;
  readonly text: string;
  readonly evidence: readonly string[];
  readonly action: string;
  readonly workspace: string | null;
  /** Brought about on purpose, by chaos or the drill. */
  readonly injected: boolean;
  /** The same trouble again, before anything was achieved, belongs to the same episode. */
  readonly episode: number;
  /** Awake time from the failure to verified progress; null while there is none. */
  readonly recoveredAfterMs: number | null;
  readonly atMs: number;
}

/** `session` is the state after the event, `before` the one before. */
export function troublesAfter(troubles: Troubles, session: Session, event: StampedEvent, before: Session): Troubles {
  switch (event.type) {
    case 'fault-injected':
      return { ...troubles, lastFault: { fault: event.fault, agent: event.agent, atMs: session.clock.awakeMs } };
    case 'agent-start-failed':
      return failedTurn(troubles, session, event);
    case 'agent-recovered':
      return withWorkspace(troubles, event.agent, event.turn, event.workspace);
    case 'signal-received': {
      const text = `${event.signal} received`;
      return withFailure(troubles, session, { wall: event.wall, agent: null, turn: null, kind: 'interrupt', text });
    }
    case 'progress-seen':
      // The core decided whether it counts.
      return session.trouble === before.trouble ? troubles : withProgress(troubles, session, event.agent);
    case 'turn-measured':
      return event.changed ? withProgress(fromState(troubles, session, event, before), session, event.agent) : troubles;
    default:
      return fromState(troubles, session, event, before);
  }
}

/** Failures that show in the state alone: turns that are being recovered, and a disk in trouble. */
function fromState(troubles: Troubles, session: Session, event: StampedEvent, before: Session): Troubles {
  let next = troubles;
  if (session.agents !== before.agents)
    for (const agent of agentsOf(session)) {
      const was = before.agents[agent.name]?.at;
      if (agent.at.is !== 'recovering' || was?.is === 'recovering') continue;
      const { failure, turn } = agent.at;
      next = failedTurn(next, session, { wall: event.wall, agent: agent.name, turn: turn.number, failure });
    }
  const isFull = (state: Session) => state.pauses.find(({ because }) => because === 'disk');
  const full = isFull(session);
  if (full !== undefined && isFull(before) === undefined)
    next = withFailure(next, session, {
      wall: event.wall,
      agent: null,
      turn: null,
      kind: 'disk-full',
      text: full.text,
    });
  if (full === undefined && isFull(before) !== undefined && session.stage.is !== 'wrapping-up')
    next = settled(next, session, ({ kind }) => kind === 'disk-full');
  return next;
}

interface FailedTurn {
  readonly wall: string;
  readonly agent: string;
  readonly turn: number;
  readonly failure: Failure;
}

/** Field by field: what is given may be a whole event, and of that nothing more belongs into the report. */
function failedTurn(troubles: Troubles, session: Session, { wall, agent, turn, failure }: FailedTurn): Troubles {
  const { kind, text, evidence } = failure;
  return withFailure(troubles, session, { wall, agent, turn, kind, text, evidence, action: policyOf(failure).action });
}

type Seen = Pick<FailureRecord, 'wall' | 'agent' | 'turn' | 'kind' | 'text'> & {
  readonly evidence?: readonly string[] | undefined;
  readonly action?: string;
};

function withFailure(troubles: Troubles, session: Session, seen: Seen): Troubles {
  const { failures } = troubles;
  const open = failures.findLast(
    ({ agent, kind, recoveredAfterMs }) => agent === seen.agent && kind === seen.kind && recoveredAfterMs === null,
  );
  const record: FailureRecord = {
    ...seen,
    evidence: seen.evidence ?? [seen.text],
    action: seen.action ?? recoveryOf(seen.kind)?.action ?? 'none',
    workspace: null,
    injected: isInjected(troubles, session, seen),
    episode: open?.episode ?? (failures.at(-1)?.episode ?? 0) + 1,
    recoveredAfterMs: null,
    atMs: session.clock.awakeMs,
  };
  return { ...troubles, failures: [...failures, record] };
}

/** Which trouble a fault brings about, and for how long after it that is its doing. */
const BRINGS: Readonly<Record<string, readonly TroubleKind[]>> = {
  kill: ['process-crash'],
  stop: ['stall'],
  hang: ['stall'],
  'rate-limit': ['llm-error'],
  'server-error': ['llm-error'],
  'model-hang': ['llm-error', 'stall'],
  'cut-stream': ['llm-error', 'parse-failure'],
  malformed: ['llm-error', 'parse-failure'],
  'slow-first-byte': ['llm-error', 'stall'],
  'small-disk': ['disk-full'],
  memory: ['memory-pressure'],
};
const BLAMED_MS = 180_000;

function isInjected({ lastFault }: Troubles, { clock }: Session, { agent, kind }: Seen): boolean {
  if (lastFault === null || clock.awakeMs - lastFault.atMs > BLAMED_MS) return false;
  // What is injected into the gateway meets everybody's calls.
  const everybody = lastFault.agent === null || agent === null || kind === 'llm-error';
  const same = everybody || lastFault.agent === agent;
  return same && (BRINGS[lastFault.fault]?.includes(kind) ?? false);
}

function withWorkspace(troubles: Troubles, agent: string, turn: number, workspace: string): Troubles {
  const failures = troubles.failures.map((one) =>
    one.agent === agent && one.turn === turn ? { ...one, workspace } : one,
  );
  return { ...troubles, failures };
}

/** Verified progress of an agent: its own failures are behind it, and so is an interrupt of an earlier life. */
function withProgress(troubles: Troubles, session: Session, agent: string): Troubles {
  return settled(troubles, session, (one) => one.agent === agent || one.kind === 'interrupt');
}

function settled(troubles: Troubles, { clock }: Session, is: (one: FailureRecord) => boolean): Troubles {
  if (!troubles.failures.some((one) => one.recoveredAfterMs === null && is(one))) return troubles;
  const failures = troubles.failures.map((one) =>
    one.recoveredAfterMs === null && is(one) ? { ...one, recoveredAfterMs: clock.awakeMs - one.atMs } : one,
  );
  return { ...troubles, failures };
}

export interface RecoveryFigures {
  readonly episodes: number;
  readonly recovered: number;
  /** Share of the episodes that were got over in time; null when there were none. */
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
  return {
    episodes: episodes.size,
    recovered: times.length,
    rate: episodes.size === 0 ? null : times.length / episodes.size,
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
