// The rehearsed projects keep what the specifications promise: every component passes, with each check told.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { component, probed, probedWithFigures, wrongsOf } from './probing.ts';

test.each([
  ['task_queue', 24],
  ['database', 25],
  ['microservices', 23],
] as const)(
  'every component of the rehearsed %s passes all its checks',
  async (type, checks) => {
    const { lines, memory } = await probedWithFigures({ type, rehearsed: true });
    const bad = lines.filter(({ verdict }) => verdict !== 'passed');
    expect(bad.map(({ component, reason }) => `${component}: ${reason}`)).toEqual([]);
    expect(lines.flatMap(({ evidence }) => evidence)).toHaveLength(checks);
    expect(lines.flatMap(({ findings }) => findings)).toEqual([]);
    // A Node program takes some tens of MB; nothing else of the bench is counted in.
    expect(memory.value).toBeGreaterThan(20e6);
    expect(memory.value).toBeLessThan(400e6);
  },
  300_000,
);

const SMALL = 'test/fixtures/probes/small-redqueue';

test('a program that was written another way passes where it keeps its promises, and fails where it has nothing', async () => {
  const names = ['mega_test.toml', 'main.mjs'];
  const files = Object.fromEntries(names.map((name) => [name, readFileSync(`${SMALL}/${name}`, 'utf8')]));
  const lines = await probed({ type: 'task_queue', files });
  const server = component(lines, 'resp-server');
  expect(server.evidence).toHaveLength(9);
  expect(wrongsOf(server, ['RESERVE with WAIT'])).toEqual({
    'RESERVE with WAIT': expect.stringMatching(/WAIT 300 answered nil after \d+ ms$/),
  });
  expect(component(lines, 'dashboard').reason).toBe('3 of 3 checks passed');
  expect(component(lines, 'worker-pool').reason).toMatch(/it cannot be started: .*ENOENT/);
  expect(component(lines, 'cli')).toMatchObject({ verdict: 'failed', reason: expect.stringMatching(/ENOENT/) });
  expect(component(lines, 'docker').reason).toMatch(/there is no Dockerfile/);
  expect(lines.flatMap(({ findings }) => findings)).toHaveLength(4);
}, 100_000);
