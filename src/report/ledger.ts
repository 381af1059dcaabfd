// The story of a session, folded from its journal: phases, failures, checkpoints, lives of the harness.
import type { StampedEvent, Trigger } from '../session/event.ts';
import type { FailureKind } from '../session/failure.ts';
import type { Session } from '../session/state.ts';

export interface Ledger {
  readonly startedWall: string | null;
  readonly endedWall: string | null;
  readonly versions: readonly string[];
  readonly phases: readonly PhaseRecord[];
  readonly failures: readonly FailureRecord[];
  readonly checkpoints: readonly CheckpointRecord[];
  readonly restores: readonly { readonly wall: string; readonly number: number; readonly insteadOf: number | null }[];
  readonly people: readonly { readonly wall: string; readonly what: string; readonly by: string }[];
  readonly pauses: readonly { readonly wall: string; readonly because: string; readonly text: string }[];
  readonly stalledMs: number;
}

export interface PhaseRecord {
  readonly name: string;
  readonly beganWall: string;
  readonly beganMs: number;
  readonly workingMs: number;
  readonly turns: number;
  readonly changedTurns: number;
}

export interface FailureRecord {
  readonly wall: string;
  readonly agent: string;
  readonly turn: number;
  readonly kind: FailureKind;
  readonly text: string;
  readonly workspace: string | null;
  /** Session time from the failure to verified progress of that agent; null while there is none. */
  readonly recoveredAfterMs: number | null;
  readonly atMs: number;
}

export interface CheckpointRecord {
  readonly number: number;
  readonly trigger: Trigger;
  readonly wall: string;
  readonly files: number;
  readonly bytes: number;
  readonly tookMs: number;
}

export const EMPTY_LEDGER: Ledger = {
  startedWall: null,
  endedWall: null,
  versions: [],
  phases: [],
  failures: [],
  checkpoints: [],
  restores: [],
  people: [],
  pauses: [],
  stalledMs: 0,
};

/** Adds one event; `session` is the state after it, `before` the one before. */
export function record(ledger: Ledger, session: Session, event: StampedEvent, before: Session): Ledger {
  const staged = recordStage({ ...ledger, endedWall: event.wall }, session, event, before);
  return recordEvent(staged, session, event);
}

function recordEvent(ledger: Ledger, session: Session, event: StampedEvent): Ledger {
  const { wall } = event;
  switch (event.type) {
    case 'session-created':
      return { ...ledger, startedWall: wall };
    case 'harness-started':
      return { ...ledger, versions: [...ledger.versions, event.version] };
    case 'clock-stalled':
      return { ...ledger, stalledMs: ledger.stalledMs + event.gapMs };
    case 'agent-start-failed':
      return withFailure(ledger, session, event);
    case 'agent-recovered':
      return withWorkspace(ledger, event.agent, event.turn, event.workspace);
    case 'turn-measured':
      return event.changed ? withProgress(withTurn(ledger, 0, 1), session, event.agent) : ledger;
    case 'agent-exited':
      return withTurn(ledger, 1, 0);
    case 'checkpoint-written': {
      const { number, trigger, files, bytes, tookMs } = event;
      return { ...ledger, checkpoints: [...ledger.checkpoints, { number, trigger, wall, files, bytes, tookMs }] };
    }
    case 'checkpoint-restored':
      return { ...ledger, restores: [...ledger.restores, { wall, number: event.number, insteadOf: event.insteadOf }] };
    case 'pause-requested':
    case 'continue-requested':
    case 'stop-requested':
    case 'restore-requested':
      return {
        ...ledger,
        people: [...ledger.people, { wall, what: event.type.replace('-requested', ''), by: event.by }],
      };
    default:
      return ledger;
  }
}

function recordStage(ledger: Ledger, session: Session, event: StampedEvent, before: Session): Ledger {
  let next = ledger;
  for (const agent of Object.values(session.agents)) {
    const was = before.agents[agent.name]?.at;
    if (agent.at.is !== 'recovering' || was?.is === 'recovering' || event.type === 'agent-start-failed') continue;
    const { failure, turn } = agent.at;
    const failed = { agent: agent.name, turn: turn.number, failure };
    next = withFailure(next, session, { ...failed, wall: event.wall });
  }
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
  const begun = { name, beganWall: event.wall, beganMs: clock.workingMs, workingMs: 0, turns: 0, changedTurns: 0 };
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

type Failed = {
  readonly wall: string;
  readonly agent: string;
  readonly turn: number;
  readonly failure: { readonly kind: FailureKind; readonly text: string };
};

function withFailure(ledger: Ledger, session: Session, { wall, agent, turn, failure }: Failed): Ledger {
  const { kind, text } = failure;
  const failed = {
    wall,
    agent,
    turn,
    kind,
    text,
    workspace: null,
    recoveredAfterMs: null,
    atMs: session.clock.workingMs,
  };
  return { ...ledger, failures: [...ledger.failures, failed] };
}

function withWorkspace(ledger: Ledger, agent: string, turn: number, workspace: string): Ledger {
  const failures = ledger.failures.map((one) =>
    one.agent === agent && one.turn === turn ? { ...one, workspace } : one,
  );
  return { ...ledger, failures };
}

function withProgress(ledger: Ledger, session: Session, agent: string): Ledger {
  const failures = ledger.failures.map((one) =>
    one.agent === agent && one.recoveredAfterMs === null
      ? { ...one, recoveredAfterMs: session.clock.workingMs - one.atMs }
      : one,
  );
  return { ...ledger, failures };
}
