// Starting: the help text, and a session with every durable file in place until its first agent runs.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { alternate, PROGRAM, ratio, run, scratch, timed, until } from './measure.js';

export async function help() {
  const times = await alternate(
    15,
    () => timed(() => run(process.execPath, [PROGRAM, '--help'])),
    () => timed(() => run(process.execPath, ['-e', '0'])),
  );
  return [ratio('`--help`', times, { peerName: 'node -e 0', goal: 2.5 })];
}

export async function start() {
  const folder = scratch();
  const times = await alternate(
    7,
    (round) => firstAgent(folder, `s${round}`),
    () =>
      timed(() => run(process.execPath, ['-e', "require('child_process').spawn('/bin/true').on('exit', () => {})"])),
  );
  return [ratio('start to the first agent', times, { peerName: 'node that spawns', goal: 8 })];
}

async function firstAgent(folder, id) {
  const began = performance.now();
  const child = spawn(
    process.execPath,
    [PROGRAM, 'run', '--agent', 'rehearsal', '--duration', '30s', '--session-id', id, '--quiet'],
    {
      cwd: folder,
      stdio: 'ignore',
    },
  );
  const journal = join(folder, 'test_runs', id, 'journal.ndjson');
  await until(() => existsSync(journal) && readFileSync(journal, 'latin1').includes('"type":"agent-started"'));
  const took = performance.now() - began;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
  return took;
}
