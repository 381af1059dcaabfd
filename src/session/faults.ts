// Faults on purpose: on schedule, at a person's wish, and the recovery drill where nothing failed by itself.
import { phaseClockMs } from './clock.ts';
import type { FaultKind, PersonEvent } from './event.ts';
import { durationMs } from './plan.ts';
import type { Session } from './state.ts';
import { agentsOf, type Rule, type Step } from './types.ts';

/** Share of the session after which the drill comes, when nothing has failed. */
const DRILL_AT = 0.6;
/** In shorter sessions the drill would cost more than it proves. */
const DRILL_FROM_MS = 5 * 60_000;
/** A turn that began before the drill was due is left alone until this share of the session. */
const DRILL_ANYWAY = 0.75;

export function faultRequested(session: Session, event: PersonEvent & { type: 'fault-requested' }): Step {
  if (!session.plan.chaos.allowed || session.stage.is !== 'working') return [session, []];
  return inject(session, event.fault, event.agent, event.by);
}

/** Into the agent that was named, or whoever works now. */
function inject(session: Session, fault: FaultKind, wanted: string | null, by: string): Step {
  const working = agentsOf(session).find(({ name, at }) => at.is === 'running' && (wanted === null || name === wanted));
  const turn = working?.at.is === 'running' ? working.at.turn.number : null;
  return [session, [{ type: 'inject-fault', fault, agent: working?.name ?? wanted, turn, by }]];
}

const scheduled: Rule = (session) => {
  const { plan, stage, pauses, faultsDone, clock } = session;
  const next = plan.chaos.schedule[faultsDone];
  if (next === undefined || !plan.chaos.allowed || stage.is !== 'working' || pauses.length > 0) return null;
  if (phaseClockMs(clock) < next.atMs) return null;
  // A fault of an agent's processes waits for an agent that works.
  const working = agentsOf(session).some(
    ({ name, at }) => at.is === 'running' && (next.agent === null || name === next.agent),
  );
  if (!working) return null;
  return inject({ ...session, faultsDone: faultsDone + 1 }, next.fault, next.agent, 'schedule');
};

const drill: Rule = (session) => {
  const { plan, stage, pauses, clock, usage, drilled } = session;
  if (!plan.recovery.drill || drilled || usage.failures > 0 || stage.is !== 'working' || pauses.length > 0) return null;
  if (durationMs(plan) < DRILL_FROM_MS) return null;
  const share = phaseClockMs(clock) / durationMs(plan);
  if (share < DRILL_AT) return null;
  for (const { at } of agentsOf(session)) {
    if (at.is !== 'running') continue;
    const fresh = at.progressMs === at.sinceMs && at.sinceMs === clock.awakeMs;
    if (!fresh && share < DRILL_ANYWAY) continue;
    return inject({ ...session, drilled: true }, 'kill', null, 'drill');
  }
  return null;
};

export const RULES_OF_FAULTS: readonly Rule[] = [scheduled, drill];
