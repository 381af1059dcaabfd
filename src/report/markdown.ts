// report.md: the final report for people, what matters first.
import { showDuration } from '../text/duration.ts';
import { percent } from '../text/percent.ts';
import { showBytes } from '../text/size.ts';
import type { FinalReport } from './final.ts';
import { judgedPages } from './judged-markdown.ts';
import { escaped, table } from './markdown-parts.ts';
import type { Metrics } from './metrics.ts';

export function reportMarkdown(report: FinalReport): string {
  return [
    `# Mega test ${escaped(report.session)}`,
    verdictLine(report),
    ...(report.better_than_last === null
      ? []
      : [
          `**Checkpoint ${report.best_checkpoint} was green, the last state is not.** It comes back with \`${report.better_than_last}\`.`,
        ]),
    ...(report.delivered === null
      ? []
      : [
          `**project/ holds checkpoint ${report.delivered.checkpoint}, which is green; the last state (checkpoint ${report.delivered.last}) is not.** That one comes back with \`${report.delivered.restore_last}\`.`,
        ]),
    facts(report),
    ...judgedPages(report),
    '## Phases',
    table(
      ['phase', 'time', 'turns', 'turns that changed the code'],
      report.phases.map((phase) => [
        phase.name,
        showDuration(phase.seconds * 1000),
        phase.turns,
        phase.turns_with_changes,
      ]),
    ),
    ...phaseCriteria(report),
    ...(report.quality.length === 0
      ? []
      : [
          '## Quality over the session',
          table(
            ['checkpoint', 'after', 'build and tests', 'tests', 'failed'],
            report.quality.map((one) => [
              one.checkpoint === report.best_checkpoint ? `${one.checkpoint} (best)` : one.checkpoint,
              showDuration(one.session_seconds * 1000),
              one.verdict,
              one.tests ?? '-',
              one.failed ?? '-',
            ]),
          ),
        ]),
    '## Recoveries',
    recoveries(report.recovery),
    '## Failures',
    report.failures.length === 0
      ? 'None.'
      : table(
          ['when', 'agent', 'turn', 'kind', 'what', 'workspace', 'recovered after'],
          report.failures.map((one) => [
            one.wall,
            one.agent ?? '-',
            one.turn ?? '-',
            one.injected ? `${one.kind} (injected)` : one.kind,
            one.text,
            one.workspace ?? '-',
            recoveredText(one),
          ]),
        ),
    '## Checkpoints',
    report.checkpoints.length === 0
      ? 'None.'
      : table(
          ['number', 'why', 'when', 'files', 'size', 'took', 'snapshot'],
          report.checkpoints.map((one) => [
            one.number,
            one.trigger,
            one.wall,
            one.files,
            showBytes(one.bytes),
            `${one.took_ms} ms`,
            one.thinned ? 'removed for want of space' : 'kept',
          ]),
        ),
    '## Agents',
    table(
      ['agent', 'turns', 'tool calls', 'tokens', 'errors', 'restarts', 'trust', 'lowest', 'why it fell', 'at work'],
      Object.entries(report.metrics.agents).map(([name, one]) => [
        name,
        one.turns,
        one.tool_calls,
        one.tokens ?? 'unknown',
        one.errors,
        one.restarts,
        one.trust,
        one.lowest_trust,
        one.trust_reason ?? '-',
        one.utilization === null ? '-' : percent(one.utilization),
      ]),
    ),
    ...(report.interventions.length === 0
      ? []
      : [
          '## What people did',
          table(
            ['when', 'what', 'who'],
            report.interventions.map((one) => [one.wall, one.what, one.by]),
          ),
        ]),
    ...(report.model_switches.length === 0
      ? []
      : [
          '## Models',
          table(
            ['when', 'agent', 'from', 'to', 'why'],
            report.model_switches.map((one) => [one.wall, one.agent, one.from, one.to, one.reason]),
          ),
        ]),
    ...(report.limits_changed.length === 0
      ? []
      : [
          '## Limits that were changed',
          table(
            ['when', 'limit', 'from', 'to', 'who', 'why'],
            report.limits_changed.map((one) => [
              one.wall,
              one.limit,
              one.from ?? 'none',
              one.to ?? 'none',
              one.by,
              one.why,
            ]),
          ),
        ]),
    '## Walls',
    walls(report.confinement),
    '',
  ].join('\n\n');
}

/** Met or not, phase by phase; only phases that promised anything. */
function phaseCriteria({ phases }: FinalReport): readonly string[] {
  const rows = phases.flatMap(({ name, criteria }) =>
    criteria.map((one) => [
      name,
      one.text,
      one.met_at_checkpoint === null ? one.result : `${one.result}; met at checkpoint ${one.met_at_checkpoint}`,
      one.evidence,
      one.checkpoint ?? '-',
    ]),
  );
  if (rows.length === 0) return [];
  return [
    '### Success criteria of the phases',
    table(['phase', 'criterion', 'at its end', 'what was measured', 'checkpoint'], rows),
  ];
}

function recoveredText({ recovered_after_seconds: after, cut_off }: FinalReport['failures'][number]): string {
  if (after !== null) return `${after} s`;
  return cut_off ? 'cut off by the end' : 'not seen';
}

function recoveries({ real, injected, kinds }: FinalReport['recovery']): string {
  const row = (name: string, figures: FinalReport['recovery']['real']) => [
    name,
    figures.episodes,
    figures.recovered,
    figures.cut_off,
    figures.rate === null ? '-' : percent(figures.rate),
    figures.median_seconds === null ? '-' : `${figures.median_seconds} s`,
    figures.p95_seconds === null ? '-' : `${figures.p95_seconds} s`,
  ];
  return table(
    ['what', 'happened', 'recovered', 'cut off', 'rate', 'median', 'p95'],
    [
      ...kinds.map(({ name, figures }) => row(name, figures)),
      row('all real ones', real),
      row('all injected ones', injected),
    ],
  );
}

function walls({ level, means, reason, not_promised }: FinalReport['confinement']): string {
  const why = reason === null ? '' : ` No higher level: ${escaped(reason)}.`;
  return `Confinement: ${level}, by ${means}.${why} It does not promise: ${not_promised.join('; ')}.`;
}

function verdictLine({ verdict, status, ending }: FinalReport): string {
  const said = verdict === null ? 'Not judged' : `Verdict: **${verdict.critical}** (${escaped(verdict.text)})`;
  return `${said}. Status: ${status}. ${capital(escaped(ending))}.`;
}

function facts(report: FinalReport): string {
  const { metrics, project, agent } = report;
  const tokens =
    metrics.tokens_consumed === null
      ? `unknown (${metrics.tokens_reason})`
      : `${metrics.tokens_consumed} (${metrics.tokens_source === 'gateway' ? 'counted by the gateway' : 'told by the agents'})`;
  const lines =
    metrics.lines_of_code === null
      ? `unknown (${metrics.lines_of_code_reason})`
      : `${metrics.lines_of_code} of ${project.target_lines_of_code} targeted`;
  return table(
    ['what', 'figure'],
    [
      ['project', `${project.name} (${project.type}), asked for in ${project.language}`],
      ['agent', `${agent.kind}: ${agent.version}${agent.model === null ? '' : `, model ${agent.model}`}`],
      ['time', `${showDuration(metrics.elapsed_seconds * 1000)} of ${showDuration(report.planned_seconds * 1000)}`],
      ['tokens', tokens],
      ['cost', costText(metrics, report.prices)],
      ['lines of code', lines],
      [
        'test coverage',
        metrics.test_coverage === null ? `unknown (${metrics.test_coverage_reason})` : percent(metrics.test_coverage),
      ],
      ['turns', `${metrics.turns}, ${metrics.tasks_done} tasks done`],
      ['tool calls', metrics.tool_calls],
      ['failed turns', `${metrics.errors}, recovered ${metrics.recoveries}`],
      [
        'checkpoints',
        `${metrics.checkpoints}${metrics.checkpoints_failed === 0 ? '' : `, ${metrics.checkpoints_failed} not written`}`,
      ],
      ['lives of the harness', metrics.incarnation],
    ],
  );
}

/** A cost stands with the day of its prices, or with why it is not known. */
export function costText({ cost_usd, cost_reason }: Metrics, prices: string | null): string {
  if (cost_usd === null) return `unknown (${cost_reason})`;
  return `${cost_usd.toFixed(2)} USD${prices === null ? '' : ` (${prices})`}`;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
