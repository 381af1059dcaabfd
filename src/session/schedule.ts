// Who works next at what: one turn an objective, agents in line, no more processes at once than allowed.

import type { Agent, Retry, Turn } from './agent.ts';
import { phaseClockMs } from './clock.ts';
import { type Plan, phaseEndMs } from './plan.ts';
import type { Session, Task } from './state.ts';
import { agentsOf, type Step, withAgentAt } from './types.ts';

/** Rule: a free place and an idle agent make a turn. */
export function giveTurn(session: Session): Step | null {
  const { stage } = session;
  if (stage.is !== 'working' || session.pauses.length > 0) return null;
  if (agentsOf(session).filter(hasPlace).length >= session.plan.concurrency) return null;
  if (!worthStarting(session, stage.phase)) return null;
  const next = nextInLine(session);
  if (next === null) return null;
  const [agent, line] = next;
  const retry = agent.at.is === 'idle' ? agent.at.retry : null;
  const turn = turnFrom(session, stage.phase, retry ?? freshRetry(session, stage.phase));
  const taken = session.tasks.map((task): Task => (task.id === turn.task ? { ...task, state: 'taken' } : task));
  const busy = withAgentAt(session, agent, { is: 'starting', turn, stop: null });
  return [
    { ...busy, tasks: taken, line, nextTurn: session.nextTurn + 1 },
    [{ type: 'start-agent', agent: agent.name, turn }],
  ];
}

/** Has a process, or its turn is still being looked after. */
export function isAtWork(agent: Agent): boolean {
  switch (agent.at.is) {
    case 'starting':
    case 'running':
    case 'stopping':
    case 'measuring':
    case 'recovering':
      return true;
    case 'idle':
    case 'satisfied':
    case 'benched':
    case 'backing-off':
    case 'held':
      return false;
  }
}

/** Who waits for its next try keeps its place: its half-done work lies in the working copy. */
function hasPlace(agent: Agent): boolean {
  return isAtWork(agent) || agent.at.is === 'backing-off';
}

function nextInLine(session: Session): readonly [agent: Agent, line: number] | null {
  const names = session.plan.agents.map(({ name }) => name);
  // Whoever has something to go on with comes first, then who has failed and not shown progress since.
  const idle = agentsOf(session).filter(({ at }) => at.is === 'idle');
  const first =
    idle.find(({ at }) => at.is === 'idle' && at.retry !== null) ??
    idle.find(({ name }) => session.trouble.open.includes(name));
  if (first !== undefined) return [first, session.line];
  for (let i = 0; i < names.length; i++) {
    const index = (session.line + i) % names.length;
    const agent = session.agents[names[index] ?? ''];
    if (agent?.at.is === 'idle') return [agent, (index + 1) % names.length];
  }
  return null;
}

function freshRetry(session: Session, phase: number): Retry {
  const open = session.tasks.find((task) => task.state === 'open');
  return { phase, task: open?.id ?? null, attempt: 1, hint: null, compact: false, resume: null };
}

function turnFrom(session: Session, phase: number, retry: Retry): Turn {
  const leftMs = phaseEndMs(session.plan, phase) - phaseClockMs(session.clock);
  return {
    ...retry,
    number: session.nextTurn,
    named: retry.resume,
    maxMs: Math.max(1, Math.round(Math.min(leftMs, session.plan.turn.maxMs))),
  };
}

/** A turn that could only just begin is not begun. */
const LEAST_TURN_MS = 30_000;

/** How much of a phase must be left for a turn to be begun. */
export function leastTurnMs({ phases, turn }: Plan, phase: number): number {
  return Math.min(LEAST_TURN_MS, (phases[phase]?.durationMs ?? 0) * turn.minShare);
}

function worthStarting({ plan, clock }: Session, phase: number): boolean {
  return phaseEndMs(plan, phase) - phaseClockMs(clock) > leastTurnMs(plan, phase);
}

/** The tasks of a phase: what earlier phases left open first, then its own objectives. */
export function tasksOf(session: Session, phase: number): readonly Task[] {
  const carried = session.tasks.filter(({ state }) => state !== 'done').map(({ text }) => text);
  const own = session.plan.phases[phase]?.objectives ?? [];
  const first = session.tasks.reduce((most, { id }) => Math.max(most, id), 0) + 1;
  return [...new Set([...carried, ...own])].map((text, i) => ({ id: first + i, text, state: 'open', fruitless: 0 }));
}
