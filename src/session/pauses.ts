// Pauses: why nobody works, what is frozen meanwhile, and how a pause ends by itself when its cause is gone.
import type { Command } from './command.ts';
import type { Pause, Session } from './state.ts';
import { stopAgent } from './stopping.ts';
import { agentsOf, type Rule, type Step, withAgentAt } from './types.ts';

/** Does session time pass? Not in a pause, not before the first phase, not once the phases are over. */
export function isCounting({ stage, pauses }: Session): boolean {
  return (stage.is === 'working' || stage.is === 'closing') && pauses.length === 0;
}

/** Pauses the session and tells people; a pause for the same cause stays the one it is. */
export function pause(session: Session, because: Pause['because'], text: string, untilMs: number | null = null): Step {
  if (session.pauses.some((pause) => pause.because === because)) return [session, []];
  const pauses = [...session.pauses, { because, text, sinceMs: session.clock.awakeMs, untilMs }];
  const { checkpoints } = session;
  // Saved when a person must decide; on a full disk a checkpoint would only fail.
  const wanted = because === 'disk' ? checkpoints.wanted : 'pause';
  const alert: Command = { type: 'alert', text: `paused: ${text}` };
  return [
    { ...session, pauses, checkpoints: { ...checkpoints, wanted } },
    because === 'disk' ? [alert, { type: 'free-disk' }] : [alert],
  ];
}

/** Ends pauses; work goes on where it stood. */
export function endPauses(session: Session, because: Pause['because'] | 'any'): Session {
  const pauses = because === 'any' ? [] : session.pauses.filter((pause) => pause.because !== because);
  return pauses.length === session.pauses.length ? session : { ...session, pauses };
}

/** A usage window can last for hours: its turns are ended, saved, and gone on with afterwards. */
const park: Rule = (session) => {
  if (!session.pauses.some(({ because }) => because === 'window')) return null;
  for (const agent of agentsOf(session))
    if (agent.at.is === 'running' || (agent.at.is === 'starting' && agent.at.stop === null))
      return stopAgent(session, agent, { next: 'keep' }, false);
  return null;
};

const windowOver: Rule = (session) => {
  const over = session.pauses.find(({ untilMs }) => untilMs !== null && session.clock.awakeMs >= untilMs);
  return over === undefined ? null : [endPauses(session, over.because), []];
};

const freeze: Rule = (session) => {
  if (session.pauses.length === 0) return null;
  for (const agent of agentsOf(session)) {
    if (agent.at.is !== 'running' || agent.at.frozenMs !== null) continue;
    const command: Command = { type: 'freeze-agent', agent: agent.name, turn: agent.at.turn.number };
    return [withAgentAt(session, agent, { ...agent.at, frozenMs: session.clock.awakeMs }), [command]];
  }
  return null;
};

const thaw: Rule = (session) => {
  if (session.pauses.length > 0) return null;
  for (const agent of agentsOf(session)) {
    const { at } = agent;
    if (at.is !== 'running' || at.frozenMs === null) continue;
    const { awakeMs } = session.clock;
    // The time in ice is nobody's: the turn's end moves on by it and the stall watch begins anew.
    const endsMs = at.endsMs + (awakeMs - at.frozenMs);
    const command: Command = { type: 'thaw-agent', agent: agent.name, turn: at.turn.number };
    return [withAgentAt(session, agent, { ...at, endsMs, progressMs: awakeMs, frozenMs: null }), [command]];
  }
  return null;
};

export const RULES_OF_PAUSES: readonly Rule[] = [windowOver, park, freeze, thaw];
