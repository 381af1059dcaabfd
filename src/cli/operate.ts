// Runs a session at the terminal: shows it while it runs, says how it ended and where its report lies.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { modelsOf } from '../config/models.ts';
import { again } from '../host/again.ts';
import type { FinalReport } from '../report/final.ts';
import { type Control, type Run, runSession } from '../runtime/run.ts';
import { serveControl } from '../server/control.ts';
import type { Layout } from '../store/layout.ts';
import { liveView } from './live.ts';
import type { Flags } from './run-options.ts';
import { changeOf, warningAbout } from './walls.ts';

/** Gives the session's exit code. */
export async function operate(run: Omit<Run, 'watch' | 'onAlert' | 'serve' | 'env'>, flags: Flags): Promise<number> {
  const { layout, opened, walls } = run;
  const quiet = flags.quiet === true || flags.json === true;
  const view = quiet ? null : liveView(process.stdout);
  if (!quiet) {
    const about = [warningAbout(walls), changeOf(opened.saved.confinement, walls)].filter((text) => text !== null);
    for (const text of [...opened.damage, ...about]) process.stderr.write(`mega-test: ${text}\n`);
    process.stdout.write(`session ${opened.saved.session} in ${shown(layout.root)} (tail -f ${shown(layout.log)})\n`);
  }
  const code = await runSession({
    ...run,
    env: process.env,
    watch: (control) => view?.watch(control) ?? (() => {}),
    onAlert: (text) => (view === null ? process.stderr.write(`mega-test: ${text}\n`) : view.line(text)),
    serve: (control) => serveControl(control, endpointPorts(control)),
  });
  view?.end();
  const report = readReport(layout);
  if (flags.json === true) process.stdout.write(`${JSON.stringify(outcome(layout, report, code), null, 2)}\n`);
  else if (!quiet) process.stdout.write(farewell(layout, opened.saved.session, report, code));
  return code;
}

/** Ports of configured endpoints, which must stay free for them. */
function endpointPorts({ parts }: Control): readonly number[] {
  const { endpoint: own } = parts.config.agent;
  const endpoints = [...modelsOf(parts.config).map(({ endpoint }) => endpoint), ...(own === undefined ? [] : [own])];
  return endpoints.map((endpoint) => {
    const url = new URL(endpoint);
    return Number(url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : url.port);
  });
}

function readReport(layout: Layout): FinalReport | null {
  try {
    return JSON.parse(again(() => readFileSync(layout.finalReport, 'utf8'))) as FinalReport;
  } catch {
    return null;
  }
}

function outcome(layout: Layout, report: FinalReport | null, code: number) {
  return {
    session: report?.session ?? null,
    directory: layout.root,
    status: report?.status ?? null,
    exit_code: code,
    verdict: report?.verdict ?? null,
    report: report === null ? null : layout.finalReport,
  };
}

function farewell(layout: Layout, id: string, report: FinalReport | null, code: number): string {
  const lines: string[] = [];
  const runs = layout.root.startsWith(process.cwd())
    ? ''
    : ` --runs-dir ${shown(layout.root.slice(0, -id.length - 1))}`;
  if (report === null) lines.push('the report could not be written; see session.log');
  else if (report.verdict !== null) lines.push(`verdict: ${report.verdict.critical} (${report.verdict.text})`);
  if (report !== null && report.status !== 'complete') {
    const { last_checkpoint: last, checkpoints } = report.metrics;
    lines.push(
      `${report.status}: ${report.ending}; saved in ${checkpoints} checkpoints${last === null ? '' : `, the last is number ${last}`}`,
    );
    lines.push(`go on with: mega-test resume ${id}${runs}`);
  }
  if (report !== null) lines.push(`report: ${shown(layout.report)} (data: ${shown(layout.finalReport)})`);
  lines.push(`exit code ${code}`, '');
  return lines.join('\n');
}

function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}
