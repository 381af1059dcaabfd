// How a session comes to its end: by schedule, by a person, by a budget, by a deadline, by a signal.

import { askFor } from './checkpoints.ts';
import type { Ending, Pause, Session } from './state.ts';
import { agentsOf, type Rule, type Step } from './types.ts';

/** Begins the end. A signal overrules a finish; a second one hurries; nothing overrules what is already reported. */
export function end(session: Session, ending: Ending): Step {
  const { stage } = session;
  switch (stage.is) {
    case 'reporting':
    case 'done':
      return [session, []];
    case 'judging':
      if (ending.is !== 'interrupt') return [session, []];
      return [
        { ...session, stage: { is: 'reporting', phase: stage.phase, ending, verdict: null } },
        [{ type: 'write-report' }],
      ];
    case 'wrapping-up':
      if (ending.is !== 'interrupt') return [session, []];
      if (stage.ending.is === 'interrupt')
        return [{ ...session, stage: { ...stage, ending: { ...stage.ending, again: true } } }, []];
      return [{ ...session, stage: { ...stage, ending } }, []];
    case 'created':
    case 'working':
    case 'closing':
    case 'restoring':
      return wrapUp(session, ending);
  }
}

function wrapUp(session: Session, ending: Ending): Step {
  const { stage } = session;
  const phase = 'phase' in stage ? stage.phase : 0;
  const halfRestored = session.restore?.begun === true;
  const checkpoint = halfRestored || ending.is === 'fail' ? 'done' : 'to-do';
  const ended: Session = { ...session, pauses: [], stage: { is: 'wrapping-up', phase, ending, checkpoint } };
  // On a signal the state is saved at once, beside the stopping agents: the last one has little left to do then.
  const early = ending.is === 'interrupt' && !halfRestored && agentsOf(session).some(({ at }) => at.is === 'running');
  return early && session.checkpoints.inFlight === null ? askFor(ended, 'stop') : [ended, []];
}

const pausedTooLong: Rule = (session) => {
  const first = session.pauses.find(isWaitedFor);
  if (first === undefined || session.pauseLimitMs === null) return null;
  if (session.clock.awakeMs - first.sinceMs < session.pauseLimitMs) return null;
  return end(session, { is: 'put-down', because: 'pause-limit', text: first.text });
};

/** A usage window has an end of its own; the other pauses wait for somebody or something. */
export function isWaitedFor({ untilMs }: Pause): boolean {
  return untilMs === null;
}

export const RULES_OF_ENDINGS: readonly Rule[] = [pausedTooLong];
