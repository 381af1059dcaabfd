// From a failed turn to the next try: what counts, how long to wait, when to stop trying and ask a person.

import type { Agent, Retry, Turn } from './agent.ts';
import { backoffMs } from './backoff.ts';
import { type Failure, nextTry, policyOf } from './failure.ts';
import { pause } from './pauses.ts';
import { durationMs } from './plan.ts';
import { draw } from './random.ts';
import type { Session, Trouble } from './state.ts';
import { leftBy } from './trust.ts';
import { agentsOf, type Rule, type Step, withAgent, withAgentAt } from './types.ts';

/** A turn failed: the workspace is saved and checked first, whatever is decided afterwards. */
export function failed(session: Session, agent: Agent, turn: Turn, failure: Failure, ranMs: number): Step {
  const counted = policyOf(failure).counts;
  const usage = { ...session.usage, failures: session.usage.failures + (counted ? 1 : 0) };
  const counts = { ...agent.counts, errors: agent.counts.errors + (counted ? 1 : 0) };
  const recovering = withAgent(session, agent, {
    at: { is: 'recovering', turn, failure, ranMs, blocked: false },
    counts,
  });
  return [{ ...recovering, usage }, [{ type: 'recover-agent', agent: agent.name, turn, failure }]];
}

/** The workspace is sound again: decide about the next try. */
export function recovered(session: Session, agent: Agent, task: string | null, changed: boolean): Step {
  if (agent.at.is !== 'recovering') return [session, []];
  const { turn, failure, ranMs } = agent.at;
  const policy = policyOf(failure);
  const tries = (session.trouble.attempts[failure.key] ?? 0) + (policy.counts ? 1 : 0);
  const { next, hint } = nextTry(failure, tries);
  const retry: Retry = {
    phase: turn.phase,
    task: turn.task,
    attempt: turn.attempt + (policy.counts ? 1 : 0),
    hint,
    compact: next === 'compact',
    resume: next === 'resume' ? task : null,
  };
  const progressed = changed && ranMs >= session.plan.recovery.progressAfterMs;
  const left = changed ? leftBy(session, agent.name, turn) : session;
  const eased = progressed ? progress(left, agent.name) : left;
  const working = session.stage.is === 'working' || session.stage.is === 'closing';
  if (!policy.counts || !working) return [withAgentAt(eased, agent, { is: 'idle', retry }), []];

  const counted = count(eased, agent, failure);
  const stop = reasonToStop(counted, counted.agents[agent.name] ?? agent, failure);
  const now = counted.agents[agent.name] ?? agent;
  if (stop !== null) return pause(withAgentAt(counted, now, { is: 'idle', retry }), 'failure', stop);
  if (policy.delay === 'none') return [withAgentAt(counted, now, { is: 'idle', retry }), []];
  const [random, value] = draw(counted.random);
  const waitMs = backoffMs(session.plan.recovery, counted.trouble.attempts[failure.key] ?? 1, value);
  const untilMs = counted.clock.awakeMs + waitMs;
  return [{ ...withAgentAt(counted, now, { is: 'backing-off', failure, untilMs, retry }), random }, []];
}

function count(session: Session, agent: Agent, failure: Failure): Session {
  const { trouble, clock, plan } = session;
  const recent = agent.restarts.filter((at) => at > clock.awakeMs - plan.recovery.windowMs);
  const counts = { ...agent.counts, restarts: agent.counts.restarts + 1 };
  return {
    ...withAgent(session, agent, { restarts: [...recent, clock.awakeMs], counts }),
    trouble: {
      inARow: trouble.inARow + 1,
      attempts: { ...trouble.attempts, [failure.key]: (trouble.attempts[failure.key] ?? 0) + 1 },
      open: trouble.open.includes(agent.name) ? trouble.open : [...trouble.open, agent.name],
      unproven: trouble.unproven,
    },
  };
}

/** The sentence a person gets when trying again would only look like work; null: try again. */
function reasonToStop(session: Session, agent: Agent, failure: Failure): string | null {
  const { recovery } = session.plan;
  const { inARow, attempts } = session.trouble;
  const tries = attempts[failure.key] ?? 0;
  const policy = policyOf(failure);
  const most = Math.min(recovery.maxAttempts, policy.tries ?? recovery.maxAttempts);
  if (!recovery.auto) return `${failure.text} (auto_recovery is off)`;
  if (!policy.retry) return `${failure.text} (trying again cannot help)`;
  if (tries > most)
    return `${failure.text} (tried ${most} times without progress${most === recovery.maxAttempts ? ': max_recovery_attempts' : ''})`;
  if (inARow >= recovery.maxConsecutive)
    return `${failure.text} (${inARow} failures in a row without progress: max_consecutive_errors)`;
  if (agent.restarts.length > recovery.restartsPerWindow)
    return `${failure.text} (${agent.restarts.length} restarts of ${agent.name} within ${Math.round(recovery.windowMs / 60_000)} min)`;
  if (agent.counts.restarts > recovery.restartsPerSession)
    return `${failure.text} (${agent.counts.restarts} restarts of ${agent.name} in this session)`;
  return null;
}

/** Verified progress: earlier failures are behind us, and who had failed has recovered. */
export function progress(session: Session, agent: string): Session {
  const { trouble, usage } = session;
  const recoveries = usage.recoveries + (trouble.open.includes(agent) ? 1 : 0);
  const open = trouble.open.filter((name) => name !== agent);
  const eased: Trouble = { inARow: 0, attempts: {}, open, unproven: false };
  return { ...session, trouble: eased, usage: { ...usage, recoveries } };
}

/** A turn must have run for so long before what it changed counts: this share of the session, within these limits. */
const PROVEN_SHARE = 1 / 360;
const PROVEN_LEAST_MS = 2_000;
const PROVEN_MOST_MS = 60_000;

/** Is progress waited for, so that a running turn is worth a look at what it changed? */
export function waitsForProgress({ trouble }: Session): boolean {
  return trouble.open.length > 0 || trouble.unproven;
}

/** The project changed while a turn runs: what had failed before has been got over, when that turn has run for a while. */
export function progressSeen(session: Session, agent: Agent): Session {
  if (agent.at.is !== 'running' || !waitsForProgress(session)) return session;
  const shareMs = durationMs(session.plan) * PROVEN_SHARE;
  const leastMs = Math.min(PROVEN_MOST_MS, Math.max(PROVEN_LEAST_MS, shareMs));
  return session.clock.awakeMs - agent.at.sinceMs < leastMs ? session : progress(session, agent.name);
}

const backOffOver: Rule = (session) => {
  if (session.stage.is !== 'working' || session.pauses.length > 0) return null;
  for (const agent of agentsOf(session)) {
    if (agent.at.is !== 'backing-off' || session.clock.awakeMs < agent.at.untilMs) continue;
    return [withAgentAt(session, agent, { is: 'idle', retry: agent.at.retry }), []];
  }
  return null;
};

/** What a disk in trouble stopped half-way is done again once there is no such pause any more. */
const recoverAgain: Rule = (session) => {
  const { stage, pauses } = session;
  if (stage.is === 'wrapping-up' || stage.is === 'done' || pauses.some(({ because }) => because === 'disk'))
    return null;
  for (const agent of agentsOf(session)) {
    if (agent.at.is !== 'recovering' || !agent.at.blocked) continue;
    const { turn, failure } = agent.at;
    return [
      withAgentAt(session, agent, { ...agent.at, blocked: false }),
      [{ type: 'recover-agent', agent: agent.name, turn, failure }],
    ];
  }
  return null;
};

export const RULES_OF_RECOVERY: readonly Rule[] = [backOffOver, recoverAgain];
