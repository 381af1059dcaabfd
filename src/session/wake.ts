// When the core wants to be woken next: the earliest of all deadlines in the state. Deadlines live only there.

import type { Agent } from './agent.ts';
import { canSave } from './checkpoints.ts';
import { phaseClockMs } from './clock.ts';
import { isWaitedFor } from './endings.ts';
import { untilSmallerMs } from './hours.ts';
import { untilNoticeMs } from './notices.ts';
import { isCounting } from './pauses.ts';
import { phaseEndMs } from './plan.ts';
import type { Session } from './state.ts';
import { agentsOf } from './types.ts';

/** Milliseconds from the last event to the next deadline, at least 0; never later than the heartbeat. */
export function nextWakeMs(session: Session): number {
  const waits = [session.plan.heartbeatMs, ...stageWaits(session), ...pauseWaits(session)];
  for (const agent of agentsOf(session)) waits.push(...agentWaits(session, agent));
  return Math.max(0, Math.min(...waits));
}

/** Is something due so many ms after the last event? Only then is a wake-up worth an event. */
export function isDue(session: Session, sinceMs: number): boolean {
  return sinceMs >= nextWakeMs(session);
}

function stageWaits(session: Session): readonly number[] {
  const { stage, clock, plan, checkpoints } = session;
  switch (stage.is) {
    case 'working': {
      if (!isCounting(session)) return [];
      const phaseMs = phaseEndMs(plan, stage.phase) - phaseClockMs(clock);
      const checkpointMs = checkpoints.since.workingMs + plan.checkpoints.intervalMs - clock.workingMs;
      const waits = [phaseMs, untilNoticeMs(session) ?? phaseMs];
      return plan.checkpoints.enabled && canSave(session) ? [...waits, checkpointMs] : waits;
    }
    case 'closing': {
      const turnsLeft = agentsOf(session).some(({ at }) => at.is === 'running' || at.is === 'starting');
      return turnsLeft && isCounting(session) ? [stage.graceEndsMs - phaseClockMs(clock)] : [];
    }
    case 'wrapping-up':
      // Its limits are short; looking twice a second costs nothing in the last seconds.
      return stage.ending.is === 'interrupt' ? [500] : [];
    case 'judging':
    case 'created':
    case 'restoring':
    case 'reporting':
    case 'done':
      return [];
  }
}

function pauseWaits({ pauses, pauseLimitMs, clock }: Session): readonly number[] {
  const ends = pauses.flatMap(({ untilMs }) => (untilMs === null ? [] : [untilMs - clock.awakeMs]));
  const first = pauses.find(isWaitedFor);
  return first === undefined || pauseLimitMs === null ? ends : [...ends, first.sinceMs + pauseLimitMs - clock.awakeMs];
}

function agentWaits(session: Session, agent: Agent): readonly number[] {
  const { at } = agent;
  const { awakeMs } = session.clock;
  switch (at.is) {
    case 'running': {
      if (at.frozenMs !== null) return [];
      const stallMs = at.progressMs + session.plan.turn.stallMs - awakeMs;
      const ownEnd = session.stage.is === 'working' && at.turn.maxMs >= session.plan.turn.maxMs;
      return ownEnd ? [stallMs, at.endsMs - awakeMs] : [stallMs];
    }
    case 'stopping':
      return [at.rungEndsMs - awakeMs];
    case 'backing-off':
      return session.stage.is === 'working' && session.pauses.length === 0 ? [at.untilMs - awakeMs] : [];
    case 'held':
      return [untilSmallerMs(agent, awakeMs)];
    case 'idle':
    case 'satisfied':
    case 'benched':
    case 'starting':
    case 'measuring':
    case 'recovering':
      return [];
  }
}
