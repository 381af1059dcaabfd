// The final report: fits its schema at any end, agrees with status and exit code, and Markdown is never injected.
import { expect, test } from 'vitest';
import type { Judged } from '../../src/judge/judged.ts';
import { FINAL_REPORT, type FinalReport } from '../../src/report/final.ts';
import { reportMarkdown } from '../../src/report/markdown.ts';
import { exitCodeOf, statusOf } from '../../src/session/words.ts';
import { CoreWorld } from '../support/core-world.ts';
import { CRASHING, judgedAs, lastOf, momentsOf, PASSED, reportOf, STORIES } from './stories.ts';

test.each(Object.keys(STORIES))('%s: the report fits its schema, and its Markdown says nothing undefined', (name) => {
  const report = FINAL_REPORT.parse(reportOf(lastOf(STORIES[name]?.() ?? new CoreWorld())));
  expect(report.metrics.status).toBe(report.status);
  expect(reportMarkdown(report)).not.toMatch(/undefined|\bNaN\b|\bnull\b|\[object/);
});

test.each([
  ['calm', 'complete', 0],
  ['stopped by a person', 'complete', 0],
  ['unrecoverable', 'failed', 3],
])('%s: written before the end, it says what stands after it', (name, status, code) => {
  const moments = momentsOf(STORIES[name]?.() ?? new CoreWorld());
  const reporting = moments.findLast(({ session }) => session.stage.is === 'reporting');
  const done = moments.at(-1)?.session;
  expect(done?.stage.is).toBe('done');
  const report = reporting === undefined ? null : reportOf(reporting);
  expect(report).toMatchObject({ status, exit_code: code });
  expect(done === undefined ? null : [statusOf(done), exitCodeOf(done)]).toEqual([status, code]);
});

test('a session ended by a signal reports it as interrupted, with the signal’s exit code', () => {
  const world = new CoreWorld();
  world.pass(30_000);
  world.send({ type: 'signal-received', signal: 'TERM' });
  world.pass(10_000);
  expect(reportOf(lastOf(world), { judged: null })).toMatchObject({
    status: 'interrupted',
    exit_code: 143,
    ending: 'interrupted by TERM',
    verdict: null,
    own_tests: null,
  });
});

function verdictOf(name: string, story: string, judged: Judged | null = PASSED): string | undefined {
  const report = reportOf(lastOf(STORIES[story]?.() ?? new CoreWorld()), { judged });
  return report.criteria.find((one) => one.name === name)?.verdict;
}

test('what was not judged is inconclusive, never passed', () => {
  const report = reportOf(lastOf(STORIES.calm?.() ?? new CoreWorld()), { judged: null });
  const open = report.criteria.filter(({ verdict }) => verdict === 'inconclusive').map(({ name }) => name);
  for (const name of ['Final code compiles and passes tests', 'Test coverage >= 80%', 'Security scan clean'])
    expect(open).toContain(name);
  expect(report.gates).toEqual([]);
  expect(report.targets.find(({ name }) => name === 'Test coverage')?.grade).toBe('unknown');
});

test('the criteria follow what happened', () => {
  expect(verdictOf('Session completes without fatal errors', 'calm')).toBe('passed');
  expect(verdictOf('Session completes without fatal errors', 'unrecoverable')).toBe('failed');
  expect(verdictOf('Session completes without fatal errors', 'just created')).toBe('inconclusive');
  expect(verdictOf('Final code compiles and passes tests', 'calm')).toBe('passed');
  expect(verdictOf('Final code compiles and passes tests', 'calm', judgedAs('failed'))).toBe('failed');
  expect(verdictOf('Recovery from at least 1 failure', 'calm')).toBe('inconclusive');
  expect(verdictOf('Recovery from at least 1 failure', 'crashing')).toBe('passed');
  expect(verdictOf('Zero manual interventions', 'calm')).toBe('passed');
  expect(verdictOf('Zero manual interventions', 'stopped by a person')).toBe('failed');
  expect(verdictOf('Test coverage >= 80%', 'calm')).toBe('passed');
  expect(verdictOf('Test coverage >= 90%', 'calm')).toBe('failed');
});

test('coverage, once judged, is the figure of the metrics, too', () => {
  const report = reportOf(lastOf(STORIES.calm?.() ?? new CoreWorld()));
  expect(report.metrics).toMatchObject({ test_coverage: 0.85, test_coverage_reason: null });
  expect(reportMarkdown(report)).toContain('| test coverage | 85 % |');
});

test('the checklist has a tick for what passed and none for the rest', () => {
  const text = reportMarkdown(reportOf(lastOf(STORIES.calm?.() ?? new CoreWorld())));
  expect(text).toContain('- [x] Final code compiles and passes tests');
  expect(text).toContain('- [ ] **failed**: Test coverage >= 90%');
  expect(text).toContain('- [ ] inconclusive: Recovery from at least 1 failure');
  expect(text).toContain('| Test coverage | 85 % | target |');
});

test('each component has its line, and a failed one is a critical bug', () => {
  const report = reportOf(lastOf(STORIES.calm?.() ?? new CoreWorld()));
  const text = reportMarkdown(report);
  expect(report.components.map(({ component, verdict }) => [component, verdict])).toEqual([
    ['btree', 'passed'],
    ['sql', 'failed'],
  ]);
  expect(text).toContain('| SQL | failed | SELECT 1 / 0: expected division\\_by\\_zero |');
  expect(text).toContain('| critical | component | SQL: SELECT 1 / 0 | - |');
  expect(verdictOf('All critical bugs fixed', 'calm')).toBe('failed');
});

test('times are told in seconds, with what was planned', () => {
  const report = reportOf(lastOf(STORIES.calm?.() ?? new CoreWorld()));
  expect(report.planned_seconds).toBe(300);
  expect(report.phases.map(({ seconds }) => seconds)).toEqual([100, 200]);
  expect(report.own_tests).toMatchObject({ exit_code: 0, duration_ms: 1_234, tests: 3, failed: 0 });
});

const HOSTILE =
  'a | b\r\n# Title\n<script>alert(1)</script> `code` [x](javascript:1) ![i](http://h) **b** _i_ \\| <!-- |\n\n- item';

/** A report whose every text from outside is hostile. */
function hostile(): FinalReport {
  const report = reportOf(lastOf(STORIES.crashing?.() ?? new CoreWorld()));
  return {
    ...report,
    session: HOSTILE,
    ending: HOSTILE,
    project: { ...report.project, name: HOSTILE, type: HOSTILE, language: HOSTILE },
    agent: { kind: 'command', version: HOSTILE, model: HOSTILE },
    verdict: { critical: 'failed', text: HOSTILE },
    criteria: report.criteria.map((one) => ({ ...one, evidence: HOSTILE })),
    targets: report.targets.map((one) => ({ ...one, reason: HOSTILE })),
    gates: report.gates.map((one) => ({
      ...one,
      reason: HOSTILE,
      ecosystem: HOSTILE,
      folder: HOSTILE,
      command: [HOSTILE],
      findings: [{ severity: 'high', text: HOSTILE, file: HOSTILE, line: 1 }],
    })),
    components: report.components.map((one) => ({
      ...one,
      name: HOSTILE,
      reason: HOSTILE,
      notes: [HOSTILE],
      findings: [{ severity: 'critical', text: HOSTILE, file: null, line: null }],
    })),
    judged: report.judged && {
      ...report.judged,
      tampering: [{ kind: 'skipped', text: HOSTILE, file: HOSTILE, line: 1 }],
      mutation: report.judged.mutation && {
        ...report.judged.mutation,
        tried: report.judged.mutation.tried.map((one) => ({ ...one, file: HOSTILE, from: HOSTILE, to: HOSTILE })),
        why: HOSTILE,
        notes: [HOSTILE],
      },
    },
    rules: { at_start: 'd'.repeat(64), now: 'e'.repeat(64), differences: [HOSTILE] },
    phases: report.phases.map((one) => ({
      ...one,
      name: HOSTILE,
      criteria: one.criteria.map((each) => ({ ...each, text: HOSTILE, evidence: HOSTILE })),
    })),
    failures: report.failures.map((one) => ({ ...one, text: HOSTILE, agent: HOSTILE })),
    interventions: [{ wall: 'w', what: 'stop', by: HOSTILE }],
    metrics: {
      ...report.metrics,
      lines_of_code_reason: HOSTILE,
      agents: { [HOSTILE]: Object.values(report.metrics.agents)[0] ?? expect.fail() },
    },
  };
}

test('hostile text breaks out of no table: every row has the cells of its head', () => {
  const cells = (line: string) => line.replaceAll(/\\[\\|]/g, '').split('|').length;
  let width = 0;
  for (const line of reportMarkdown(hostile()).split('\n')) {
    if (!line.startsWith('|')) width = 0;
    else if (width === 0) width = cells(line);
    else expect([line, cells(line)]).toEqual([line, width]);
  }
});

test('hostile text makes no heading, list, link, code or HTML of its own', () => {
  const harmless = judgedAs('passed', [{ severity: 'high', text: 'x', file: null, line: null }]);
  const [plain, text] = [
    reportMarkdown(reportOf(lastOf(STORIES.crashing?.() ?? new CoreWorld()), { judged: harmless })),
    reportMarkdown(hostile()),
  ];
  const headings = (markdown: string) => markdown.split('\n').filter((line) => /^ {0,3}#/.test(line));
  expect(headings(text).slice(1)).toEqual([...headings(plain).slice(1, -1), '## What people did', '## Walls']);
  expect(headings(text)).toHaveLength(headings(plain).length + 1);
  expect(
    text
      .split('\n')
      .filter((line) => line.startsWith('- '))
      .every((line) => line.startsWith('- [')),
  ).toBe(true);
  expect(text).not.toMatch(/<script|<!--/);
  expect(text.replaceAll(/\\./g, '').replaceAll('[ ]', '').replaceAll('[x]', '')).not.toMatch(/[`[\]<]/);
});

test('the report begins with the verdict and names every agent, failure and checkpoint', () => {
  const { ledger, session } = lastOf(STORIES.crashing?.() ?? new CoreWorld());
  const text = reportMarkdown(reportOf({ ledger, session }));
  expect(text.split('\n')[2]).toBe('Verdict: **passed** (tests passed). Status: complete. All phases are over.');
  expect(text.match(/\| process-crash \|/g)).toHaveLength(ledger.troubles.failures.length);
  expect(text).toContain(`| ${ledger.checkpoints.at(-1)?.number} | phase-end |`);
  expect(text).toContain('\n| coder | ');
});

test('the turns of the phases add up to the turns of the session', () => {
  const world = new CoreWorld(CRASHING);
  world.pass(400_000);
  const report = reportOf(lastOf(world));
  expect(report.phases.reduce((sum, { turns }) => sum + turns, 0)).toBe(report.metrics.turns);
});

test('what project/ holds instead of the last state is said first, and which snapshots are gone', () => {
  const world = new CoreWorld();
  world.pass(400_000);
  const calm = lastOf(world);
  const [first] = calm.ledger.checkpoints;
  const ledger = {
    ...calm.ledger,
    delivered: { checkpoint: 3, last: 7 },
    checkpoints: first === undefined ? [] : [{ ...first, thinned: true }],
  };
  const report = FINAL_REPORT.parse(reportOf({ ...calm, ledger }));
  expect(report.delivered).toEqual({
    checkpoint: 3,
    last: 7,
    restore_last: 'mega-test session restore --session-id test --checkpoint 7',
  });
  const text = reportMarkdown(report);
  expect(
    text.indexOf('**project/ holds checkpoint 3, which is green; the last state (checkpoint 7) is not.**'),
  ).toBeLessThan(text.indexOf('| what | figure |'));
  expect(text).toContain('| removed for want of space |');
});

test('memory and size are held against their targets: the program’s, else that of tests in which nothing is compiled', () => {
  const goals = { target: {}, performance: { memory_usage_mb: 35, binary_size_mb: 2 } };
  const said = (judged: Partial<Judged>) =>
    reportOf(lastOf(STORIES.calm?.() ?? expect.fail()), { goals, judged: { ...PASSED, ...judged } }).criteria.find(
      ({ name }) => name === 'Performance within 20% of target',
    );
  expect(said({})).toMatchObject({ verdict: 'passed', evidence: 'memory 40 of 35 MB; binary size 2 of 2 MB' });
  expect(said({ size: { value: 2.5e6 } })?.verdict).toBe('failed');
  const memory = { value: null, why: 'the built program was not run' };
  expect(said({ memory })).toMatchObject({
    verdict: 'inconclusive',
    evidence: expect.stringMatching(/^memory: the built program was not run/),
  });
  const tested = (ecosystem: string) =>
    PASSED.gates.map((one) => (one.gate === 'test' ? { ...one, ecosystem, figures: { peakBytes: 50e6 } } : one));
  expect(said({ memory, gates: tested('node') })).toMatchObject({
    verdict: 'failed',
    evidence: 'memory of the test run 50 of 35 MB; binary size 2 of 2 MB',
  });
  expect(said({ memory, gates: tested('rust') })?.verdict).toBe('inconclusive');
});

test('the criteria of a phase are met, unmet or inconclusive with the reason, also where the session ended in it', () => {
  const report = reportOf(lastOf(STORIES.calm?.() ?? expect.fail()));
  expect(report.phases.map(({ criteria }) => criteria)).toEqual([
    [
      {
        text: 'compiles',
        result: 'inconclusive',
        evidence: 'checkpoints were not looked at beside the work',
        checkpoint: null,
        // What nobody looked at in time may still be seen at the end.
        met_at_checkpoint: 4,
      },
    ],
    [],
  ]);
  const stopped = passedPhase();
  const { phases } = reportOf(lastOf(stopped));
  expect(phases[0]?.criteria).toMatchObject([
    { text: 'compiles', result: 'met', evidence: 'it ended well', checkpoint: 4 },
  ]);
});

/** Stopped in the first phase, and judged. */
function passedPhase(): CoreWorld {
  const world = new CoreWorld();
  world.pass(30_000);
  world.send({ type: 'stop-requested', by: 'Ada' });
  world.pass(20_000);
  return world;
}

test('small faults that no test notices are listed with their places, beside the share that was noticed', () => {
  const report = reportOf(lastOf(STORIES.calm?.() ?? new CoreWorld()));
  expect(report.judged?.mutation).toMatchObject({ killed: 1, survived: 1, not_runnable: 0, share: 0.5, why: null });
  const text = reportMarkdown(report);
  expect(text).toContain('1 of 2 small faults put into the code were noticed by its tests.');
  expect(text).toMatch(/tests do not notice: \+ -.*\| src\/a\.rs:7 \|/);
  expect(text).not.toContain('src/a.rs:3');
});
