// How results become verdicts: missing tools are no failures, silence is no success, and the session's verdict follows.
import { expect, test } from 'vitest';
import type { Ran } from '../../src/judge/command.ts';
import { judgeCriteria } from '../../src/judge/criteria.ts';
import { criticalVerdict } from '../../src/judge/critical.ts';
import type { Facts } from '../../src/judge/facts.ts';
import { libtestText } from '../../src/judge/readers/rust-tests.ts';
import { coverageReaches, decisiveLines, isSafe, lints, missingTool, testsPass } from '../../src/judge/readings.ts';
import { GOOD, gatesWith, result } from './facts.ts';

function ran(overrides: Partial<Ran> = {}): Ran {
  return {
    argv: ['cargo', 'test'],
    shown: 'cargo test',
    exit: { code: 0, signal: null },
    cut: null,
    output: '',
    errors: '',
    report: null,
    replaced: [],
    durationMs: 1,
    peakBytes: 0,
    ...overrides,
  };
}

test.each([
  [{ exit: null, errors: 'ENOENT' }, 'cargo'],
  [
    { argv: ['python3', '-m', 'pytest'], exit: { code: 1, signal: null }, errors: 'No module named pytest\n' },
    'pytest',
  ],
  [
    { argv: ['cargo', 'clippy'], exit: { code: 101, signal: null }, errors: 'error: no such command: `clippy`\n' },
    'clippy',
  ],
  // A module that the project itself misses is its own failure.
  [{ argv: ['python3', '-m', 'pytest'], exit: { code: 1, signal: null }, errors: "No module named 'shelf'\n" }, null],
  [
    {
      argv: ['python3', '-m', 'pytest'],
      exit: { code: 1, signal: null },
      output: '1 failed',
      errors: 'No module named pytest\n',
    },
    null,
  ],
  [{ exit: { code: 1, signal: null } }, null],
  [{ errors: 'No module named cargo' }, null],
] as const)('%j: missing is %s', (overrides, missing) => {
  expect(missingTool(ran(overrides))).toBe(missing);
});

const OK = 'running 2 tests\ntest result: ok. 2 passed; 0 failed; 0 ignored\n';

test.each([
  ['tests that passed', { output: OK }, 'passed'],
  ['a good exit code alone', {}, 'inconclusive'],
  ['good words and a bad exit code', { output: OK, exit: { code: 101, signal: null } }, 'failed'],
  ['bad words and a good exit code', { output: OK.replace('0 failed', '1 failed') }, 'failed'],
  ['no tests', { output: 'running 0 tests\ntest result: ok. 0 passed; 0 failed; 0 ignored\n' }, 'failed'],
  ['a program that ended early', { output: 'running 2 tests\n' }, 'failed'],
  ['an end by signal', { output: OK, exit: { code: null, signal: 'SIGSEGV' } }, 'failed'],
] as const)('%s: %s', (_, overrides, verdict) => {
  expect(testsPass(ran(overrides), [libtestText]).verdict).toBe(verdict);
});

test('coverage that was not written is inconclusive, and files that are missing in it count as not covered', () => {
  const rules = { counts: (path: string) => !path.includes('test'), least: 0.8 };
  expect(coverageReaches(ran(), { ...rules, expected: new Map() })).toMatchObject({ verdict: 'inconclusive' });
  const report = 'TN:\nSF:src/a.js\nDA:1,1\nDA:2,1\nend_of_record\nSF:test/a.js\nDA:1,0\nend_of_record\n';
  expect(coverageReaches(ran({ report }), { ...rules, expected: new Map([['src/a.js', 2]]) })).toMatchObject({
    verdict: 'passed',
    figures: { covered: 2, total: 2 },
  });
  expect(coverageReaches(ran({ report }), { ...rules, expected: new Map([['src/b.js', 2]]) })).toMatchObject({
    verdict: 'failed',
    figures: { covered: 2, total: 4 },
  });
});

test('warnings are counted and do not fail; errors do, and so does an exit code without any', () => {
  const finding = (severity: 'medium' | 'low') => ({ severity, text: 'x', file: 'a', line: 1 });
  expect(lints(ran(), [finding('low')]).verdict).toBe('passed');
  expect(lints(ran(), [finding('medium')]).verdict).toBe('failed');
  expect(lints(ran({ exit: { code: 1, signal: null }, errors: 'error: bad\n' }), [])).toMatchObject({
    verdict: 'failed',
    findings: [{ severity: 'medium', text: 'lint: error: bad' }],
  });
});

test('advisories: none is safe, a moderate one is told, a high one fails, no answer is inconclusive', () => {
  const advisory = (severity: 'high' | 'medium') => ({ severity, package: 'p', text: 't' });
  expect(isSafe(ran(), []).verdict).toBe('passed');
  expect(isSafe(ran(), [advisory('medium')])).toMatchObject({ verdict: 'passed', figures: { findings: 1 } });
  expect(isSafe(ran(), [advisory('high')]).verdict).toBe('failed');
  expect(isSafe(ran(), null).verdict).toBe('inconclusive');
});

test('decisive lines are those that name an error, cleaned of what a terminal would act on', () => {
  const output = `${'fine\n'.repeat(50)}\u001b[31merror: it broke\u001b[0m\nfine\n`;
  expect(decisiveLines({ output, errors: '' })).toEqual(['error: it broke']);
  expect(decisiveLines({ output: 'a\nb\nc\nd\ne\n', errors: '' })).toEqual(['b', 'c', 'd', 'e']);
});

test.each<readonly [string, Partial<Facts>, string, string]>([
  ['all is well', {}, 'passed', 'test is fine'],
  ['nothing had to be recovered from', { recovery: { episodes: 0, recovered: 0 } }, 'passed', 'test is fine'],
  [
    'a test fails',
    { gates: gatesWith(result('test', { verdict: 'failed', reason: 'one fails' })) },
    'failed',
    'one fails',
  ],
  [
    'tests were not run',
    { gates: gatesWith(result('test', { verdict: 'inconclusive', reason: 'no tool' })) },
    'inconclusive',
    'no tool',
  ],
  [
    'a checkpoint is damaged',
    { drill: { proven: 1, bad: ['checkpoint 2: x'], left: 0 } },
    'failed',
    'All checkpoints successfully created: 9 written, 0 failed; not restorable: checkpoint 2: x',
  ],
  [
    'coverage is low',
    { gates: gatesWith(result('coverage', { verdict: 'failed', figures: { covered: 1, total: 9 } })) },
    'passed',
    'test is fine',
  ],
])('the verdict when %s', (_, change, critical, text) => {
  expect(criticalVerdict(judgeCriteria({ ...GOOD, ...change }))).toEqual({ critical, text });
});
