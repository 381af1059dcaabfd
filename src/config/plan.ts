// From a configuration to the plan the core follows: phases scaled to the duration, agents named, limits in units.
import type { AgentPlan, Graces, PhasePlan, Plan } from '../session/plan.ts';
import { HOUR, MINUTE, SECOND } from '../text/duration.ts';
import { isMetered, modelsOf } from './models.ts';
import { DEFAULT_PHASES } from './phases.ts';
import type { Config } from './schema.ts';

export interface PlanFacts {
  readonly session: string;
  /** Was a duration given by flag, environment or file? Then the phases' minutes are weights. */
  readonly durationGiven: boolean;
  /** Graces of the agent that is used. */
  readonly graces: Graces;
  /** With a terminal a pause waits for the person at it. */
  readonly terminal: boolean;
}

/** Whole stop within 7 s of a signal: so much for the agent, the rest for saving and reporting. */
const HASTY: Graces = { interruptMs: 2_000, terminateMs: 2_000 };

export function planOf(config: Config, facts: PlanFacts): Plan {
  const phases = phasesOf(config, facts.durationGiven);
  const lengthMs = phases.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const { checkpoint, agent, limits, recovery, monitoring } = config;
  return {
    session: facts.session,
    seed: seedOf(facts.session),
    agents: agentsOf(config),
    // Until agents have working copies of their own, they take turns on one project.
    concurrency: 1,
    phases,
    turn: {
      maxMs: agent.max_turn_minutes * MINUTE,
      minShare: 0.05,
      graceShare: 0.05,
      graceMaxMs: 5 * MINUTE,
      stallMs: (agent.stall_seconds ?? 2 * agent.step_timeout_secs + 60) * SECOND,
    },
    graces: facts.graces,
    hastyGraces: HASTY,
    checkpoints: {
      enabled: checkpoint.enabled,
      intervalMs: Math.round(checkpoint.interval_minutes * MINUTE),
      toolCalls: checkpoint.tool_call_threshold,
      tokens: checkpoint.token_threshold,
    },
    recovery: {
      auto: checkpoint.auto_recovery,
      maxAttempts: checkpoint.max_recovery_attempts,
      maxConsecutive: config.error_handling.max_consecutive_errors,
      strategy: checkpoint.backoff_strategy,
      initialMs: checkpoint.backoff_initial_seconds * SECOND,
      maxMs: checkpoint.backoff_max_seconds * SECOND,
      windowMs: recovery.window_minutes * MINUTE,
      restartsPerWindow: recovery.restarts_per_window,
      restartsPerSession: recovery.restarts_per_session,
      progressAfterMs: Math.min(10 * MINUTE, lengthMs / 36),
      drill: recovery.recovery_drill,
    },
    trust: { least: Math.round(agent.min_trust_score * 1000), most: Math.round(agent.max_trust_score * 1000) },
    limits: {
      totalTokens: limits.total_token_budget,
      costUsd: limits.max_cost_usd ?? null,
      tokensPerAgentHour: limits.tokens_per_agent_per_hour,
      toolCallsPerAgentHour: limits.tool_calls_per_agent_per_hour,
      contextTokens: limits.max_context_size,
      agentRssBytes: limits.agent_memory_mb === undefined ? null : limits.agent_memory_mb * 1e6,
      windows: limits.max_usage_windows,
      sessionBytes: limits.disk_space_limit_gb * 1e9,
      diskFloorBytes: limits.disk_floor_mb * 1e6,
      pauseLimitMs: facts.terminal ? null : limits.pause_limit_minutes * MINUTE,
    },
    metered: isMetered(config),
    models: modelsOf(config).map(({ name, model, promptUsdPerMillion, completionUsdPerMillion, priceDate }) => ({
      name,
      model,
      promptUsdPerMillion,
      completionUsdPerMillion,
      priceDate,
    })),
    chaos: {
      allowed: config.chaos.allow,
      schedule: config.chaos.schedule
        .map(({ at_minutes, fault, agent }) => ({ atMs: Math.round(at_minutes * MINUTE), fault, agent: agent ?? null }))
        .sort((one, other) => one.atMs - other.atMs),
    },
    heartbeatMs: Math.round(Math.max(SECOND, Math.min(monitoring.health_check_interval * SECOND, lengthMs / 60))),
    judgeMaxMs: config.judge.max_minutes * MINUTE,
    advanceWhenDone: config.session.advance_when_done,
    light: isLookedAt(config, lengthMs) ? config.judge.light : 'off',
  };
}

/** In a short session looks beside the work would take more than they tell; without checkpoints there is nothing to look at. */
function isLookedAt({ judge, checkpoint }: Config, lengthMs: number): boolean {
  return checkpoint.enabled && lengthMs >= judge.light_from_minutes * MINUTE;
}

/** The phases with their lengths: the given duration shared out by weight, or their own minutes when none is given. */
export function phasesOf(config: Config, durationGiven: boolean): readonly PhasePlan[] {
  const phases = config.phases ?? DEFAULT_PHASES;
  const weights = phases.map(({ duration_minutes }) => duration_minutes);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const absolute = config.phases !== undefined && !durationGiven;
  const lengthMs = absolute ? total * MINUTE : Math.round(config.session.duration_hours * HOUR);
  let passed = 0;
  let begun = 0;
  return phases.map(({ name, duration_minutes, objectives, success_criteria }, index) => {
    passed += duration_minutes;
    // However small its share, a phase is at least a millisecond long.
    const endMs = Math.max(
      begun + 1,
      Math.min(lengthMs - (phases.length - 1 - index), Math.round((lengthMs * passed) / total)),
    );
    const durationMs = endMs - begun;
    begun = endMs;
    return { name, durationMs, objectives, criteria: success_criteria };
  });
}

/** Agents by role, in turn: coder, then coder-2 when there are more agents than roles. */
export function agentsOf({ session, agent }: Config): readonly AgentPlan[] {
  const taken = new Set<string>();
  return Array.from({ length: session.agent_count }, (_, index) => {
    const role = agent.roles[index % agent.roles.length] ?? 'Coder';
    const name = freeName(slugOf(role), taken);
    taken.add(name);
    return { name, role };
  });
}

function slugOf(role: string): string {
  const slug = role
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-|-$/g, '');
  return slug === '' ? 'agent' : slug;
}

/** The slug itself, or the first number behind it that nobody has. */
function freeName(slug: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? slug : `${slug}-${number}`;
    if (!taken.has(name)) return name;
  }
}

/** A number from the session's name, so that a session repeats itself. FNV-1a. */
function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
