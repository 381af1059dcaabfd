// The figures of a running session, from its state alone. A figure is measured, or null with the reason.
import { z } from 'zod';
import type { Agent } from '../session/agent.ts';
import { forecastOf } from '../session/budgets.ts';
import { phaseClockMs } from '../session/clock.ts';
import { isCounting } from '../session/pauses.ts';
import { durationMs, phaseEndMs } from '../session/plan.ts';
import { progressOf } from '../session/stages.ts';
import type { Session } from '../session/state.ts';
import { STATUS_WORDS, statusOf } from '../session/words.ts';
import { showDuration } from '../text/duration.ts';

const figure = z.number().nullable();
const reason = z.string().nullable();

/** metrics_current.json and metrics/metrics_NNN.json. */
export const METRICS = z.strictObject({
  schema: z.literal(1),
  session: z.string(),
  project: z.string(),
  status: z.enum(STATUS_WORDS).describe('the same word as in the file status'),
  wall: z.string().describe('when these figures were taken, ISO 8601'),
  activity: z.string().nullable().describe('who is at work at what, and for how long'),
  elapsed_seconds: z.number().describe('session time: without pauses and host sleep'),
  remaining_seconds: z.number().describe('session time that is left'),
  progress: z.number().min(0).max(1),
  phase: z.string().nullable(),
  phase_number: figure.describe('1 to the number of phases; null when the phases are over'),
  phase_progress: figure,
  tokens_consumed: figure,
  tokens_reason: reason.describe('why tokens_consumed is null'),
  tokens_source: z.enum(['gateway', 'agent']).nullable().describe('who told the tokens'),
  agent_tokens: figure.describe('tokens as the agents tell them, beside the gateway’s figure'),
  token_drift: figure.describe('share by which the agents’ figure is above (or below) the gateway’s'),
  budget_ends_after_seconds: figure.describe(
    'when the token budget ends if it goes on like this; null: not foreseeable',
  ),
  budget_ends_in_phase: z.string().nullable().describe('null: it lasts for the session, or cannot be foreseen'),
  cost_usd: figure.describe('null while any call was made at an unknown price'),
  cost_reason: reason,
  model_calls: z.number().int(),
  model_failures: z.number().int().describe('calls that failed or were cut'),
  model_switches: z.number().int(),
  estimated_calls: z.number().int().describe('calls whose tokens were estimated'),
  usage_windows: z.number().int().describe('usage windows that were waited for'),
  token_budget: figure,
  tokens_per_hour: figure,
  lines_of_code: figure,
  lines_of_code_reason: reason,
  test_coverage: figure,
  test_coverage_reason: reason,
  checkpoints: z.number().int(),
  checkpoints_failed: z.number().int(),
  last_checkpoint: figure.describe('its number'),
  errors: z.number().int().describe('failed turns'),
  agent_errors: z.number().int().describe('errors the agents reported and went on from'),
  recoveries: z.number().int(),
  restarts: z.number().int(),
  turns: z.number().int(),
  tasks_done: z.number().int(),
  tool_calls: z.number().int(),
  agent_utilization: figure.describe('share of the session time in which agents were at work, 0 to 1'),
  incarnation: z.number().int().describe('lives of the harness so far'),
  disk_free_bytes: figure,
  session_bytes: figure,
  agent_rss_bytes: figure,
  agents: z.record(
    z.string(),
    z.strictObject({
      state: z.string(),
      turns: z.number().int(),
      tool_calls: z.number().int(),
      tokens: figure,
      errors: z.number().int(),
      restarts: z.number().int(),
      trust: z.number().describe('0 to 1, from measured behaviour; below min_trust_score it gets no more work'),
      lowest_trust: z.number(),
      trust_reason: reason.describe('why it last fell; null: it never did'),
      utilization: figure,
    }),
  ),
});

export type Metrics = z.output<typeof METRICS>;

/** `awaySinceMs`: milliseconds since the last event, for figures that go on between events. */
export function metricsOf(session: Session, awaySinceMs: number, wall: string, project: string): Metrics {
  const sinceMs = isCounting(session) ? awaySinceMs : 0;
  const { plan, usage, checkpoints, measured, stage } = session;
  const elapsedMs = session.clock.workingMs + sinceMs;
  const phase = stage.is === 'created' || isFinishing(stage) ? null : stage.phase;
  const busyMs = agents(session).reduce((sum, agent) => sum + busyOf(session, agent, sinceMs), 0);
  return {
    schema: 1,
    session: plan.session,
    project,
    status: statusOf(session),
    wall,
    activity: activityOf(session, sinceMs),
    elapsed_seconds: seconds(elapsedMs),
    remaining_seconds: seconds(Math.max(0, durationMs(plan) - phaseClockMs(session.clock) - sinceMs)),
    progress: round(progressOf(session)),
    phase: phase === null ? null : (plan.phases[phase]?.name ?? null),
    phase_number: phase === null ? null : phase + 1,
    phase_progress: phase === null ? null : phaseProgress(session, phase, sinceMs),
    tokens_consumed: usage.tokensKnown ? usage.tokens : null,
    tokens_reason: usage.tokensKnown ? null : 'no agent has told what it used',
    tokens_source: usage.tokensKnown ? (plan.metered ? 'gateway' : 'agent') : null,
    agent_tokens: usage.agentTokens > 0 ? usage.agentTokens : null,
    token_drift: driftOf(session),
    ...budgetEnd(session),
    ...costOf(session),
    model_calls: usage.modelCalls,
    model_failures: usage.modelFailures,
    model_switches: usage.switches,
    estimated_calls: usage.estimatedCalls,
    usage_windows: usage.windows,
    token_budget: plan.limits.totalTokens,
    tokens_per_hour: usage.tokensKnown && elapsedMs > 0 ? Math.round((usage.tokens * 3_600_000) / elapsedMs) : null,
    lines_of_code: measured.lines,
    lines_of_code_reason: measured.lines === null ? measured.linesReason : null,
    test_coverage: null,
    test_coverage_reason: 'coverage is not measured in this version',
    checkpoints: checkpoints.written,
    checkpoints_failed: checkpoints.failed,
    last_checkpoint: checkpoints.last?.number ?? null,
    errors: usage.failures,
    agent_errors: usage.agentErrors,
    recoveries: usage.recoveries,
    restarts: agents(session).reduce((sum, { counts }) => sum + counts.restarts, 0),
    turns: usage.turns,
    tasks_done: usage.tasksDone,
    tool_calls: usage.toolCalls,
    agent_utilization: elapsedMs > 0 ? round(Math.min(1, busyMs / (elapsedMs * plan.concurrency))) : null,
    incarnation: session.incarnation,
    disk_free_bytes: measured.diskFreeBytes,
    session_bytes: measured.sessionBytes,
    agent_rss_bytes: measured.agentRssBytes,
    agents: Object.fromEntries(
      agents(session).map((agent) => [agent.name, agentMetrics(session, agent, elapsedMs, sinceMs)]),
    ),
  };
}

function driftOf({ usage, plan }: Session): number | null {
  if (!plan.metered || usage.tokens === 0 || usage.agentTokens === 0) return null;
  return round(usage.agentTokens / usage.tokens - 1);
}

function budgetEnd(session: Session): Pick<Metrics, 'budget_ends_after_seconds' | 'budget_ends_in_phase'> {
  const forecast = session.stage.is === 'working' ? forecastOf(session, 'totalTokens') : null;
  const phase = forecast?.phase ?? null;
  return {
    budget_ends_after_seconds: forecast === null ? null : seconds(forecast.endsMs),
    budget_ends_in_phase: phase === null ? null : (session.plan.phases[phase]?.name ?? null),
  };
}

function costOf({ usage, plan }: Session): Pick<Metrics, 'cost_usd' | 'cost_reason'> {
  if (!plan.metered) return { cost_usd: null, cost_reason: 'the agents’ calls do not go through the gateway' };
  if (usage.modelCalls === 0) return { cost_usd: null, cost_reason: 'no call was made' };
  if (usage.unpricedCalls > 0)
    return { cost_usd: null, cost_reason: `${usage.unpricedCalls} calls were made at an unknown price` };
  return { cost_usd: Math.round(usage.costUsd * 1e6) / 1e6, cost_reason: null };
}

function agents(session: Session): readonly Agent[] {
  return Object.values(session.agents);
}

function agentMetrics(session: Session, agent: Agent, elapsedMs: number, sinceMs: number) {
  const { counts, at, trust } = agent;
  return {
    state: at.is,
    turns: counts.turns,
    tool_calls: counts.toolCalls,
    tokens: session.usage.tokensKnown ? counts.tokens : null,
    errors: counts.errors,
    restarts: counts.restarts,
    trust: trust.now / 1000,
    lowest_trust: trust.lowest / 1000,
    trust_reason: trust.why,
    utilization: elapsedMs > 0 ? round(Math.min(1, busyOf(session, agent, sinceMs) / elapsedMs)) : null,
  };
}

function busyOf({ clock }: Session, { counts, at }: Agent, sinceMs: number): number {
  const running = at.is === 'running' || at.is === 'stopping';
  return counts.busyMs + (running ? clock.awakeMs + sinceMs - at.sinceMs : 0);
}

/** Once the phases are over for good there is none to name. */
function isFinishing(stage: Session['stage']): boolean {
  return (stage.is === 'judging' || stage.is === 'reporting' || stage.is === 'done') && stage.ending.is === 'finish';
}

function activityOf(session: Session, sinceMs: number): string | null {
  const { stage, pauses } = session;
  if (pauses[0] !== undefined) return `paused: ${pauses[0].text}`;
  if (stage.is !== 'working' && stage.is !== 'closing') return null;
  const busy = agents(session).find(({ at }) => 'turn' in at);
  if (busy === undefined) return waiting(session);
  const { at } = busy;
  if (!('turn' in at)) return null;
  const task = session.tasks.find(({ id }) => id === at.turn.task)?.text ?? 'what is still open';
  if (at.is !== 'running') return `${busy.name}: ${at.is} (${task})`;
  const nowMs = session.clock.awakeMs + sinceMs;
  const silent = nowMs - at.progressMs > SILENT_MS ? `, silent for ${showDuration(nowMs - at.progressMs)}` : '';
  return `${busy.name}: ${task} for ${showDuration(nowMs - at.sinceMs)}${silent}`;
}

/** Silence that is worth a word. */
const SILENT_MS = 60_000;

function waiting(session: Session): string {
  const backing = agents(session).find(({ at }) => at.is === 'backing-off');
  if (backing?.at.is !== 'backing-off') return 'nobody has anything open; waiting for the next phase';
  const leftMs = Math.max(0, backing.at.untilMs - session.clock.awakeMs);
  return `${backing.name}: next try in ${showDuration(leftMs)} (${backing.at.failure.text})`;
}

function phaseProgress({ plan, clock }: Session, phase: number, sinceMs: number): number {
  const lengthMs = plan.phases[phase]?.durationMs ?? 0;
  if (lengthMs <= 0) return 1;
  const beginMs = phaseEndMs(plan, phase) - lengthMs;
  return round(Math.max(0, Math.min(1, (phaseClockMs(clock) + sinceMs - beginMs) / lengthMs)));
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
