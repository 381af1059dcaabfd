// What an agent's events do to the session: counting, progress, and the agent's own small state machine.

import { type Agent, FRESH_WATCH, type Retry, type Turn } from './agent.ts';
import type { AgentEvent } from './event.ts';
import { withUse } from './hours.ts';
import { watchTurn } from './loops.ts';
import { failed, progress, progressSeen, recovered } from './recovery.ts';
import type { Session, Task } from './state.ts';
import { kept, stopAgent } from './stopping.ts';
import { changedBy, leftBy, trustAfterExit, trustAfterFailure, trustAfterTurn } from './trust.ts';
import { type Step, unreachable, withAgent, withAgentAt } from './types.ts';

export function reactToAgent(session: Session, event: AgentEvent): Step {
  const agent = session.agents[event.agent];
  if (agent === undefined) return [session, []];
  const counted = counting(session, agent, event);
  const now = counted.agents[agent.name] ?? agent;
  const turn = turnOf(now);
  // A stale answer may still be counted (tokens told after the end are spent all the same), but moves nothing.
  if (turn === null || turn.number !== event.turn) return [counted, []];
  return move(counted, now, turn, event);
}

export function turnOf({ at }: Agent): Turn | null {
  return 'turn' in at ? at.turn : null;
}

function move(session: Session, agent: Agent, turn: Turn, event: AgentEvent): Step {
  switch (event.type) {
    case 'agent-started':
      return started(session, agent, turn);
    case 'agent-start-failed':
      if (agent.at.is !== 'starting') return [session, []];
      if (agent.at.stop !== null) return [withAgentAt(session, agent, { is: 'idle', retry: kept(turn) }), []];
      return failed(session, agent, turn, event.failure, 0);
    case 'agent-active':
    case 'tokens-used':
      return [alive(session, agent), []];
    case 'agent-stepped':
    case 'tool-called':
    case 'tool-timed-out':
    case 'completion-claimed': {
      const lively =
        event.type === 'completion-claimed' || event.type === 'tool-timed-out' ? session : alive(session, agent);
      return watchTurn(lively, lively.agents[agent.name] ?? agent, event);
    }
    case 'task-named':
      return [alive(named(session, agent, { ...turn, named: event.task }), agent), []];
    case 'agent-erred':
    case 'garbage-seen':
      return [session, []];
    case 'agent-exited':
      return exited(session, agent, turn, event);
    case 'turn-measured':
      return agent.at.is === 'measuring' ? measured(session, agent, turn, event.changed) : [session, []];
    case 'progress-seen':
      return [progressSeen(alive(session, agent), agent), []];
    case 'agent-recovered':
      return recovered(session, agent, event.task, event.changed);
    case 'agent-unrecoverable':
      return unrecoverable(session, agent, event.reason);
    default:
      return unreachable(event);
  }
}

function started(session: Session, agent: Agent, turn: Turn): Step {
  if (agent.at.is !== 'starting') return [session, []];
  const { stop } = agent.at;
  const { awakeMs } = session.clock;
  const at = {
    is: 'running',
    turn,
    sinceMs: awakeMs,
    progressMs: awakeMs,
    endsMs: awakeMs + turn.maxMs,
    frozenMs: null,
  } as const;
  const running = withAgent(session, agent, { at, watch: FRESH_WATCH });
  if (stop === null) return [running, []];
  return stopAgent(running, running.agents[agent.name] ?? agent, stop.plan, stop.hasty);
}

function alive(session: Session, agent: Agent): Session {
  const now = session.agents[agent.name] ?? agent;
  if (now.at.is !== 'running') return session;
  return withAgentAt(session, now, { ...now.at, progressMs: session.clock.awakeMs });
}

function named(session: Session, agent: Agent, turn: Turn): Session {
  return 'turn' in agent.at ? withAgentAt(session, agent, { ...agent.at, turn }) : session;
}

function exited(session: Session, agent: Agent, turn: Turn, event: AgentEvent & { type: 'agent-exited' }): Step {
  const { at } = agent;
  if (at.is !== 'running' && at.is !== 'stopping') return [session, []];
  const ranMs = session.clock.awakeMs - at.sinceMs;
  const counts = { ...agent.counts, turns: agent.counts.turns + 1, busyMs: agent.counts.busyMs + ranMs };
  const usage = { ...session.usage, turns: session.usage.turns + 1 };
  const resting = { ...agent, counts };
  const next = { ...withAgent(session, resting, {}), usage };
  if (at.is === 'stopping') {
    const left = leftBy(next, agent.name, turn);
    switch (at.plan.next) {
      case 'measure':
        return measure(next, resting, turn);
      case 'recover': {
        const [stopped, commands] = failed(next, resting, turn, at.plan.failure, ranMs);
        return [trustAfterFailure(stopped, agent.name, turn, at.plan.failure), commands];
      }
      case 'keep':
        return [withAgentAt(left, resting, { is: 'idle', retry: kept(turn) }), []];
      case 'hold':
        return [withAgentAt(left, resting, { is: 'held', because: at.plan.because, retry: kept(turn) }), []];
      case 'again':
        return [
          withAgentAt(left, resting, { is: 'idle', retry: { ...kept(turn), resume: null, hint: at.plan.hint } }),
          [],
        ];
    }
  }
  if (event.failure === null) return measure(next, resting, turn);
  const [ended, commands] = failed(next, resting, turn, event.failure, ranMs);
  return [trustAfterExit(ended, turn, event), commands];
}

function measure(session: Session, agent: Agent, turn: Turn): Step {
  const at = withAgentAt(session, agent, { is: 'measuring', turn });
  return [at, [{ type: 'measure-turn', agent: agent.name, turn: turn.number }]];
}

/** Turns in a row without a change after which an agent has nothing open, and a task is set aside. */
const FRUITLESS = 2;

function measured(session: Session, agent: Agent, turn: Turn, changed: boolean): Step {
  const tasks = session.tasks.map((task) => (task.id === turn.task ? afterTurn(task, changed) : task));
  const idleTurns = changed ? 0 : agent.idleTurns + 1;
  const at: Agent['at'] =
    idleTurns >= FRUITLESS ? { is: 'satisfied' } : { is: 'idle', retry: changed ? null : nudged(session, agent, turn) };
  const next = { ...withAgent(session, agent, { at, idleTurns }), tasks, standsFrom: session.checkpoints.next };
  const judged = trustAfterTurn(next, agent, turn, changed);
  if (!changed) return [judged, []];
  const done = turn.task === null ? 0 : 1;
  const eased = progress(changedBy(judged, agent.name, turn), agent.name);
  return [{ ...eased, usage: { ...eased.usage, tasksDone: eased.usage.tasksDone + done } }, []];
}

const NUDGE =
  'You said that this task is done, but nothing in the working copy changed. Look at what the task asks for and do it; words do not count.';

/** A turn that claimed success on nothing is told so, once, with the same task. */
function nudged(session: Session, agent: Agent, turn: Turn): Retry | null {
  const task = session.tasks.find(({ id }) => id === turn.task);
  if (!agent.watch.claimed || task === undefined || task.fruitless > 0) return null;
  return { ...kept(turn), resume: null, hint: NUDGE };
}

function afterTurn(task: Task, changed: boolean): Task {
  if (changed) return { ...task, state: 'done' };
  const fruitless = task.fruitless + 1;
  return { ...task, fruitless, state: fruitless >= FRUITLESS ? 'set-aside' : 'open' };
}

function unrecoverable(session: Session, agent: Agent, reason: string): Step {
  const { stage } = session;
  const phase = 'phase' in stage ? stage.phase : 0;
  const text = `agent ${agent.name} cannot be recovered: ${reason}`;
  const onDisk = session.pauses.some(({ because }) => because === 'disk');
  if (agent.at.is === 'recovering' && (onDisk || stage.is === 'wrapping-up'))
    return [withAgentAt(session, agent, { ...agent.at, blocked: true }), [{ type: 'alert', text }]];
  const idle = withAgentAt(session, agent, { is: 'idle', retry: null });
  const over = stage.is === 'judging' || stage.is === 'reporting' || stage.is === 'done';
  if (over) return [idle, [{ type: 'alert', text }]];
  const failing = { is: 'wrapping-up', phase, ending: { is: 'fail', text }, checkpoint: 'done' } as const;
  return [{ ...idle, stage: failing, pauses: [] }, [{ type: 'alert', text }]];
}

function counting(session: Session, agent: Agent, event: AgentEvent): Session {
  const { counts, hour } = agent;
  const { usage, clock, plan } = session;
  switch (event.type) {
    case 'agent-stepped':
      return withAgent(session, agent, { counts: { ...counts, steps: counts.steps + 1 } });
    case 'tool-called': {
      const more = { counts: { ...counts, toolCalls: counts.toolCalls + 1 } };
      const used = withUse(hour, clock.awakeMs, { tokens: 0, toolCalls: 1 });
      return {
        ...withAgent(session, agent, { ...more, hour: used }),
        usage: { ...usage, toolCalls: usage.toolCalls + 1 },
      };
    }
    case 'tokens-used': {
      const told = { ...usage, agentTokens: usage.agentTokens + event.total };
      // Where the gateway counts, what an agent says about itself is only shown beside it.
      if (plan.metered) return { ...session, usage: told };
      const used = withUse(hour, clock.awakeMs, { tokens: event.total, toolCalls: 0 });
      return {
        ...withAgent(session, agent, { counts: { ...counts, tokens: counts.tokens + event.total }, hour: used }),
        usage: { ...told, tokens: usage.tokens + event.total, tokensKnown: true },
      };
    }
    case 'agent-erred':
      return { ...session, usage: { ...usage, agentErrors: usage.agentErrors + 1 } };
    case 'garbage-seen':
      return { ...session, usage: { ...usage, garbageBytes: usage.garbageBytes + event.bytes } };
    default:
      return session;
  }
}
