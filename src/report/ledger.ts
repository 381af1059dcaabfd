// The story of a session, folded from its journal: phases, failures, checkpoints, lives of the harness.
import type { StampedEvent, Trigger } from '../session/event.ts';
import type { Session } from '../session/state.ts';
import { NO_TROUBLES, type Troubles, troublesAfter } from './troubles.ts';

export interface Ledger {
  readonly startedWall: string | null;
  readonly endedWall: string | null;
  readonly versions: readonly string[];
  readonly phases: readonly PhaseRecord[];
  readonly troubles: Troubles;
  readonly switches: readonly SwitchRecord[];
  readonly faults: readonly {
    readonly wall: string;
    readonly fault: string;
    readonly by: string;
    readonly agent: string | null;
  }[];
  readonly limits: readonly LimitRecord[];
  readonly checkpoints: readonly CheckpointRecord[];
  /** What project/ holds instead of the last state. */
  readonly delivered: { readonly checkpoint: number; readonly last: number } | null;
  readonly restores: readonly { readonly wall: string; readonly number: number; readonly insteadOf: number | null }[];
  readonly people: readonly { readonly wall: string; readonly what: string; readonly by: string }[];
  readonly pauses: readonly { readonly wall: string; readonly because: string; readonly text: string }[];
  readonly stalledMs: number;
}

export interface PhaseRecord {
  readonly name: string;
  readonly index: number;
  readonly beganWall: string;
  readonly beganMs: number;
  readonly workingMs: number;
  readonly turns: number;
  readonly changedTurns: number;
}

export interface CheckpointRecord {
  readonly number: number;
  readonly trigger: Trigger;
  readonly wall: string;
  readonly files: number;
  readonly bytes: number;
  readonly tookMs: number;
  /** Its snapshot was removed for want of space. */
  readonly thinned: boolean;
}

export interface SwitchRecord {
  readonly wall: string;
  readonly agent: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

export interface LimitRecord {
  readonly wall: string;
  readonly limit: string;
  readonly from: number | null;
  readonly to: number | null;
  readonly by: string;
  readonly why: string;
}

export const EMPTY_LEDGER: Ledger = {
  startedWall: null,
  endedWall: null,
  versions: [],
  phases: [],
  troubles: NO_TROUBLES,
  switches: [],
  faults: [],
  limits: [],
  checkpoints: [],
  delivered: null,
  restores: [],
  people: [],
  pauses: [],
  stalledMs: 0,
};

/** Adds one event; `session` is the state after it, `before` the one before. */
export function record(ledger: Ledger, session: Session, event: StampedEvent, before: Session): Ledger {
  const troubles = troublesAfter(ledger.troubles, session, event, before);
  const staged = recordStage({ ...ledger, troubles, endedWall: event.wall }, session, event, before);
  return recordEvent(staged, event);
}

function recordEvent(ledger: Ledger, event: StampedEvent): Ledger {
  const { wall } = event;
  switch (event.type) {
    case 'session-created':
      return { ...ledger, startedWall: wall };
    case 'harness-started':
      return { ...ledger, versions: [...ledger.versions, event.version] };
    case 'clock-stalled':
      return { ...ledger, stalledMs: ledger.stalledMs + event.gapMs };
    case 'turn-measured':
      return event.changed ? withTurn(ledger, 0, 1) : ledger;
    case 'model-switched': {
      const { agent, from, to, reason } = event;
      return { ...ledger, switches: [...ledger.switches, { wall, agent, from, to, reason }].slice(-LONGEST) };
    }
    case 'fault-injected': {
      const { fault, by, agent } = event;
      return { ...ledger, faults: [...ledger.faults, { wall, fault, by, agent }].slice(-LONGEST) };
    }
    case 'limit-changed': {
      const { limit, from, to, by, why } = event;
      return {
        ...withPerson(ledger, wall, 'limit', by),
        limits: [...ledger.limits, { wall, limit, from, to, by, why }],
      };
    }
    case 'compress-requested':
      return withPerson(ledger, wall, 'compress', event.by);
    case 'agent-exited':
      return withTurn(ledger, 1, 0);
    case 'checkpoint-written': {
      const { number, trigger, files, bytes, tookMs } = event;
      const written = { number, trigger, wall, files, bytes, tookMs, thinned: false };
      return { ...ledger, checkpoints: [...ledger.checkpoints, written] };
    }
    case 'checkpoints-thinned': {
      const thinned = new Set(event.numbers);
      const marked = ledger.checkpoints.map((one) => (thinned.has(one.number) ? { ...one, thinned: true } : one));
      return { ...ledger, checkpoints: marked };
    }
    case 'best-delivered':
      return { ...ledger, delivered: { checkpoint: event.checkpoint, last: event.last } };
    case 'checkpoint-restored':
      return { ...ledger, restores: [...ledger.restores, { wall, number: event.number, insteadOf: event.insteadOf }] };
    case 'pause-requested':
    case 'continue-requested':
    case 'stop-requested':
    case 'restore-requested':
      return withPerson(ledger, wall, event.type.replace('-requested', ''), event.by);
    default:
      return ledger;
  }
}

function recordStage(ledger: Ledger, session: Session, event: StampedEvent, before: Session): Ledger {
  let next = ledger;
  for (const { because, text } of session.pauses)
    if (!before.pauses.some((pause) => pause.because === because))
      next = { ...next, pauses: [...next.pauses, { wall: event.wall, because, text }] };
  return recordPhase(next, session, event, before);
}

function recordPhase(ledger: Ledger, session: Session, event: StampedEvent, before: Session): Ledger {
  const { stage, clock, plan } = session;
  const last = ledger.phases.at(-1);
  const worked = clock.workingMs - before.clock.workingMs;
  const timed = last === undefined ? ledger : withLastPhase(ledger, { ...last, workingMs: last.workingMs + worked });
  const entered =
    stage.is === 'working' &&
    !(before.stage.is !== 'created' && 'phase' in before.stage && before.stage.phase === stage.phase);
  if (stage.is !== 'working' || !entered) return timed;
  const name = plan.phases[stage.phase]?.name ?? String(stage.phase);
  const begun = {
    name,
    index: stage.phase,
    beganWall: event.wall,
    beganMs: clock.workingMs,
    workingMs: 0,
    turns: 0,
    changedTurns: 0,
  };
  return { ...timed, phases: [...timed.phases, begun] };
}

function withLastPhase(ledger: Ledger, phase: PhaseRecord): Ledger {
  return { ...ledger, phases: [...ledger.phases.slice(0, -1), phase] };
}

function withTurn(ledger: Ledger, turns: number, changed: number): Ledger {
  const last = ledger.phases.at(-1);
  if (last === undefined) return ledger;
  return withLastPhase(ledger, { ...last, turns: last.turns + turns, changedTurns: last.changedTurns + changed });
}

function withPerson(ledger: Ledger, wall: string, what: string, by: string): Ledger {
  return { ...ledger, people: [...ledger.people, { wall, what, by }] };
}

/** Lists that a bad night could make endless keep their newest entries. */
const LONGEST = 1_000;
