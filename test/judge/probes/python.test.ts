// The projects written in Python from their specifications alone: they pass, and with bugs they fail where the bug is.
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { type BrokenPython, REDQUEUE } from '../../fixtures/probes/broken-python.ts';
import { LATE, MESH } from '../../fixtures/probes/broken-python-mesh.ts';
import { MINIDB } from '../../fixtures/probes/broken-python-minidb.ts';
import { component, probed, wrongsOf } from './probing.ts';

const FOLDERS = {
  task_queue: 'test/fixtures/probes/python/redqueue',
  database: 'test/fixtures/probes/python/minidb',
  microservices: 'test/fixtures/probes/python/servicemesh',
} as const;
type Type = keyof typeof FOLDERS;
const HAS_PYTHON = spawnSync('python3', ['-c', 'import tomllib']).status === 0;
/** Every bug, and all components of each program: minutes. */
const ALL = process.env.PROBES === 'all';

test.skipIf(!HAS_PYTHON).each(Object.keys(FOLDERS) as Type[])(
  'every component of the %s passes all its checks',
  async (type) => {
    // The worker pool is asked for long: usually of the rehearsed program only.
    const some = type === 'task_queue' && !ALL ? { only: ['resp-server', 'dashboard', 'cli', 'docker'] } : {};
    const lines = await probed({ type, from: FOLDERS[type], ...some });
    const bad = lines.filter(({ verdict }) => verdict !== 'passed');
    expect(bad.map(({ component, evidence }) => `${component}: ${evidence.join('; ')}`)).toEqual([]);
  },
  300_000,
);

test.skipIf(!HAS_PYTHON)(
  'a mesh that knows of a result shortly after the answer passes as well',
  async () => {
    const only = ['breaker', 'tracing', 'dashboard'];
    const lines = await probed({ type: 'microservices', from: FOLDERS.microservices, bugs: LATE, only });
    expect(lines.map(({ component, verdict, reason }) => [component, verdict, reason])).toEqual(
      only.map((id) => [id, 'passed', '4 of 4 checks passed']),
    );
  },
  200_000,
);

const often = (list: readonly BrokenPython[], type: Type) =>
  list.filter((one) => ALL || one.often === true).map((one) => [one.component, one.name, type, one] as const);

test
  .skipIf(!HAS_PYTHON)
  .each([...often(REDQUEUE, 'task_queue'), ...often(MINIDB, 'database'), ...often(MESH, 'microservices')])(
  '%s fails where %s',
  async (id, _, type, { bugs, wrongs }) => {
    const lines = await probed({ type, from: FOLDERS[type], bugs, ...(ALL ? {} : { only: [id] }) });
    const line = component(lines, id);
    expect(wrongsOf(line, Object.keys(wrongs))).toEqual(
      Object.fromEntries(Object.entries(wrongs).map(([name, wrong]) => [name, expect.stringMatching(wrong)])),
    );
    expect(line).toMatchObject({ verdict: 'failed', findings: [{ severity: 'critical' }] });
    const others = lines.filter((one) => one !== line && one.verdict !== 'passed');
    expect(others.map(({ component, reason }) => `${component}: ${reason}`)).toEqual([]);
  },
  300_000,
);
