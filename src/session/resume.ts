// A new life of the harness: whatever an earlier one had running is gone and is put in order before work goes on.

import type { Agent } from './agent.ts';
import { turnOf } from './agents.ts';
import { phaseAt, phaseClockMs } from './clock.ts';
import type { Command } from './command.ts';
import { end } from './endings.ts';
import type { SessionEvent } from './event.ts';
import { failed } from './recovery.ts';
import { enterPhase } from './stages.ts';
import type { Session } from './state.ts';
import { agentsOf, type Step, withAgentAt } from './types.ts';

export function begun(session: Session, event: SessionEvent & { type: 'harness-started' }): Step {
  const alive: Session = {
    ...session,
    incarnation: event.incarnation,
    pauseLimitMs: event.pauseLimitMs,
    pauses: [],
    // A damaged journal can have forgotten checkpoints whose files are there: no number is given twice.
    checkpoints: { ...session.checkpoints, next: Math.max(session.checkpoints.next, event.lastCheckpoint + 1) },
    trouble: { ...session.trouble, inARow: 0, attempts: {}, unproven: event.incarnation > 1 },
  };
  if (session.stage.is === 'created') return [wantFirst(enterPhase(alive, 0)), []];
  const [settled, commands] = lost(forgotten(alive));
  const [placed, more] = place(settled);
  return [placed, [...commands, ...more]];
}

function wantFirst(session: Session): Session {
  return { ...session, checkpoints: { ...session.checkpoints, wanted: 'start' } };
}

/** A checkpoint that was being written is not one; what it was for is still wanted. */
function forgotten(session: Session): Session {
  const { inFlight } = session.checkpoints;
  if (inFlight === null) return session;
  const book = {
    ...session.checkpoints,
    inFlight: null,
    wanted: inFlight.trigger,
    failed: session.checkpoints.failed + 1,
  };
  return { ...session, checkpoints: book };
}

/** Turns that were alive are lost; their agents go through recovery before anyone works. */
function lost(session: Session): Step {
  let now = session;
  let commands: readonly Command[] = [];
  for (const agent of agentsOf(session)) {
    const [next, more] = lostAgent(now, agent);
    now = next;
    commands = [...commands, ...more];
  }
  return [now, commands];
}

function lostAgent(session: Session, agent: Agent): Step {
  const turn = turnOf(agent);
  if (agent.at.is === 'backing-off' || agent.at.is === 'held')
    return [withAgentAt(session, agent, { is: 'idle', retry: agent.at.retry }), []];
  if (turn === null) return [session, []];
  const ranMs = 'sinceMs' in agent.at ? session.clock.awakeMs - agent.at.sinceMs : 0;
  const failure = { kind: 'harness-death', key: 'harness-death', text: 'the harness ended during this turn' } as const;
  return failed(session, agent, turn, failure, ranMs);
}

/** Where the session goes on: a finish that was under way is finished; anything else goes back to its phase. */
function place(session: Session): Step {
  const { stage, plan, clock } = session;
  if ('ending' in stage && stage.ending.is === 'finish') {
    if (stage.is === 'done') return [session, []];
    return [
      {
        ...session,
        stage: { is: 'wrapping-up', phase: plan.phases.length - 1, ending: stage.ending, checkpoint: 'to-do' },
      },
      [],
    ];
  }
  const phase = phaseAt(plan, phaseClockMs(clock));
  const last = plan.phases.length - 1;
  if (session.restore !== null)
    return [
      { ...session, stage: { is: 'restoring', phase: Math.min(phase, last), checkpoint: 'done', asked: false } },
      [],
    ];
  if (stage.is === 'closing') return [{ ...session, stage: { ...stage, checkpoint: 'to-do' } }, []];
  if (phase > last)
    return end(
      { ...session, stage: { is: 'working', phase: last } },
      { is: 'finish', because: 'schedule', text: 'all phases are over' },
    );
  const stood = 'phase' in stage ? stage.phase : null;
  return [stood === phase ? { ...session, stage: { is: 'working', phase } } : enterPhase(session, phase), []];
}
