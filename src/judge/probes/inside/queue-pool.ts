// RedQueue's worker pool from outside: each job once, so many at a time, failures again, and a soft end.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { holds, type Suite, same, until } from './check.ts';
import { client, isId } from './queue-server.ts';
import { TOOL } from './queue-tool.ts';
import type { Stage } from './stage.ts';

export const QUEUE_POOL: Suite = {
  component: 'worker-pool',
  checks: [
    { name: 'six jobs are run once each, three at a time', run: concurrent },
    { name: 'a failing job is tried again, then dead', run: failing },
    { name: 'a long job is run once', run: long },
    { name: 'SIGTERM lets the running job finish', run: stopped },
  ],
};

const POOL_MS = 45_000;

/**
 * What is run for a job: it writes down its start and its end. `waits` says for what in between: for so many starts
 * (or three seconds), for so many milliseconds, or for a file.
 */
const WORKER = `
const fs = require('node:fs');
const [log, waits, exit] = process.argv.slice(1);
const payload = fs.readFileSync(0, 'utf8');
const note = (what) => fs.appendFileSync(log, JSON.stringify({ what, payload, attempt: process.env.REDQUEUE_ATTEMPT }) + '\\n');
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
note('start');
(async () => {
  const [kind, value] = waits.split('=');
  const starts = () => fs.readFileSync(log, 'utf8').split('\\n').filter((line) => line.includes('"start"')).length;
  if (kind === 'starts') for (let left = 300; left > 0 && starts() < Number(value); left--) await pause(10);
  if (kind === 'ms') await pause(Number(value));
  if (kind === 'file') for (let left = 3000; left > 0 && !fs.existsSync(value); left--) await pause(10);
  if (kind === 'starts') await pause(150);
  note('end');
  process.exit(Number(exit));
})();
`;

interface Noted {
  readonly what: 'start' | 'end';
  readonly payload: string;
  readonly attempt: string | undefined;
}

function worker(stage: Stage, waits: string, exit = 0) {
  const log = join(stage.folder(), 'log');
  writeFileSync(log, '');
  const argv = ['--', process.execPath, '-e', WORKER, log, waits, `${exit}`];
  const notes = () =>
    readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Noted);
  return { argv, notes };
}

async function concurrent(stage: Stage): Promise<void> {
  const { port } = await stage.shared();
  const { ask } = await client(stage);
  const queue = stage.name('pool');
  const payloads = [1, 2, 3, 4, 5, 6].map((number) => `job ${number}`);
  for (const payload of payloads) isId(await ask('ENQUEUE', queue, payload));
  const { argv, notes } = worker(stage, 'starts=3');
  const words = ['work', queue, '--concurrency', '3', '--drain', ...argv];
  const { code, errors } = await stage.tool(TOOL, words, { env: { PORT: `${port}` }, limitMs: POOL_MS });
  same(`exit code of the pool (${errors.trim().slice(-100)})`, code, 0);
  const started = notes().filter(({ what }) => what === 'start');
  same('payloads of the programs that ran', started.map(({ payload }) => payload).sort(), payloads);
  let running = 0;
  const most = notes().map(({ what }) => (running += what === 'start' ? 1 : -1));
  same('most programs at the same time', Math.max(...most), 3);
  same('waiting jobs afterwards', await ask('QLEN', queue), 0);
}

async function failing(stage: Stage): Promise<void> {
  const { port } = await stage.shared();
  const { ask } = await client(stage);
  const queue = stage.name('pool');
  const id = isId(await ask('ENQUEUE', queue, 'bad', 'RETRIES', '1'));
  const { argv, notes } = worker(stage, 'ms=0', 1);
  const words = ['work', queue, '--retry-delay', '0', '--drain', ...argv];
  await stage.tool(TOOL, words, { env: { PORT: `${port}` }, limitMs: POOL_MS });
  const attempts = notes()
    .filter(({ what }) => what === 'start')
    .map(({ attempt }) => attempt);
  same('REDQUEUE_ATTEMPT of each run', attempts, ['1', '2']);
  same('DEADLETTERS afterwards', await ask('DEADLETTERS', queue), [[id, 'bad', 2]]);
}

async function long(stage: Stage): Promise<void> {
  const { port } = await stage.shared();
  const { ask } = await client(stage);
  const queue = stage.name('pool');
  // One retry: enough to be seen running twice.
  isId(await ask('ENQUEUE', queue, 'long', 'RETRIES', '1'));
  const { argv, notes } = worker(stage, 'ms=6000');
  const words = ['work', queue, '--timeout', '2000', '--drain', ...argv];
  const { code } = await stage.tool(TOOL, words, { env: { PORT: `${port}` }, limitMs: POOL_MS });
  same('exit code of the pool', code, 0);
  same(
    'what a job of three times its time-out did',
    notes().map(({ what }) => what),
    ['start', 'end'],
  );
}

async function stopped(stage: Stage): Promise<void> {
  const { port } = await stage.shared();
  const { ask } = await client(stage);
  const queue = stage.name('pool');
  const id = isId(await ask('ENQUEUE', queue, 'first'));
  isId(await ask('ENQUEUE', queue, 'second'));
  const go = join(stage.folder(), 'go');
  const { argv, notes } = worker(stage, `file=${go}`);
  const words = ['work', queue, '--concurrency', '1', ...argv];
  const pool = stage.startTool(TOOL, words, { env: { PORT: `${port}` }, limitMs: POOL_MS });
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  pool.ended.then(over, over);
  const begun = async () => notes().length > 0 || isOver;
  await until(POOL_MS / 2, 'whether a program was started', begun, (answer) => answer);
  holds(notes().length > 0, 'the pool ended before it ran a program');
  pool.signal('SIGTERM');
  holds(!existsSync(go), 'the file that lets it go on is there already');
  writeFileSync(go, '');
  same('exit code of the pool after SIGTERM', (await pool.ended).code, 0);
  same(
    'what ran',
    notes().map(({ what, payload }) => `${what} ${payload}`),
    ['start first', 'end first'],
  );
  same('jobs that are left', await ask('QLEN', queue), 1);
  const reply = await ask('JOB', id);
  holds(reply !== null && typeof reply === 'object' && 'error' in reply, 'the job that finished is still there');
}
