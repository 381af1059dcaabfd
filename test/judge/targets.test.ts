// The eight targets: a grade on each side of every number of the two tables, and unknown where nothing was measured.
import { expect, test } from 'vitest';
import { type Facts, measured, unknown } from '../../src/judge/facts.ts';
import { type Grade, judgeTargets, TARGETS } from '../../src/judge/targets.ts';
import { covered, GOOD, gatesWith, result } from './facts.ts';

function graded(name: string, change: Partial<Facts>): [number | null, Grade] {
  const found = judgeTargets({ ...GOOD, ...change }).find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no target ${name}`);
  return [found.value, found.grade];
}

test('the eight are there, four in each table, each with three limits', () => {
  expect(TARGETS).toHaveLength(8);
  for (const table of ['efficiency', 'quality']) expect(TARGETS.filter((one) => one.table === table)).toHaveLength(4);
  expect(judgeTargets(GOOD)[0]?.limits).toEqual(['excellent < 200', 'good < 300', 'target < 500']);
  expect(judgeTargets(GOOD)[4]?.limits).toEqual(['excellent >= 90', 'target >= 80', 'minimum >= 70']);
});

/** The last figure that earns a grade, the first that does not, and the grade after it. */
const EFFICIENCY = ['excellent', 'good', 'target', 'missed'] as const;
const QUALITY = ['excellent', 'target', 'minimum', 'missed'] as const;

test.each([
  ['Tokens/LOC', (value: number) => ({ tokens: measured(value * 1_000) }), [200, 300, 500], 0.001],
  ['Tool calls/task', (value: number) => ({ toolCalls: value * 1_000, tasksDone: 1_000 }), [20, 30, 50], 0.001],
  [
    'Time to compile',
    (value: number) => ({ gates: gatesWith(result('build', { figures: { durationMs: value * 1_000 } })) }),
    [60, 180, 300],
    0.001,
  ],
  [
    'Test execution',
    (value: number) => ({ gates: gatesWith(result('test', { figures: { durationMs: value * 1_000 } })) }),
    [120, 300, 600],
    0.001,
  ],
] as const)('%s: below each number is its grade, at it the next one', (name, change, limits, hair) => {
  limits.forEach((limit, at) => {
    expect(graded(name, change(limit - hair))[1]).toBe(EFFICIENCY[at]);
    expect(graded(name, change(limit))[1]).toBe(EFFICIENCY[at + 1]);
  });
});

const bugs = (count: number) =>
  Array.from({ length: count }, () => ({ severity: 'medium' as const, text: 'x', file: null, line: null }));

test('Bug density: below each number is its grade, at it the next one', () => {
  const density = (count: number) =>
    graded('Bug density', { lines: measured(100_000), gates: gatesWith(result('lint', { findings: bugs(count) })) });
  [100, 200, 500].forEach((count, at) => {
    expect(density(count - 1)[1]).toBe(QUALITY[at]);
    expect(density(count)).toEqual([count / 100, QUALITY[at + 1]]);
  });
});

test.each([
  ['Test coverage', 'coverage', [90, 80, 70]],
  ['Doc coverage', 'docs', [100, 80, 60]],
] as const)('%s: at each number is its grade, below it the next one', (name, gate, limits) => {
  limits.forEach((limit, at) => {
    expect(graded(name, { gates: gatesWith(covered(gate, limit * 100, 10_000)) })).toEqual([limit, QUALITY[at]]);
    expect(graded(name, { gates: gatesWith(covered(gate, limit * 100 - 1, 10_000)) })[1]).toBe(QUALITY[at + 1]);
  });
});

test('Recovery rate: at each number is its grade, below it the next one', () => {
  const rate = (recovered: number) => graded('Recovery rate', { recovery: { episodes: 1_000, recovered } })[1];
  [950, 900, 800].forEach((recovered, at) => {
    expect(rate(recovered)).toBe(QUALITY[at]);
    expect(rate(recovered - 1)).toBe(QUALITY[at + 1]);
  });
});

test.each([
  ['Tokens/LOC', { tokens: unknown('why') }],
  ['Tokens/LOC', { lines: measured(0) }],
  ['Tool calls/task', { tasksDone: 0 }],
  ['Time to compile', { gates: gatesWith(result('build', { verdict: 'failed' })) }],
  ['Test execution', { gates: null }],
  ['Test coverage', { gates: gatesWith(result('coverage', { verdict: 'inconclusive', figures: {} })) }],
  ['Doc coverage', { gates: gatesWith(covered('docs', 5), result('docs', { folder: 'web', figures: {} })) }],
  ['Bug density', { lines: unknown('why') }],
  ['Recovery rate', { recovery: { episodes: 0, recovered: 0 } }],
] as const)('%s is unknown, with a reason, when it was not measured', (name, change) => {
  expect(graded(name, change as Partial<Facts>)).toEqual([null, 'unknown']);
  expect(judgeTargets({ ...GOOD, ...(change as Partial<Facts>) }).find((one) => one.name === name)?.why).toMatch(/\S/);
});

test('each target changes its own line and no other', () => {
  const changes: readonly (readonly [string, Partial<Facts>])[] = [
    ['Tokens/LOC', { tokens: measured(400_000) }],
    ['Tool calls/task', { toolCalls: 400 }],
    ['Time to compile', { gates: gatesWith(result('build', { figures: { durationMs: 200_000 } })) }],
    ['Test execution', { gates: gatesWith(result('test', { figures: { durationMs: 400_000 } })) }],
    ['Test coverage', { gates: gatesWith(covered('coverage', 750)) }],
    ['Doc coverage', { gates: gatesWith(covered('docs', 700)) }],
    ['Bug density', { gates: gatesWith(result('lint', { findings: bugs(3) })) }],
    ['Recovery rate', { recovery: { episodes: 2, recovered: 1 } }],
  ];
  const before = judgeTargets(GOOD);
  for (const [name, change] of changes) {
    const after = judgeTargets({ ...GOOD, ...change });
    expect(after.filter(({ grade }, at) => grade !== before[at]?.grade).map((one) => one.name)).toEqual([name]);
  }
});
