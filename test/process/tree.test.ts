// A pid alone proves nothing: it may be somebody else's by now.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { startTicksOf } from '../../src/host/identity.ts';
import { groupTree } from '../../src/process/tree.ts';
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
