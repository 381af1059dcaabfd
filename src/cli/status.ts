// `mega-test status`: how a session stands, derived from its files and locks, never only from what it last said.
import { pricesText } from '../config/prices.ts';
import { costText } from '../report/markdown.ts';
import { type Metrics, metricsOf } from '../report/metrics.ts';
import { endingText } from '../report/sentences.ts';
import { type Opened, readSession } from '../runtime/open.ts';
import { showDuration } from '../text/duration.ts';
import { type Life, lifeOf, type Picked, pick } from './pick.ts';
import type { Flags } from './run-options.ts';

export async function status(id: string | undefined, flags: Flags): Promise<number> {
  const picked = pick(String(flags.runsDir), id);
  const life = await lifeOf(picked);
  const opened = readSession(picked.layout);
  const sinceMs = life.alive && opened.lastWall !== null ? Math.max(0, Date.now() - Date.parse(opened.lastWall)) : 0;
  const metrics = metricsOf(opened.session, sinceMs, new Date().toISOString(), opened.saved.project.type);
  const next = nextCommand(picked, life, String(flags.runsDir));
  if (flags.json === true) {
    const json = {
      ...metrics,
      status: life.standing,
      alive: life.alive,
      directory: picked.layout.root,
      next,
      damage: opened.damage,
    };
    process.stdout.write(`${JSON.stringify(json, null, 2)}\n`);
  } else process.stdout.write(text(picked, life, opened, metrics, next));
  return 0;
}

/** The command that goes on with a session that does not run; null when there is nothing to go on with. */
function nextCommand({ id }: Picked, { standing, alive, foreignHost }: Life, runsDir: string): string | null {
  const where = runsDir === 'test_runs' ? '' : ` --runs-dir ${runsDir}`;
  if (standing === 'complete') return null;
  if (alive) return standing === 'paused' ? `mega-test resume ${id}${where}` : `mega-test attach ${id}${where}`;
  return `mega-test resume ${id}${where}${foreignHost === null ? '' : ' --take-over'}`;
}

function text({ id, layout }: Picked, life: Life, opened: Opened, metrics: Metrics, next: string | null): string {
  const { session } = opened;
  const { stage } = session;
  const phase =
    metrics.phase === null ? stage.is : `${metrics.phase_number} of ${session.plan.phases.length}, ${metrics.phase}`;
  const lines = [
    `session      ${id} (${opened.saved.project.name})`,
    `status       ${life.standing}${explained(life, opened)}`,
    `phase        ${phase}`,
    `progress     ${Math.floor(metrics.progress * 100)} %, ${showDuration(metrics.elapsed_seconds * 1000)} done, ${showDuration(metrics.remaining_seconds * 1000)} left`,
    `tokens       ${metrics.tokens_consumed ?? `unknown (${metrics.tokens_reason})`}${metrics.token_budget === null ? '' : ` of ${metrics.token_budget}`}`,
    `cost         ${costText(metrics, pricesText(session.plan.models))}`,
    `code         ${metrics.lines_of_code === null ? `unknown (${metrics.lines_of_code_reason})` : `${metrics.lines_of_code} lines`}`,
    `turns        ${metrics.turns}, ${metrics.tasks_done} tasks done, ${metrics.tool_calls} tool calls`,
    `failures     ${metrics.errors}, recovered ${metrics.recoveries}`,
    `trust        ${trustOf(metrics)}`,
    `checkpoints  ${metrics.checkpoints}${metrics.last_checkpoint === null ? '' : `, the last is number ${metrics.last_checkpoint}`}`,
    `directory    ${layout.root}`,
    ...opened.damage.map((damage) => `damage       ${damage}`),
    ...(next === null ? [] : [`next         ${next}`]),
    '',
  ];
  return lines.join('\n');
}

function trustOf({ agents }: Metrics): string {
  return Object.entries(agents)
    .map(([name, { trust, state }]) => `${name} ${trust}${state === 'benched' ? ' (gets no more work)' : ''}`)
    .join(', ');
}

function explained({ standing, foreignHost }: Life, { session, lastWall }: Opened): string {
  if (foreignHost !== null) return ` (owned by the host "${foreignHost}")`;
  if (standing === 'orphaned') return ` (its harness is gone; last sign of life ${lastWall ?? 'unknown'})`;
  if (standing === 'paused' && session.pauses[0] !== undefined) return ` (${session.pauses[0].text})`;
  if ('ending' in session.stage) return ` (${endingText(session.stage.ending)})`;
  return '';
}
