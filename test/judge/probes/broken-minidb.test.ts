// Bugs planted into the rehearsed database: the checks that look at them fail for that reason, and no others.
import { expect, test } from 'vitest';
import { BROKEN } from '../../fixtures/probes/broken.ts';
import { component, probed, wrongsOf } from './probing.ts';

test.each(BROKEN.database.map((one) => [one.component, Object.keys(one.wrongs).join(', '), one] as const))(
  '%s fails at: %s',
  async (id, _, { bugs, wrongs }) => {
    const line = component(await probed({ type: 'database', rehearsed: true, bugs, only: [id] }), id);
    expect(wrongsOf(line, Object.keys(wrongs))).toEqual(
      Object.fromEntries(Object.entries(wrongs).map(([name, wrong]) => [name, expect.stringMatching(wrong)])),
    );
    expect(line).toMatchObject({ verdict: 'failed', findings: [{ severity: 'critical' }] });
  },
  200_000,
);
