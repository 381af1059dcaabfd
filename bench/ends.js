// Simulated nights a second, and the slowest graceful stop with an agent that refuses every signal.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROGRAM, ROOT, scratch, show, until } from './measure.js';

export async function nights() {
  execFileSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.sim.json'], { cwd: ROOT });
  const said = execFileSync(process.execPath, ['build/sim/main.js', '--seed', '1', '--count', '40'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const [, ran, events, rate] =
    /(\d+) nights from seed \d+, (\d+) events, .* ([\d.]+) nights a second/.exec(said) ?? [];
  const note = `${Math.round(Number(events) / Number(ran))} events a night, every invariant after every event`;
  return [{ what: 'simulated nights', ours: `${rate} a second`, peer: '-', value: Number(rate), atLeast: 40, note }];
}

const STOPS = 50;
const DEAF =
  'pace_ms = 40\n[[act]]\nturn = 1\ndo = "refuse-signals"\n[[act]]\nturn = 1\nafter_tools = 1\ndo = "hang"\n';

export async function stop() {
  const folder = scratch();
  writeFileSync(join(folder, 'deaf.toml'), DEAF);
  const times = [];
  for (let n = 0; n < STOPS; n++) {
    const id = `d${n}`;
    const child = spawn(
      process.execPath,
      [
        PROGRAM,
        'run',
        '--agent',
        'rehearsal',
        '--scenario',
        join(folder, 'deaf.toml'),
        '--duration',
        '60s',
        '--agents',
        '1',
        '--session-id',
        id,
        '--quiet',
      ],
      { cwd: folder, stdio: 'ignore' },
    );
    const journal = join(folder, 'test_runs', id, 'journal.ndjson');
    await until(() => existsSync(journal) && readFileSync(journal, 'latin1').includes('"type":"agent-stepped"'));
    const began = performance.now();
    child.kill('SIGTERM');
    await new Promise((resolve) => child.once('exit', resolve));
    times.push((performance.now() - began) / 1_000);
  }
  const slowest = Math.max(...times);
  return [
    {
      what: 'graceful stop, an agent that refuses every signal',
      ours: `${show(slowest)} s at most of ${STOPS}`,
      peer: '-',
      value: slowest,
      atMost: 7,
      note: '',
    },
  ];
}
