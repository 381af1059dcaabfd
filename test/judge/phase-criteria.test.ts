// Success criteria of phases: each rule passes, fails and is inconclusive for its own reason; prose without a rule is said.
import { expect, test } from 'vitest';
import { DEFAULT_PHASES } from '../../src/config/phases.ts';
import { gatesOfCriteria, judgePhaseCriteria, type PhaseFacts } from '../../src/judge/phase-criteria.ts';
import { covered, GATES, gatesWith, result } from './facts.ts';

const GOOD: PhaseFacts = {
  gates: GATES,
  files: ['docs/architecture.md', '.github/workflows/ci.yml', 'src/lib.rs'],
  checkpoint: 7,
  probes: null,
};
const BARE: PhaseFacts = { gates: [], files: ['src/lib.rs'], checkpoint: null, probes: null };

function verdictOf(text: string, facts: PhaseFacts = GOOD): string {
  return judgePhaseCriteria([text], facts)[0]?.verdict ?? '';
}

const HIGH = { severity: 'high', text: 'test fails: a', file: null, line: null } as const;
const RED = gatesWith(result('test', { verdict: 'failed', findings: [HIGH] }));

test.each([
  ['Project compiles successfully', 'passed', gatesWith(result('build', { verdict: 'failed' })), 'failed'],
  ['All tests passing', 'passed', RED, 'failed'],
  ['Test coverage >= 70%', 'passed', gatesWith(covered('coverage', 699)), 'failed'],
  ['Test coverage >= 70%', 'passed', gatesWith(covered('coverage', 700)), 'passed'],
  ['Documentation 100% complete', 'passed', gatesWith(covered('docs', 999)), 'failed'],
  ['Security scan clean', 'passed', gatesWith(result('secrets', { verdict: 'failed' })), 'failed'],
  ['No critical security issues', 'passed', gatesWith(result('security', { verdict: 'inconclusive' })), 'inconclusive'],
  ['All critical/high bugs fixed', 'passed', RED, 'failed'],
  ['All critical bugs fixed', 'passed', RED, 'passed'],
  ['No lint warnings', 'passed', gatesWith(result('lint', { verdict: 'failed' })), 'failed'],
  ['Integration tests pass', 'inconclusive', RED, 'inconclusive'],
  ['Release artifacts ready', 'inconclusive', RED, 'inconclusive'],
] as const)('%s: %s, and with other gates %s', (text, good, gates, other) => {
  expect([verdictOf(text), verdictOf(text, { ...GOOD, gates })]).toEqual([good, other]);
});

test.each([
  ['Architecture document complete', 'inconclusive', 'failed'],
  ['CI pipeline passes', 'inconclusive', 'failed'],
  ['Final checkpoint validates', 'passed', 'inconclusive'],
])('%s: %s, and on a project without %s', (text, good, bare) => {
  expect([verdictOf(text), verdictOf(text, BARE)]).toEqual([good, bare]);
});

test('core features are what the acceptance probes say, and not known before they were asked', () => {
  const probe = { component: 'a', name: 'A', reason: 'r', evidence: [], findings: [], notes: [] };
  const facts = (...verdicts: ('passed' | 'failed')[]) => ({
    ...GOOD,
    probes: verdicts.map((verdict) => ({ ...probe, verdict })),
  });
  expect(verdictOf('Core features functional')).toBe('inconclusive');
  expect(verdictOf('Core features functional', facts('passed', 'passed'))).toBe('passed');
  expect(judgePhaseCriteria(['Core features functional'], facts('passed', 'failed'))[0]).toMatchObject({
    verdict: 'failed',
    evidence: '1 of 2 components keep their promises',
  });
});

test('every criterion of the shipped phases is judged with a reason, and none passes where nothing was measured', () => {
  const texts = DEFAULT_PHASES.flatMap((phase) => phase.success_criteria);
  expect(texts).toHaveLength(16);
  for (const one of judgePhaseCriteria(texts, BARE)) {
    expect(one.evidence, one.text).not.toBe('');
    expect(one.verdict, one.text).not.toBe('passed');
  }
  const unmeasured = judgePhaseCriteria(texts, GOOD).filter(({ verdict }) => verdict === 'inconclusive');
  expect(unmeasured.map(({ text }) => text)).toEqual([
    'All modules have defined interfaces',
    'CI pipeline passes',
    'Architecture document complete',
    'Core features functional',
    'Integration tests pass',
    'Performance targets met',
    'E2E tests pass',
    'Release artifacts ready',
  ]);
});

test('only the gates that the criteria need are asked', () => {
  expect(gatesOfCriteria(['Project compiles successfully', 'All modules have defined interfaces'])).toEqual(['build']);
  expect(gatesOfCriteria(['Test coverage >= 70%', 'Security scan clean'])).toEqual([
    'build',
    'test',
    'coverage',
    'secrets',
    'security',
  ]);
});
