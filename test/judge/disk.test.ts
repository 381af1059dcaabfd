// What a judged command wrote is known when it has ended, however quick it was; caches that it fills are its own.
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type Bench, type Ran, runCommand } from '../../src/judge/command.ts';
import { scratch } from '../store/scratch.ts';
import { gate, judged } from './bench.ts';

const MB = 1_000_000;
const LIMIT = { diskBytes: 100 * MB };
/** Takes the room at once, where the file system can do that. */
const takes = (bytes: number, file: string) =>
  `{ fallocate -l ${bytes} ${file} || head -c ${bytes} /dev/zero > ${file}; }`;

function run(bench: Bench, script: string): Promise<Ran> {
  return runCommand(bench, {
    argv: ['sh', '-c', script],
    cwd: bench.project,
    network: 'open',
    fetches: true,
    maxMs: 60_000,
  });
}

test('a test that writes too much at once and ends well has failed, and what it wrote is gone', async () => {
  const scripts = { test: takes(300 * MB, 'grown'), lint: 'node lint.js' };
  const { gates, project } = await judged({ 'package.json': JSON.stringify({ scripts }), 'lint.js': '' }, LIMIT);
  const results = await gates(['test', 'lint']);
  expect(gate(results, 'test')).toMatchObject({ verdict: 'failed', reason: 'npm test wrote more than it may' });
  expect(existsSync(join(project, 'grown'))).toBe(false);
  expect(gate(results, 'lint').verdict).toBe('passed');
});

test('what a command fetches counts as well; what was there before stays', async () => {
  const { bench } = await judged({}, LIMIT);
  writeFileSync(join(bench.caches, 'before'), 'x');
  const grown = join(bench.caches, 'npm/grown');
  expect((await run(bench, takes(60 * MB, grown))).cut).toBe(null);
  const ran = await run(bench, `${takes(60 * MB, 'here')} && ${takes(60 * MB, `${grown}-2`)}`);
  expect(ran).toMatchObject({ cut: 'disk', exit: { code: 0 } });
  expect(['here', `${grown}-2`].map((file) => existsSync(join(bench.project, file)))).toEqual([false, false]);
  expect([existsSync(grown), existsSync(join(bench.caches, 'before'))]).toEqual([true, true]);
});

/** From here on each measuring of a folder takes an hour, and nothing else takes any time. */
function slowDisk(): void {
  const folder = scratch();
  const asked = join(folder, 'asked');
  appendFileSync(asked, '');
  mkdirSync(join(folder, 'bin'));
  const real = execFileSync('sh', ['-c', 'command -v du'], { encoding: 'utf8' }).trim();
  writeFileSync(join(folder, 'bin/du'), `#!/bin/sh\necho >> ${asked}\nexec ${real} "$@"\n`, { mode: 0o755 });
  vi.stubEnv('PATH', `${join(folder, 'bin')}:${process.env.PATH}`);
  vi.spyOn(performance, 'now').mockImplementation(() => 3_600_000 * readFileSync(asked).length);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });
}

test('the time of a command is its own, not that of measuring the folders', async () => {
  const { bench } = await judged({});
  slowDisk();
  expect(await run(bench, 'exit 3')).toMatchObject({ exit: { code: 3 }, durationMs: 0 });
  expect(performance.now()).toBeGreaterThanOrEqual(3_600_000);
});

test('where measuring takes long, free space says that it is needed at the end', async () => {
  const { bench } = await judged({}, LIMIT);
  slowDisk();
  expect((await run(bench, takes(300 * MB, 'grown'))).cut).toBe('disk');
});
