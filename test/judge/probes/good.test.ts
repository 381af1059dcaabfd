// The rehearsed projects keep what the specifications promise: every component passes, with each check told.
import { expect, test } from 'vitest';
import { probed } from './probing.ts';

test.each([
  ['task_queue', 22],
  ['database', 25],
  ['microservices', 23],
] as const)(
  'every component of the rehearsed %s passes all its checks',
  async (type, checks) => {
    const lines = await probed({ type, rehearsed: true });
    const bad = lines.filter(({ verdict }) => verdict !== 'passed');
    expect(bad.map(({ component, reason }) => `${component}: ${reason}`)).toEqual([]);
    expect(lines.flatMap(({ evidence }) => evidence)).toHaveLength(checks);
    expect(lines.flatMap(({ findings }) => findings)).toEqual([]);
  },
  300_000,
);
