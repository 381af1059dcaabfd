// A pid alone proves nothing: it may be somebody else's by now.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { startTicksOf, statOf } from '../../src/host/identity.ts';
import { MARKER, pidsWithMarker, residentBytes } from '../../src/host/processes.ts';
import { startGuard } from '../../src/process/guard.ts';
import { groupTree, killAll } from '../../src/process/tree.ts';
import { isRunning } from '../support/mega.ts';

test('a stranger that has our agent’s pid gets no signal; the agent itself does', async () => {
  const child = spawn('sleep', ['60'], { detached: true });
  const pid = child.pid ?? 0;
  const startTicks = startTicksOf(pid) ?? 0;
  const earlier = groupTree(pid, startTicks - 1, 'nobody.1');
  for (const rung of ['interrupt', 'terminate', 'kill'] as const) earlier.signal(rung);
  earlier.freeze();
  expect(isRunning(pid)).toBe(true);
  const exit = once(child, 'exit');
  groupTree(pid, startTicks, 'nobody.1').signal('kill');
  expect(await exit).toEqual([null, 'SIGKILL']);
});

/** Its first thread ends; another one says so and lives on. */
const HEADLESS = `
import ctypes, threading, time
def live():
    while " Z " not in open("/proc/self/stat").read():
        pass
    print("headless", flush=True)
    time.sleep(1000)
threading.Thread(target=live).start()
ctypes.CDLL(None).pthread_exit(None)
`;

async function headless(marker: string) {
  const env = { PATH: process.env.PATH ?? '', [MARKER]: marker };
  const child = spawn('python3', ['-c', HEADLESS], { detached: true, env, stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await Promise.race([once(child.stdout, 'data'), once(child, 'error')]);
  return child.pid === undefined ? null : { pid: child.pid, exit: once(child, 'exit') };
}

test.runIf(process.platform === 'linux')(
  'a process whose first thread has ended is found, measured and ended like any other',
  async (context) => {
    const marker = `headless-${process.pid}.1`;
    const found = await headless(marker);
    if (found === null) return context.skip('python3 is not installed');
    expect(pidsWithMarker(marker)).toEqual([found.pid]);
    expect(statOf(found.pid)?.state).not.toBe('Z');
    expect(residentBytes([found.pid])).toBeGreaterThan(1_000_000);
    killAll(() => pidsWithMarker(marker));
    expect(await found.exit).toEqual([null, 'SIGKILL']);
    expect(pidsWithMarker(marker)).toEqual([]);
  },
);

test.runIf(process.platform === 'linux')('the guard ends a process whose first thread has ended', async (context) => {
  const marker = `guarded-${process.pid}`;
  const found = await headless(`${marker}.1`);
  if (found === null) return context.skip('python3 is not installed');
  startGuard(marker, () => {}).release();
  expect(await found.exit).toEqual([null, 'SIGKILL']);
});
