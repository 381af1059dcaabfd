// The twelve criteria: each flips its own line and no other, at its exact boundary, and says inconclusive when unmeasured.
import { expect, test } from 'vitest';
import { CRITERIA, judgeCriteria } from '../../src/judge/criteria.ts';
import { type Facts, measured, unknown } from '../../src/judge/facts.ts';
import type { GateVerdict } from '../../src/judge/gate.ts';
import { covered, GOOD, gatesWith, result } from './facts.ts';

const NAMES = CRITERIA.map(({ name }) => name);

function verdictsOf(facts: Facts): Record<string, GateVerdict> {
  return Object.fromEntries(judgeCriteria(facts).map(({ name, verdict }) => [name, verdict]));
}

/** Only these lines differ from a session in which all is well. */
function flips(change: Partial<Facts>): Record<string, GateVerdict> {
  const verdicts = verdictsOf({ ...GOOD, ...change });
  return Object.fromEntries(Object.entries(verdicts).filter(([, verdict]) => verdict !== 'passed'));
}

test('when all is well all twelve pass, four of each tier', () => {
  expect(flips({})).toEqual({});
  expect(NAMES).toHaveLength(12);
  for (const tier of ['critical', 'important', 'bonus'])
    expect(CRITERIA.filter((one) => one.tier === tier)).toHaveLength(4);
});

const FAULTS: readonly (readonly [string, Partial<Facts>, Record<string, GateVerdict>])[] = [
  ['a fatal error', { ending: { is: 'fatal', text: 'gone' } }, { [NAMES[0] ?? '']: 'failed' }],
  ['a session that was cut short', { ending: { is: 'cut-short', text: 'TERM' } }, { [NAMES[0] ?? '']: 'inconclusive' }],
  [
    'a checkpoint that was not written',
    { checkpoints: { enabled: true, written: 8, failed: 1 } },
    { [NAMES[1] ?? '']: 'failed' },
  ],
  [
    'a checkpoint that cannot be restored',
    { drill: { proven: 8, bad: ['checkpoint 3: damaged'], left: 0 } },
    { [NAMES[1] ?? '']: 'failed' },
  ],
  ['no restore drill', { drill: null }, { [NAMES[1] ?? '']: 'inconclusive' }],
  ['a drill without an end', { drill: { proven: 8, bad: [], left: 1 } }, { [NAMES[1] ?? '']: 'inconclusive' }],
  [
    'no checkpoint at all',
    { checkpoints: { enabled: true, written: 0, failed: 0 }, drill: { proven: 0, bad: [], left: 0 } },
    { [NAMES[1] ?? '']: 'failed' },
  ],
  [
    'checkpoints switched off',
    { checkpoints: { enabled: false, written: 0, failed: 0 } },
    { [NAMES[1] ?? '']: 'inconclusive' },
  ],
  ['a failing test', { gates: gatesWith(result('test', { verdict: 'failed' })) }, { [NAMES[2] ?? '']: 'failed' }],
  [
    'code that does not build',
    { gates: gatesWith(result('build', { verdict: 'failed' })) },
    { [NAMES[2] ?? '']: 'failed' },
  ],
  [
    'tests that could not be run',
    { gates: gatesWith(result('test', { verdict: 'inconclusive' })) },
    { [NAMES[2] ?? '']: 'inconclusive' },
  ],
  [
    'one of two projects that fails',
    { gates: [...(GOOD.gates ?? []), result('test', { verdict: 'failed', folder: 'web' })] },
    { [NAMES[2] ?? '']: 'failed' },
  ],
  ['no failure to recover from', { recovery: { episodes: 0, recovered: 0 } }, { [NAMES[3] ?? '']: 'inconclusive' }],
  ['a failure without recovery', { recovery: { episodes: 1, recovered: 0 } }, { [NAMES[3] ?? '']: 'failed' }],
  [
    '79.9 % coverage',
    { gates: gatesWith(covered('coverage', 799)) },
    { [NAMES[4] ?? '']: 'failed', [NAMES[8] ?? '']: 'failed' },
  ],
  ['80 % coverage', { gates: gatesWith(covered('coverage', 800)) }, { [NAMES[8] ?? '']: 'failed' }],
  ['89.9 % coverage', { gates: gatesWith(covered('coverage', 899)) }, { [NAMES[8] ?? '']: 'failed' }],
  ['90 % coverage', { gates: gatesWith(covered('coverage', 900)) }, {}],
  [
    'coverage that was not measured',
    { gates: gatesWith(result('coverage', { verdict: 'inconclusive' })) },
    { [NAMES[4] ?? '']: 'inconclusive', [NAMES[8] ?? '']: 'inconclusive' },
  ],
  [
    'a critical bug',
    { gates: gatesWith(result('lint', { findings: [{ severity: 'critical', text: 'x', file: null, line: null }] })) },
    { [NAMES[5] ?? '']: 'failed' },
  ],
  [
    'a high bug',
    { gates: gatesWith(result('lint', { findings: [{ severity: 'high', text: 'x', file: null, line: null }] })) },
    {},
  ],
  [
    'more high bugs than the configuration allows',
    {
      mostBugs: { critical: 0, high: 0, medium: null },
      gates: gatesWith(result('lint', { findings: [{ severity: 'high', text: 'x', file: null, line: null }] })),
    },
    { [NAMES[5] ?? '']: 'failed' },
  ],
  [
    'as many critical bugs as the configuration allows',
    {
      mostBugs: { critical: 1, high: null, medium: null },
      gates: gatesWith(result('lint', { findings: [{ severity: 'critical', text: 'x', file: null, line: null }] })),
    },
    {},
  ],
  [
    'a build time at 120 % of its target',
    { performance: [{ name: 'b', unit: 's', target: 100, measured: measured(120) }] },
    {},
  ],
  [
    'a build time just above 120 %',
    { performance: [{ name: 'b', unit: 's', target: 100, measured: measured(120.01) }] },
    { [NAMES[6] ?? '']: 'failed' },
  ],
  [
    'a performance that was not measured',
    { performance: [{ name: 'b', unit: 's', target: 100, measured: unknown('why') }] },
    { [NAMES[6] ?? '']: 'inconclusive' },
  ],
  ['no performance target', { performance: [] }, { [NAMES[6] ?? '']: 'inconclusive' }],
  [
    'a secret in a file',
    { gates: gatesWith(result('secrets', { verdict: 'failed' })) },
    { [NAMES[7] ?? '']: 'failed' },
  ],
  ['a bad advisory', { gates: gatesWith(result('security', { verdict: 'failed' })) }, { [NAMES[7] ?? '']: 'failed' }],
  [
    'an audit that is not installed',
    { gates: gatesWith(result('security', { verdict: 'inconclusive' })) },
    { [NAMES[7] ?? '']: 'inconclusive' },
  ],
  ['a person who helped', { interventions: 1 }, { [NAMES[9] ?? '']: 'failed' }],
  ['the last token of the budget', { tokens: measured(5_000_000) }, { [NAMES[10] ?? '']: 'failed' }],
  ['one token less than the budget', { tokens: measured(4_999_999) }, {}],
  ['tokens nobody told', { tokens: unknown('no agent told') }, { [NAMES[10] ?? '']: 'inconclusive' }],
  ['no budget', { tokenBudget: null }, { [NAMES[10] ?? '']: 'inconclusive' }],
  ['trust of exactly 0.8', { trust: { coder: 0.8, tester: 1 } }, { [NAMES[11] ?? '']: 'failed' }],
  ['trust just above 0.8', { trust: { coder: 0.801 } }, {}],
  ['trust that is not kept', { trust: {} }, { [NAMES[11] ?? '']: 'inconclusive' }],
];

test.each(FAULTS)('%s flips its own lines and no other', (_, change, expected) => {
  expect(flips(change)).toEqual(expected);
});

test('every criterion is failed by one of these faults, and held inconclusive by another or by nothing judged', () => {
  for (const verdict of ['failed', 'inconclusive'] as const) {
    const flipped = new Set(
      FAULTS.flatMap(([, change]) =>
        Object.entries(flips(change))
          .filter(([, one]) => one === verdict)
          .map(([name]) => name),
      ),
    );
    const never = verdict === 'failed' ? [] : ['All critical bugs fixed', 'Zero manual interventions'];
    expect(NAMES.filter((name) => !flipped.has(name))).toEqual(never);
  }
});

test('of a session that was not judged nothing about its code is passed', () => {
  const verdicts = verdictsOf({ ...GOOD, gates: null });
  for (const at of [2, 4, 5, 7, 8]) expect(verdicts[NAMES[at] ?? '']).toBe('inconclusive');
});

test('evidence is a sentence, never empty', () => {
  for (const [, change] of FAULTS)
    for (const { evidence } of judgeCriteria({ ...GOOD, ...change })) expect(evidence).toMatch(/\S/);
});
