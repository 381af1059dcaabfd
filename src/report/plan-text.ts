// What a session would do, before it does anything: the answer of --dry-run, as text and as JSON.
import type { Config, Project } from '../config/schema.ts';
import { durationMs, type Plan, phaseEndMs } from '../session/plan.ts';
import { MINUTE, showDuration } from '../text/duration.ts';
import { showBytes } from '../text/size.ts';

export interface PlanFacts {
  readonly plan: Plan;
  readonly config: Config;
  readonly project: Project;
}

export function planJson({ plan, config, project }: PlanFacts) {
  return {
    schema: 1,
    session: plan.session,
    project: {
      type: project.type,
      name: project.name,
      language: project.language,
      target_lines_of_code: project.lines_of_code,
    },
    duration_minutes: minutes(durationMs(plan)),
    phases: plan.phases.map((phase, index) => ({
      name: phase.name,
      minutes: minutes(phase.durationMs),
      ends_after_minutes: minutes(phaseEndMs(plan, index)),
      objectives: phase.objectives.length,
      turns_at_most_minutes: minutes(Math.min(plan.turn.maxMs, phase.durationMs)),
      checkpoints: checkpointsIn(plan, phase.durationMs),
    })),
    agents: plan.agents,
    agents_at_work_at_once: plan.concurrency,
    agent: { kind: config.agent.kind, model: config.agent.model ?? null, endpoint: config.agent.endpoint ?? null },
    checkpoints: {
      enabled: plan.checkpoints.enabled,
      interval_minutes: minutes(plan.checkpoints.intervalMs),
      at_least: checkpointsAtLeast(plan),
    },
    budgets: {
      tokens: plan.limits.totalTokens,
      disk_bytes: plan.limits.sessionBytes,
      judge_minutes: minutes(plan.judgeMaxMs),
    },
    disk_estimate_bytes: diskEstimate(plan, config, project),
  };
}

export function planText(facts: PlanFacts): string {
  const { plan, config, project } = facts;
  const json = planJson(facts);
  const agents = plan.agents.map(({ name, role }) => `${name} (${role})`).join(', ');
  const width = Math.max(...plan.phases.map(({ name }) => name.length));
  const lines = [
    `${project.name} (${project.type}): ${project.title}, ${project.language}, target ${project.lines_of_code.toLocaleString('en')} lines of code`,
    `session ${plan.session}, ${showDuration(durationMs(plan))}, agent ${config.agent.kind}${config.agent.model === undefined ? '' : ` with ${config.agent.model}`}`,
    '',
    'phases',
    ...json.phases.map(
      (phase) =>
        `  ${phase.name.padEnd(width)}  ${inMinutes(phase.minutes).padStart(9)}  until ${inMinutes(phase.ends_after_minutes)}, ${phase.objectives} objectives, turns of at most ${inMinutes(phase.turns_at_most_minutes)}, ${phase.checkpoints} checkpoints`,
    ),
    '',
    `agents       ${plan.agents.length}: ${agents}; ${plan.concurrency} at work at a time`,
    `checkpoints  ${plan.checkpoints.enabled ? `every ${showDuration(plan.checkpoints.intervalMs)}, ${plan.checkpoints.toolCalls} tool calls or ${plan.checkpoints.tokens.toLocaleString('en')} tokens; at least ${json.checkpoints.at_least}` : 'off'}`,
    `budgets      ${plan.limits.totalTokens?.toLocaleString('en') ?? 'no limit of'} tokens, ${showBytes(plan.limits.sessionBytes ?? 0)} of disk, ${showDuration(plan.judgeMaxMs)} to judge`,
    `recovery     ${plan.recovery.auto ? `on: ${plan.recovery.maxAttempts} tries a failure, ${plan.recovery.strategy} back-off ${showDuration(plan.recovery.initialMs)} to ${showDuration(plan.recovery.maxMs)}` : 'off: the first failure pauses'}`,
    `disk         at most about ${showBytes(json.disk_estimate_bytes)} (outputs at their caps, ${json.checkpoints.at_least} checkpoints, journal)`,
    '',
    'Nothing was started.',
    '',
  ];
  return lines.join('\n');
}

/** Phases are planned in minutes; what is no whole number of them reads better in seconds. */
function inMinutes(minutes: number): string {
  return Number.isInteger(minutes) ? `${minutes} min` : showDuration(minutes * MINUTE);
}

function minutes(ms: number): number {
  return Math.round((ms / 60_000) * 1000) / 1000;
}

/** Checkpoints by the clock alone: one at the phase's end, and those of the interval before it. */
function checkpointsIn(plan: Plan, lengthMs: number): number {
  return plan.checkpoints.enabled ? Math.max(1, Math.ceil(lengthMs / plan.checkpoints.intervalMs)) : 0;
}

/** By interval and phase ends, and the one at the start. */
function checkpointsAtLeast(plan: Plan): number {
  return plan.checkpoints.enabled
    ? 1 + plan.phases.reduce((sum, { durationMs: lengthMs }) => sum + checkpointsIn(plan, lengthMs), 0)
    : 0;
}

/** Bytes of a line of code with its place in snapshots, of a changed share of them a checkpoint, of a journal hour. */
const LINE_BYTES = 40;
const CHECKPOINT_BYTES = 150_000;
const JOURNAL_BYTES_AN_HOUR = 500_000;

/** An upper estimate: every output at its cap, every checkpoint with a good deal of change. */
function diskEstimate(plan: Plan, config: Config, project: Project): number {
  const outputs = plan.agents.length * config.agent.output_limit_mb * 1024 * 1024;
  const project_ = project.lines_of_code * LINE_BYTES * 3;
  const hours = durationMs(plan) / 3_600_000;
  return Math.round(outputs + project_ + checkpointsAtLeast(plan) * CHECKPOINT_BYTES + hours * JOURNAL_BYTES_AN_HOUR);
}
