// The core: one event in, the next state and the commands out. Pure and total: every event is decided in every state.
import { reactToAgent } from './agents.ts';
import { reactToCheckpoint } from './checkpoints.ts';
import { advance, restarted } from './clock.ts';
import type { Command } from './command.ts';
import type { Event, StampedEvent } from './event.ts';
import { reactToModel } from './models.ts';
import { isCounting } from './pauses.ts';
import { reactToPerson, reactToWorld } from './people.ts';
import { begun } from './resume.ts';
import { RULES } from './rules.ts';
import type { Session } from './state.ts';
import { assert, type Step, unreachable } from './types.ts';

/** Decides one event. The journal is the list of events; folding it with this gives the session. */
export function step(session: Session, event: StampedEvent): Step {
  const timed = { ...session, clock: clockAfter(session, event) };
  const [reacted, first] = react(timed, event);
  const [settled, more] = settle(reacted);
  return [settled, first.length === 0 ? more : [...first, ...more]];
}

function clockAfter(session: Session, event: StampedEvent): Session['clock'] {
  if (event.type === 'session-created' || event.type === 'harness-started') return restarted(session.clock, event.atMs);
  const gapMs = event.type === 'clock-stalled' ? event.gapMs : 0;
  return advance(session.clock, event.atMs, gapMs, isCounting(session));
}

function react(session: Session, event: Event): Step {
  switch (event.type) {
    case 'session-created':
    case 'time-passed':
    case 'clock-stalled':
      return [session, []];
    case 'harness-started':
      return begun(session, event);
    case 'deadline-came':
    case 'signal-received':
    case 'stop-requested':
    case 'pause-requested':
    case 'continue-requested':
    case 'checkpoint-requested':
    case 'restore-requested':
    case 'limit-changed':
    case 'compress-requested':
    case 'fault-requested':
      return reactToPerson(session, event);
    case 'agent-started':
    case 'agent-start-failed':
    case 'agent-active':
    case 'task-named':
    case 'agent-stepped':
    case 'tool-called':
    case 'tool-timed-out':
    case 'tokens-used':
    case 'agent-erred':
    case 'garbage-seen':
    case 'completion-claimed':
    case 'agent-exited':
    case 'turn-measured':
    case 'progress-seen':
    case 'agent-recovered':
    case 'agent-unrecoverable':
      return reactToAgent(session, event);
    case 'model-called':
    case 'model-switched':
    case 'window-closed':
    case 'model-unaffordable':
    case 'models-exhausted':
      return reactToModel(session, event);
    case 'checkpoint-written':
    case 'checkpoint-failed':
    case 'checkpoint-restored':
    case 'restore-failed':
    case 'checkpoints-thinned':
      return reactToCheckpoint(session, event);
    case 'probed':
    case 'disk-filled':
    case 'code-counted':
    case 'fault-injected':
    case 'disk-freed':
    case 'quality-measured':
    case 'best-delivered':
    case 'judged':
    case 'report-written':
      return reactToWorld(session, event);
    default:
      return unreachable(event);
  }
}

/** More rounds than any session needs; reaching it means two rules undo each other. */
const MOST_ROUNDS = 1_000;

/**
 * Applies the rules until none has anything to do. Rules look at the state, not at the event: what is due is done
 * whatever woke us, so a lost or doubled event cannot stall a session.
 */
function settle(session: Session): Step {
  let now = session;
  let commands: readonly Command[] = [];
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const fired = firstOf(now);
    if (fired === null) return [now, commands];
    now = fired[0];
    commands = [...commands, ...fired[1]];
  }
  assert(false, 'the rules do not come to rest');
}

function firstOf(session: Session): Step | null {
  for (const rule of RULES) {
    const fired = rule(session);
    if (fired !== null) return fired;
  }
  return null;
}
