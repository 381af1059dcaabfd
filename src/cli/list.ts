// `mega-test list`: all sessions of a runs directory, the newest last.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Metrics } from '../report/metrics.ts';
import { sessionIds } from '../store/sessions.ts';
import { lifeOf, type Picked, pick } from './pick.ts';
import type { Flags } from './run-options.ts';

export async function list(flags: Flags): Promise<number> {
  const folder = resolve(String(flags.runsDir));
  const rows = [];
  for (const id of sessionIds(folder)) rows.push(await rowOf(pick(folder, id)));
  if (flags.json === true) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
  else if (rows.length === 0) process.stdout.write(`no sessions in ${folder}\n`);
  else {
    const width = Math.max(...rows.map(({ session }) => session.length));
    for (const row of rows) {
      const progress = row.progress === null ? '   ?' : `${Math.floor(row.progress * 100)}`.padStart(4);
      process.stdout.write(
        `${row.session.padEnd(width)}  ${row.status.padEnd(11)} ${progress} %  ${row.project ?? ''}  ${row.taken ?? ''}\n`,
      );
    }
  }
  return 0;
}

async function rowOf(picked: Picked) {
  const { standing } = await lifeOf(picked);
  const metrics = lastMetrics(picked);
  return {
    session: picked.id,
    status: standing,
    project: metrics?.project ?? null,
    progress: metrics?.progress ?? null,
    /** When these figures were taken. */
    taken: metrics?.wall ?? null,
    directory: picked.layout.root,
  };
}

/** The figures as last written: a list of a hundred sessions must not read a hundred journals. */
function lastMetrics({ layout }: Picked): Metrics | null {
  try {
    return JSON.parse(readFileSync(layout.metricsCurrent, 'utf8')) as Metrics;
  } catch {
    return null;
  }
}
