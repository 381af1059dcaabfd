// Two million lines, written one by one: into a file that is followed, beside execa's line iteration and tee.
import { spawn } from 'node:child_process';
import { closeSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { Tail } from '../dist/process/tail.js';
import { alternate, ratio, run, scratch, timed } from './measure.js';

const LINES = 2_000_000;
const WRITER = ['-e', `syswrite(STDOUT, "line $_ of an agent that says something\\n") for 1..${LINES}`];

export async function output() {
  const folder = scratch();
  let lost = 0;
  const ours = () =>
    timed(() => followed(join(folder, `out-${Math.random()}`)).then(({ seen, size }) => (lost += size - seen)));
  const byExeca = await alternate(3, ours, () => timed(lines));
  const byTee = await alternate(3, ours, () =>
    timed(() =>
      run('sh', ['-c', `perl ${WRITER.map((word) => `'${word}'`).join(' ')} | tee ${folder}/tee >/dev/null`]),
    ),
  );
  const rssMb = Math.round(process.memoryUsage().rss / 1e6);
  const note = `${lost} bytes lost; ${rssMb} MB resident, execa’s own share included`;
  return [
    ratio('2 M lines of output', byExeca, { peerName: 'execa, line by line', goal: 0.3, note }),
    ratio('2 M lines of output', byTee, { peerName: 'tee', goal: 0.75 }),
  ];
}

async function followed(path) {
  let seen = 0;
  const file = openSync(path, 'a');
  const tail = new Tail(path, 1e12, (chunk) => {
    seen += chunk.length;
  });
  const child = spawn('perl', WRITER, { stdio: ['ignore', file, 'ignore'] });
  closeSync(file);
  await new Promise((resolve) => child.once('exit', resolve));
  tail.close();
  return { seen, size: statSync(path).size };
}

async function lines() {
  let count = 0;
  for await (const _ of execa('perl', WRITER, { buffer: false })) count++;
  if (count !== LINES) throw new Error(`execa gave ${count} lines`);
}
