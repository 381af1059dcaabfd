// The small words the core is written in: a step, a rule, and what to do about our own mistakes.

import type { Agent, AgentState } from './agent.ts';
import type { Command } from './command.ts';
import type { Session } from './state.ts';

export type Step = readonly [session: Session, commands: readonly Command[]];

/** Something that is done as soon as it is due; null when it is not. */
export type Rule = (session: Session) => Step | null;

/** Throws when our own reasoning is wrong; never used for what the world may do. */
export function assert(condition: boolean, text: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${text}`);
}

export function unreachable(value: never): never {
  throw new Error(`assertion failed: unexpected ${JSON.stringify(value)}`);
}

export function agentsOf({ agents }: Session): readonly Agent[] {
  const known = LISTS.get(agents);
  if (known !== undefined) return known;
  const list = Object.values(agents);
  LISTS.set(agents, list);
  return list;
}

/** Every rule of every event asks for the list; it changes only when an agent does. */
const LISTS = new WeakMap<Session['agents'], readonly Agent[]>();

/** The session with one agent changed. */
export function withAgent(session: Session, agent: Agent, change: Partial<Agent>): Session {
  return { ...session, agents: { ...session.agents, [agent.name]: { ...agent, ...change } } };
}

export function withAgentAt(session: Session, agent: Agent, at: AgentState): Session {
  return withAgent(session, agent, { at });
}
