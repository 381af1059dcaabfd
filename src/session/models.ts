// What the gateway sees of the agents' models: counting what counts, parking in usage windows, giving a turn up when none answers.

import type { Agent } from './agent.ts';
import { end } from './endings.ts';
import type { ModelEvent } from './event.ts';
import type { Failure } from './failure.ts';
import { withUse } from './hours.ts';
import { pause } from './pauses.ts';
import type { Session } from './state.ts';
import { stopAgent } from './stopping.ts';
import { type Step, unreachable, withAgent } from './types.ts';

/** So many calls without an answer, and the agent only spins. */
const SPINNING = 8;

export function reactToModel(session: Session, event: ModelEvent): Step {
  const agent = session.agents[event.agent];
  if (agent === undefined) return [session, []];
  switch (event.type) {
    case 'model-called':
      return called(session, agent, event);
    case 'model-switched':
      return [{ ...session, usage: { ...session.usage, switches: session.usage.switches + 1 } }, []];
    case 'window-closed':
      return windowClosed(session, event);
    case 'model-unaffordable':
      return unaffordable(session, event);
    case 'models-exhausted':
      return exhausted(session, agent, event);
    default:
      return unreachable(event);
  }
}

function called(session: Session, agent: Agent, event: ModelEvent & { type: 'model-called' }): Step {
  const { usage, clock } = session;
  const tokens = event.prompt + event.completion;
  const priced = event.costUsd !== null || tokens === 0;
  const next = {
    ...session,
    usage: {
      ...usage,
      tokens: usage.tokens + tokens,
      tokensKnown: true,
      modelCalls: usage.modelCalls + 1,
      modelFailures: usage.modelFailures + (event.outcome === 'answered' ? 0 : 1),
      estimatedCalls: usage.estimatedCalls + (event.source === 'estimated' && tokens > 0 ? 1 : 0),
      costUsd: usage.costUsd + (event.costUsd ?? 0),
      unpricedCalls: usage.unpricedCalls + (priced ? 0 : 1),
    },
  };
  const counts = { ...agent.counts, tokens: agent.counts.tokens + tokens };
  const hour = withUse(agent.hour, clock.awakeMs, { tokens, toolCalls: 0 });
  const counted = withAgent(next, agent, { counts, hour });
  const now = counted.agents[agent.name] ?? agent;
  if (now.at.is !== 'running' || now.at.turn.number !== event.turn) return [counted, []];
  const limit = session.plan.limits.contextTokens;
  if (limit !== null && event.prompt > limit) {
    const text = `a prompt of ${event.prompt} tokens (max_context_size ${limit})`;
    const failure: Failure = { kind: 'memory-pressure', key: 'memory-pressure: context', text, evidence: [text] };
    return stopAgent(counted, now, { next: 'recover', failure }, false);
  }
  // An answer is a sign of life; a call that failed is none.
  if (event.outcome === 'answered') {
    const watch = { ...now.watch, unanswered: 0 };
    return [withAgent(counted, now, { at: { ...now.at, progressMs: clock.awakeMs }, watch }), []];
  }
  if (event.outcome === 'cut') return [counted, []];
  const unanswered = now.watch.unanswered + 1;
  const watched = withAgent(counted, now, { watch: { ...now.watch, unanswered } });
  if (unanswered < SPINNING) return [watched, []];
  const said = event.text ?? `status ${event.status ?? 'none'}`;
  return giveUp(watched, watched.agents[agent.name] ?? now, `${unanswered} calls in a row: ${said}`, undefined);
}

function windowClosed(session: Session, { upstream, waitMs, text }: ModelEvent & { type: 'window-closed' }): Step {
  const { stage, plan, usage } = session;
  if (stage.is !== 'working' && stage.is !== 'closing') return [session, []];
  if (session.pauses.some(({ because }) => because === 'window')) return [session, []];
  const most = plan.limits.windows;
  if (usage.windows >= most) {
    const why = most === 0 ? 'waiting for usage windows is switched off' : `${most} were waited for already`;
    return pause(session, 'failure', `${upstream}: ${text} (${why}: max_usage_windows)`);
  }
  const counted = { ...session, usage: { ...usage, windows: usage.windows + 1 } };
  return pause(counted, 'window', `${upstream}: ${text}`, session.clock.awakeMs + waitMs);
}

/** As good as spent: no call of this size will ever be made again. */
function unaffordable(session: Session, event: ModelEvent & { type: 'model-unaffordable' }): Step {
  const { stage } = session;
  if (stage.is !== 'working' && stage.is !== 'closing') return [session, []];
  const text = `token budget spent: the next call needs ${event.needs}, ${event.tokensLeft} are left`;
  const [ended, commands] = end(session, { is: 'finish', because: 'budget', text });
  return [ended, [{ type: 'alert', text }, ...commands]];
}

/** The agent would only burn its tries: its turn is stopped and tried again after the back-off. */
function exhausted(session: Session, agent: Agent, event: ModelEvent & { type: 'models-exhausted' }): Step {
  if (agent.at.is !== 'running' || agent.at.turn.number !== event.turn) return [session, []];
  return giveUp(session, agent, event.text, event.action);
}

function giveUp(session: Session, agent: Agent, said: string, action: Failure['action']): Step {
  const key = `llm-error: ${said.replace(/\d+/g, '#').slice(0, 120)}`;
  const ruled = action === undefined ? {} : { action };
  const failure: Failure = { kind: 'llm-error', key, text: `no model answers: ${said}`, evidence: [said], ...ruled };
  return stopAgent(session, agent, { next: 'recover', failure }, false);
}
