// What went wrong in a session and how it was got over: every failure with its evidence, injected ones told apart.
import { backoffCeilingMs } from '../session/backoff.ts';
import type { StampedEvent } from '../session/event.ts';
import { type Failure, policyOf } from '../session/failure.ts';
import { recoveryOf, type TroubleKind } from '../session/recoveries.ts';
import type { Session } from '../session/state.ts';
import { agentsOf } from '../session/types.ts';
import { type Chance, chanceFrom, hadNoChance, isWorkOver } from './chance.ts';

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
  /** Nobody had a chance to try again: the session's work ended in good order too soon after it. See recovery-figures.ts. */
  readonly cutOff: boolean;
  readonly chance: Chance;
}

/** `session` is the state after the event, `before` the one before. */
export function troublesAfter(troubles: Troubles, session: Session, event: StampedEvent, before: Session): Troubles {
  return withChances(afterEvent(troubles, session, event, before), session, before);
}

function afterEvent(troubles: Troubles, session: Session, event: StampedEvent, before: Session): Troubles {
  switch (event.type) {
    case 'fault-injected':
      return { ...troubles, lastFault: { fault: event.fault, agent: event.agent, atMs: session.clock.awakeMs } };
    case 'agent-started':
      return fromState(withTry(troubles, event.agent), session, event, before);
    case 'agent-start-failed':
      return failedTurn(withTry(troubles, event.agent), session, event);
    case 'agent-recovered':
      return withWorkspace(troubles, event.agent, event.turn, event.workspace);
    case 'signal-received': {
      const text = `${event.signal} received`;
      const seen = { wall: event.wall, agent: null, turn: null, kind: 'interrupt', text } as const;
      return withFailure(troubles, session, seen, isWorkOver(before) ? 'judging' : 'progress');
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
  const { action, delay } = policyOf(failure);
  const tries = (session.trouble.attempts[failure.key] ?? 0) + 1;
  const waitMs = delay === 'none' ? 0 : backoffCeilingMs(session.plan.recovery, tries);
  return withFailure(troubles, session, { wall, agent, turn, kind, text, evidence, action, waitMs });
}

type Seen = Pick<FailureRecord, 'wall' | 'agent' | 'turn' | 'kind' | 'text'> & {
  readonly evidence?: readonly string[] | undefined;
  readonly action?: string;
  /** Longest back-off before the next try. */
  readonly waitMs?: number;
};

function withFailure(
  troubles: Troubles,
  session: Session,
  { waitMs, ...seen }: Seen,
  awaits: Chance['awaits'] = 'progress',
): Troubles {
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
    cutOff: seen.agent !== null && isWorkOver(session),
    chance: chanceFrom(session, waitMs ?? 0, open?.chance.awaits ?? awaits),
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

/** A turn begins: whoever had failed has its next try, and so has an earlier life's interrupt. */
function withTry(troubles: Troubles, agent: string): Troubles {
  return mapOpen(troubles, (one) => (one.agent === agent || one.kind === 'interrupt' ? used(one) : one));
}

/** What the session's own way means for failures that are still open. */
function withChances(troubles: Troubles, session: Session, before: Session): Troubles {
  const gaveUp = ({ pauses }: Session) => pauses.some(({ because }) => because === 'failure');
  let next = troubles;
  if (gaveUp(session) && !gaveUp(before)) next = mapOpen(next, used);
  if (isWorkOver(session) && !isWorkOver(before))
    next = mapOpen(next, (one) =>
      one.kind !== 'disk-full' && hadNoChance(one.chance, session) ? { ...one, cutOff: true } : one,
    );
  // After the phases there is nothing else to go on with than the verdict.
  if (session.stage.is === 'judging' && before.stage.is !== 'judging')
    next = settled(next, session, ({ chance }) => chance.awaits === 'judging');
  return next;
}

function used(one: FailureRecord): FailureRecord {
  return { ...one, cutOff: false, chance: { ...one.chance, used: true } };
}

function mapOpen(troubles: Troubles, change: (one: FailureRecord) => FailureRecord): Troubles {
  if (troubles.failures.every(({ recoveredAfterMs }) => recoveredAfterMs !== null)) return troubles;
  const failures = troubles.failures.map((one) => (one.recoveredAfterMs === null ? change(one) : one));
  return { ...troubles, failures };
}

/** Verified progress of an agent: its own failures are behind it, and so is an interrupt of an earlier life. */
function withProgress(troubles: Troubles, session: Session, agent: string): Troubles {
  return settled(troubles, session, (one) => one.agent === agent || one.kind === 'interrupt');
}

function settled(troubles: Troubles, { clock }: Session, is: (one: FailureRecord) => boolean): Troubles {
  if (!troubles.failures.some((one) => one.recoveredAfterMs === null && is(one))) return troubles;
  const failures = troubles.failures.map((one) =>
    one.recoveredAfterMs === null && is(one)
      ? { ...one, recoveredAfterMs: clock.awakeMs - one.atMs, cutOff: false }
      : one,
  );
  return { ...troubles, failures };
}
