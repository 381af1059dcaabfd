// What an agent uses in an hour, and what happens when that is too much: told to batch first, then held until enough is past.
import type { Agent, MinuteOfUse } from './agent.ts';
import type { Session } from './state.ts';
import { stopAgent } from './stopping.ts';
import { agentsOf, type Rule, withAgent, withAgentAt } from './types.ts';

const MINUTE_MS = 60_000;
const MINUTES = 60;
/** Held until its hour is down to this share of the limit, so that it does not stop again at once. */
const RELEASE_SHARE = 0.9;
/** An agent that was told to batch may go on to this share of its tool calls. */
const BATCHING_SHARE = 1.2;

export const BATCH_HINT =
  'You have used nearly all tool calls of this hour. Batch what you do: several files or commands in one call, and no call that only looks.';

/** The agent's hour with one more use in it; what is older than an hour is left out. */
export function withUse(
  hour: Agent['hour'],
  awakeMs: number,
  use: { readonly tokens: number; readonly toolCalls: number },
): Agent['hour'] {
  const minute = Math.floor(awakeMs / MINUTE_MS);
  const last = hour.at(-1);
  if (last?.minute === minute) {
    const sum = { minute, tokens: last.tokens + use.tokens, toolCalls: last.toolCalls + use.toolCalls };
    return [...hour.slice(0, -1), sum];
  }
  return [...recent(hour, minute), { minute, ...use }];
}

function recent(hour: Agent['hour'], minute: number): Agent['hour'] {
  return hour.filter((one) => one.minute > minute - MINUTES);
}

/** Tokens and tool calls of the last hour, to the minute. */
export function usedInHour(
  { hour }: Pick<Agent, 'hour'>,
  awakeMs: number,
): { readonly tokens: number; readonly toolCalls: number } {
  const now = recent(hour, Math.floor(awakeMs / MINUTE_MS));
  const sum = (of: (one: MinuteOfUse) => number) => now.reduce((total, one) => total + of(one), 0);
  return { tokens: sum(({ tokens }) => tokens), toolCalls: sum(({ toolCalls }) => toolCalls) };
}

const overHour: Rule = (session) => {
  const { limits } = session.plan;
  if (limits.tokensPerAgentHour === null && limits.toolCallsPerAgentHour === null) return null;
  const { awakeMs } = session.clock;
  for (const agent of agentsOf(session)) {
    if (agent.at.is !== 'running') continue;
    const { tokens, toolCalls } = usedInHour(agent, awakeMs);
    if (limits.tokensPerAgentHour !== null && tokens >= limits.tokensPerAgentHour)
      return stopAgent(session, agent, { next: 'hold', because: 'tokens' }, false);
    const most = limits.toolCallsPerAgentHour;
    if (most === null || toolCalls < most) continue;
    if (!agent.batching) {
      const told = withAgent(session, agent, { batching: true });
      return stopAgent(told, told.agents[agent.name] ?? agent, { next: 'again', hint: BATCH_HINT }, false);
    }
    if (toolCalls >= most * BATCHING_SHARE)
      return stopAgent(session, agent, { next: 'hold', because: 'tool-calls' }, false);
  }
  return null;
};

const release: Rule = (session) => {
  for (const agent of agentsOf(session)) {
    if (agent.batching && !isOver(session, agent, 'tool-calls') && agent.at.is !== 'running')
      return [withAgent(session, agent, { batching: false }), []];
    if (agent.at.is !== 'held' || isOver(session, agent, agent.at.because)) continue;
    return [withAgentAt(session, agent, { is: 'idle', retry: agent.at.retry }), []];
  }
  return null;
};

function isOver({ plan, clock }: Session, agent: Agent, because: 'tokens' | 'tool-calls'): boolean {
  const limit = because === 'tokens' ? plan.limits.tokensPerAgentHour : plan.limits.toolCallsPerAgentHour;
  if (limit === null) return false;
  const used = usedInHour(agent, clock.awakeMs);
  return (because === 'tokens' ? used.tokens : used.toolCalls) > limit * RELEASE_SHARE;
}

/** Milliseconds until a held agent's hour next becomes smaller: when its oldest minute is over an hour old. */
export function untilSmallerMs(agent: Agent, awakeMs: number): number {
  const oldest = recent(agent.hour, Math.floor(awakeMs / MINUTE_MS))[0];
  return oldest === undefined ? 0 : Math.max(0, (oldest.minute + MINUTES) * MINUTE_MS - awakeMs);
}

export const RULES_OF_HOURS: readonly Rule[] = [overHour, release];
