// When a checkpoint is due, and what its answers mean. One is written at a time; what comes due meanwhile waits as one.

import type { Agent } from './agent.ts';
import { phaseAt } from './clock.ts';
import type { CheckpointEvent, Trigger } from './event.ts';
import { withLook } from './looks.ts';
import { isAtWork, tasksOf } from './schedule.ts';
import type { Due, Session, Stage } from './state.ts';
import { withChange } from './trust.ts';
import { agentsOf, type Rule, type Step, unreachable } from './types.ts';

/** Asks the world for the next checkpoint now. Its number is used up even if it fails. */
export function askFor(session: Session, trigger: Trigger): Step {
  const { checkpoints, clock, usage } = session;
  const number = checkpoints.next;
  const since = { workingMs: clock.workingMs, toolCalls: usage.toolCalls, tokens: usage.tokens };
  const inFlight = { number, trigger, askedMs: clock.awakeMs };
  return [
    { ...session, checkpoints: { ...checkpoints, next: number + 1, inFlight, wanted: null, since } },
    [{ type: 'write-checkpoint', number, trigger }],
  ];
}

export function reactToCheckpoint(session: Session, event: CheckpointEvent): Step {
  switch (event.type) {
    case 'checkpoint-written':
      return [written(withLook(session, event), event.number), []];
    case 'checkpoint-failed':
      return [
        notWritten(session, event.number),
        [{ type: 'alert', text: `checkpoint ${event.number} could not be written: ${event.reason}` }],
      ];
    case 'checkpoint-restored':
      return [restored(session, event), []];
    case 'checkpoints-thinned':
      return [session, [{ type: 'thin-snapshots', numbers: event.numbers }]];
    case 'restore-failed':
      return restoreFailed(session, event.number, event.reason, event.touched);
    default:
      return unreachable(event);
  }
}

function written(session: Session, number: number): Session {
  const { checkpoints } = session;
  const inFlight = checkpoints.inFlight?.number === number ? null : checkpoints.inFlight;
  const last = { number, workingMs: checkpoints.since.workingMs };
  const book = { ...checkpoints, inFlight, last, written: checkpoints.written + 1 };
  return { ...session, checkpoints: book, stage: answered(session.stage, number) };
}

/** Time after which a checkpoint that failed is tried again, when its interval is longer. */
const RETRY_MS = 30_000;

function notWritten(session: Session, number: number): Session {
  const { checkpoints, plan } = session;
  const inFlight = checkpoints.inFlight?.number === number ? null : checkpoints.inFlight;
  const waitMs = Math.min(plan.checkpoints.intervalMs, RETRY_MS);
  const since = { ...checkpoints.since, workingMs: session.clock.workingMs + waitMs - plan.checkpoints.intervalMs };
  const book = { ...checkpoints, inFlight, since, failed: checkpoints.failed + 1 };
  return { ...session, checkpoints: book, stage: answered(session.stage, number) };
}

function answered(stage: Stage, number: number): Stage {
  if (!('checkpoint' in stage) || typeof stage.checkpoint === 'string') return stage;
  return stage.checkpoint.asked === number ? { ...stage, checkpoint: 'done' } : stage;
}

function restored(session: Session, event: CheckpointEvent & { type: 'checkpoint-restored' }): Session {
  const clock = event.rewindClock
    ? { ...session.clock, shiftMs: event.phaseClockMs - session.clock.workingMs }
    : session.clock;
  const next: Session = { ...withChange(session, null), clock, restore: null, agents: rested(session) };
  if (session.stage.is !== 'restoring') return next;
  const phase = Math.min(phaseAt(session.plan, clock.workingMs + clock.shiftMs), session.plan.phases.length - 1);
  return { ...next, stage: { is: 'working', phase }, tasks: tasksOf(next, phase) };
}

/** After a restore every agent may find something open again. */
function rested(session: Session): Session['agents'] {
  const rest = (agent: Agent): Agent =>
    isAtWork(agent) || agent.at.is === 'benched' ? agent : { ...agent, at: { is: 'idle', retry: null }, idleTurns: 0 };
  return Object.fromEntries(agentsOf(session).map((agent) => [agent.name, rest(agent)]));
}

function restoreFailed(session: Session, number: number, reason: string, touched: boolean): Step {
  const text = `checkpoint ${number} could not be restored: ${reason}`;
  const alert = { type: 'alert', text } as const;
  const { stage } = session;
  // A workspace that was already touched is no basis for more work: the wish stays, and the next resume tries again.
  if (touched && stage.is === 'restoring')
    return [
      {
        ...session,
        stage: { is: 'wrapping-up', phase: stage.phase, ending: { is: 'fail', text }, checkpoint: 'done' },
      },
      [alert],
    ];
  if (touched) return [session, [alert]];
  const next: Session = { ...session, restore: null };
  return [stage.is === 'restoring' ? { ...next, stage: { is: 'working', phase: stage.phase } } : next, [alert]];
}

/** The checkpoint that a stage must have before it ends: asks for it, and says when there is nothing to wait for. */
export function settleDue(session: Session, due: Due, trigger: Trigger): readonly [due: Due, step: Step] | null {
  if (due !== 'to-do' || session.checkpoints.inFlight !== null) return null;
  if (!session.plan.checkpoints.enabled) return ['done', [session, []]];
  return [{ asked: session.checkpoints.next }, askFor(session, trigger)];
}

/** One checkpoint at a time, and none of a workspace that is just being put in order. */
export function canSave(session: Session): boolean {
  return session.checkpoints.inFlight === null && !agentsOf(session).some(({ at }) => at.is === 'recovering');
}

/** Rule: the ordinary checkpoints while agents work. */
const checkpointDue: Rule = (session) => {
  const { stage, checkpoints, plan } = session;
  if (!plan.checkpoints.enabled || stage.is !== 'working' || !canSave(session)) return null;
  const trigger = checkpoints.wanted ?? triggerDue(session);
  return trigger === null ? null : askFor(session, trigger);
};

function triggerDue(session: Session): Trigger | null {
  const { clock, usage, checkpoints, plan } = session;
  const { since } = checkpoints;
  if (session.pauses.length > 0) return null;
  if (clock.workingMs - since.workingMs >= plan.checkpoints.intervalMs) return 'interval';
  if (usage.toolCalls - since.toolCalls >= plan.checkpoints.toolCalls) return 'tool-calls';
  if (usage.tokens - since.tokens >= plan.checkpoints.tokens) return 'tokens';
  return null;
}

export const RULES_OF_CHECKPOINTS: readonly Rule[] = [checkpointDue];
