// The stop ladder: interrupt, then terminate, then kill, each with its grace; and what makes a turn be stopped.

import type { Agent, Retry, Rung, StopPlan, Turn } from './agent.ts';
import { phaseClockMs } from './clock.ts';
import type { Command } from './command.ts';
import type { Session } from './state.ts';
import { leftBy } from './trust.ts';
import { agentsOf, type Rule, type Step, withAgentAt } from './types.ts';

/** How long after a kill the exit may take before we stop waiting for it. */
const KILL_GRACE_MS = 5_000;

/** Begins the ladder for an agent with a process; others are left alone. */
export function stopAgent(session: Session, agent: Agent, plan: StopPlan, hasty: boolean): Step {
  const { at } = agent;
  switch (at.is) {
    case 'starting':
      return [withAgentAt(session, agent, { ...at, stop: { plan, hasty } }), []];
    case 'running':
      return [
        withAgentAt(session, agent, {
          is: 'stopping',
          turn: at.turn,
          sinceMs: at.sinceMs,
          rung: 'interrupt',
          rungEndsMs: session.clock.awakeMs + graceMs(session, 'interrupt', hasty),
          hasty,
          plan,
        }),
        [{ type: 'signal-agent', agent: agent.name, turn: at.turn.number, rung: 'interrupt' }],
      ];
    case 'stopping':
      // A stop that is already under way gets the newer plan; a hasty one does not become patient again.
      return [withAgentAt(session, agent, { ...at, plan, ...hurried(session, agent, hasty) }), []];
    case 'idle':
    case 'satisfied':
    case 'benched':
    case 'measuring':
    case 'recovering':
    case 'backing-off':
    case 'held':
      return [session, []];
  }
}

function hurried(session: Session, agent: Agent, hasty: boolean): { hasty: boolean; rungEndsMs: number } | object {
  if (agent.at.is !== 'stopping' || !hasty || agent.at.hasty) return {};
  const endsMs = session.clock.awakeMs + graceMs(session, agent.at.rung, true);
  return { hasty: true, rungEndsMs: Math.min(agent.at.rungEndsMs, endsMs) };
}

function graceMs(session: Session, rung: Rung, hasty: boolean): number {
  const graces = hasty ? session.plan.hastyGraces : session.plan.graces;
  switch (rung) {
    case 'interrupt':
      return graces.interruptMs;
    case 'terminate':
      return graces.terminateMs;
    case 'kill':
      return KILL_GRACE_MS;
  }
}

const climb: Rule = (session) => {
  for (const agent of agentsOf(session)) {
    const { at } = agent;
    if (at.is !== 'stopping') continue;
    if (isInterruptedAgain(session) && at.rung !== 'kill') return climbTo(session, agent, 'kill');
    if (session.clock.awakeMs < at.rungEndsMs) continue;
    if (at.rung === 'interrupt') return climbTo(session, agent, 'terminate');
    if (at.rung === 'terminate') return climbTo(session, agent, 'kill');
    return giveUpOn(session, agent);
  }
  return null;
};

function climbTo(session: Session, agent: Agent, rung: Rung): Step | null {
  const { at } = agent;
  if (at.is !== 'stopping') return null;
  const rungEndsMs = session.clock.awakeMs + graceMs(session, rung, at.hasty);
  const command: Command = { type: 'signal-agent', agent: agent.name, turn: at.turn.number, rung };
  return [withAgentAt(session, agent, { ...at, rung, rungEndsMs }), [command]];
}

/** A process that survives a kill hangs in the kernel; we say so and do not wait for it. */
function giveUpOn(session: Session, agent: Agent): Step {
  const text = `agent ${agent.name}: its process did not end ${KILL_GRACE_MS / 1000} s after a kill; going on without it`;
  const retry = agent.at.is === 'stopping' ? kept(agent.at.turn) : null;
  const left = agent.at.is === 'stopping' ? leftBy(session, agent.name, agent.at.turn) : session;
  return [withAgentAt(left, agent, { is: 'idle', retry }), [{ type: 'alert', text }]];
}

function isInterruptedAgain({ stage }: Session): boolean {
  return stage.is === 'wrapping-up' && stage.ending.is === 'interrupt' && stage.ending.again;
}

/** The turn to go on with later, at the agent's own saved state where it has one. */
export function kept(turn: Turn): Retry {
  const { phase, task, attempt, hint, compact } = turn;
  return { phase, task, attempt, hint, compact, resume: turn.named };
}

/** Turns end when the phase's grace is over, or the turn's own time. */
const endTurns: Rule = (session) => {
  const { stage, clock } = session;
  const phaseOver = stage.is === 'closing' && phaseClockMs(clock) >= stage.graceEndsMs;
  for (const agent of agentsOf(session)) {
    if (agent.at.is === 'starting' && phaseOver && agent.at.stop === null)
      return stopAgent(session, agent, { next: 'measure' }, false);
    if (agent.at.is !== 'running') continue;
    const turnOver = stage.is === 'working' && agent.at.frozenMs === null && clock.awakeMs >= agent.at.endsMs;
    if (phaseOver || (turnOver && !isLastOfPhase(session, agent)))
      return stopAgent(session, agent, { next: 'measure' }, false);
  }
  return null;
};

/** A turn that was given the rest of its phase is ended by the phase and its grace, not by its own time. */
function isLastOfPhase(session: Session, agent: Agent): boolean {
  return agent.at.is === 'running' && agent.at.turn.maxMs < session.plan.turn.maxMs;
}

const endStalled: Rule = (session) => {
  const { awakeMs } = session.clock;
  for (const agent of agentsOf(session)) {
    const { at } = agent;
    if (at.is !== 'running' || at.frozenMs !== null) continue;
    const silentMs = awakeMs - at.progressMs;
    if (silentMs < session.plan.turn.stallMs) continue;
    const text = `no sign of progress for ${Math.round(silentMs / 1000)} s`;
    return stopAgent(session, agent, { next: 'recover', failure: { kind: 'stall', key: 'stall', text } }, false);
  }
  return null;
};

/** Whatever ends or restores the session stops every turn first. */
const endAll: Rule = (session) => {
  const { stage } = session;
  if (stage.is !== 'wrapping-up' && stage.is !== 'restoring') return null;
  const finishing = stage.is === 'wrapping-up' && stage.ending.is === 'finish';
  const hasty = stage.is === 'wrapping-up' && stage.ending.is === 'interrupt';
  for (const agent of agentsOf(session)) {
    const { at } = agent;
    const waiting = at.is === 'running' || (at.is === 'starting' && at.stop === null);
    const patient = at.is === 'stopping' && hasty && !at.hasty;
    if (waiting || patient) return stopAgent(session, agent, { next: finishing ? 'measure' : 'keep' }, hasty);
  }
  return null;
};

export const RULES_OF_STOPPING: readonly Rule[] = [endAll, endTurns, endStalled, climb];
