// A small run of the outside oracle: real sessions, killed and damaged, looked at by a program that shares no code.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';

async function oracle(...args: readonly string[]): Promise<{ readonly code: number; readonly said: string }> {
  const child = spawn(process.execPath, ['oracle/main.js', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
  });
  const [code] = (await once(child, 'close')) as [number];
  console.log(said.trim());
  return { code, said };
}

test.concurrent.each([
  ['kill -9 at random moments', ['--only', 'kills', '--kills', '6', '--seed', '7'], '6 kills'],
  ['system calls that fail', ['--only', 'syscalls', '--syscalls', '6', '--seed', '3'], 'strace'],
  ['files that are damaged', ['--only', 'damage', '--damage', '14', '--seed', '5'], '14 damages'],
  ['a disk that fills up', ['--only', 'tmpfs', '--tmpfs', '1'], 'tmpfs'],
  ['token totals over forced stops', ['--only', 'totals', '--totals', '6', '--seed', '2'], '6 stops'],
  ['a clock that is set', ['--only', 'clock'], 'wall clock'],
] as const)('%s: nothing that was promised is broken', { timeout: 300_000 }, async (_, args, done) => {
  const { code, said } = await oracle(...args);
  expect(said).toContain(done);
  expect(code, said).toBe(0);
});
