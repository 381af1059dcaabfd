// The program that asks the built one: it runs behind the same walls, in the same closed network, and writes what it saw.
import { renameSync, writeFileSync } from 'node:fs';
import { type Checked, JOB, type Job, type ProbedType, type Told } from '../words.ts';
import { type Check, type Suite, Wrong, within } from './check.ts';
import { seenPeak } from './memory.ts';
import { MESH_BALANCER } from './mesh-balancer.ts';
import { MESH_BREAKER } from './mesh-breaker.ts';
import { MESH_DASHBOARD } from './mesh-dashboard.ts';
import { MESH_DISCOVERY } from './mesh-discovery.ts';
import { MESH_TRACING } from './mesh-tracing.ts';
import { QUEUE_DASHBOARD } from './queue-dashboard.ts';
import { QUEUE_POOL } from './queue-pool.ts';
import { QUEUE_SERVER } from './queue-server.ts';
import { QUEUE_TOOL } from './queue-tool.ts';
import { SQL_LOG } from './sql-log.ts';
import { SQL_STATEMENTS } from './sql-statements.ts';
import { SQL_TOOL } from './sql-tool.ts';
import { SQL_TRANSACTIONS } from './sql-transactions.ts';
import { SQL_TREE } from './sql-tree.ts';
import { openStage, type Stage } from './stage.ts';

const SUITES: Readonly<Record<ProbedType, readonly Suite[]>> = {
  task_queue: [QUEUE_SERVER, QUEUE_POOL, QUEUE_DASHBOARD, QUEUE_TOOL],
  database: [SQL_TREE, SQL_STATEMENTS, SQL_TRANSACTIONS, SQL_LOG, SQL_TOOL],
  microservices: [MESH_DISCOVERY, MESH_BALANCER, MESH_BREAKER, MESH_TRACING, MESH_DASHBOARD],
};

/** For one check; most take less than a second. */
const CHECK_MS = 90_000;

// What a check leaves behind must not end the others.
process.on('unhandledRejection', () => {});

const job = JOB.parse(JSON.parse(process.argv[2] ?? ''));
await probe(job);
process.exit(0);

async function probe(job: Job): Promise<void> {
  const suites = SUITES[job.type].filter(({ component }) => job.components.includes(component));
  const checked: Checked[] = suites.flatMap(({ component, checks }) =>
    checks.map(({ name }) => ({
      component,
      name,
      verdict: 'inconclusive' as const,
      text: 'it was not reached in time',
    })),
  );
  const startFailure = await trial(job);
  const tell = () => write(job.report, { startFailure, checked, peakBytes: seenPeak() });
  tell();
  if (startFailure !== null) return;
  for (const { component, checks } of suites) {
    const { stage, endCheck, endAll } = openStage(job);
    for (const check of checks) {
      const answer = await ask(check, stage);
      const place = checked.findIndex((one) => one.component === component && one.name === check.name);
      checked[place] = { component, name: check.name, ...answer };
      endCheck();
      tell();
    }
    endAll();
    tell();
  }
}

/** Why it does not start; a program that does not is asked nothing else. */
async function trial(job: Job): Promise<string | null> {
  const { stage, endAll } = openStage(job);
  try {
    await stage.start();
    return null;
  } catch (error) {
    return (error as Error).message.slice(0, 1_000);
  } finally {
    endAll();
  }
}

async function ask(check: Check, stage: Stage): Promise<Pick<Checked, 'verdict' | 'text'>> {
  try {
    await within(CHECK_MS, check.name, check.run(stage));
    return { verdict: 'passed', text: '' };
  } catch (error) {
    const text = (error as Error).message.slice(0, 1_000);
    // Only a promise that was broken is the program's fault.
    return error instanceof Wrong ? { verdict: 'failed', text } : { verdict: 'inconclusive', text };
  }
}

function write(report: string, told: Told): void {
  writeFileSync(`${report}.new`, JSON.stringify(told));
  renameSync(`${report}.new`, report);
}
