// The figures of a session: measured, or null with the reason; always within the schema; never going back.
import { expect, test } from 'vitest';
import { METRICS, type Metrics, metricsOf } from '../../src/report/metrics.ts';
import type { StampedEvent } from '../../src/session/event.ts';
import { created } from '../../src/session/state.ts';
import { step } from '../../src/session/step.ts';
import { statusOf } from '../../src/session/words.ts';
import { CoreWorld, PLAN } from '../support/core-world.ts';
import { CRASHING, lastOf, momentsOf, STORIES } from './stories.ts';

function metrics(world: CoreWorld, sinceMs = 0): Metrics {
  return METRICS.parse(metricsOf(world.session, sinceMs, '2026-01-01T00:00:00.000Z', 'database'));
}

test('before anything was measured every figure is null, with its reason', () => {
  expect(METRICS.parse(metricsOf(created(PLAN), 0, 'w', 'database'))).toMatchObject({
    status: 'running',
    activity: null,
    elapsed_seconds: 0,
    remaining_seconds: 300,
    progress: 0,
    phase: null,
    phase_number: null,
    phase_progress: null,
    tokens_consumed: null,
    tokens_reason: 'no agent has told what it used',
    tokens_source: null,
    tokens_per_hour: null,
    lines_of_code: null,
    lines_of_code_reason: 'not counted yet',
    test_coverage: null,
    test_coverage_reason: expect.any(String),
    agent_utilization: null,
    last_checkpoint: null,
    disk_free_bytes: null,
    session_bytes: null,
    agent_rss_bytes: null,
    agents: { coder: { state: 'idle', turns: 0, tokens: null, utilization: null } },
  });
});

test.each(Object.keys(STORIES))(
  '%s: after every event the figures fit the schema, and none is missing without a reason',
  (name) => {
    for (const { session } of momentsOf(STORIES[name]?.() ?? new CoreWorld())) {
      const one = METRICS.parse(metricsOf(session, 0, 'w', 'database'));
      expect(one.status).toBe(statusOf(session));
      expect([one.tokens_consumed === null, one.tokens_source === null]).toEqual([
        one.tokens_reason !== null,
        one.tokens_reason !== null,
      ]);
      expect(one.lines_of_code === null).toBe(one.lines_of_code_reason !== null);
      expect(one.test_coverage === null).toBe(one.test_coverage_reason !== null);
      expect(JSON.stringify(one)).not.toContain('undefined');
    }
  },
);

const COUNTERS = [
  'elapsed_seconds',
  'turns',
  'errors',
  'recoveries',
  'tasks_done',
  'checkpoints',
  'restarts',
  'incarnation',
] as const;

test.each(Object.keys(STORIES))('%s: no counter ever goes down, whatever is restored or restarted', (name) => {
  let before: Metrics | null = null;
  for (const { session } of momentsOf(STORIES[name]?.() ?? new CoreWorld())) {
    const now = metricsOf(session, 0, 'w', 'database');
    for (const key of COUNTERS) expect(now[key]).toBeGreaterThanOrEqual(before?.[key] ?? 0);
    before = now;
  }
});

test('the counters are those of the journal', () => {
  const world = new CoreWorld(CRASHING);
  world.pass(400_000);
  const count = (is: (event: (typeof world.events)[number]) => boolean) => world.events.filter(is).length;
  expect(metrics(world)).toMatchObject({
    status: 'complete',
    turns: count(({ type }) => type === 'agent-exited'),
    errors: count((event) => event.type === 'agent-exited' && event.failure !== null),
    checkpoints: count(({ type }) => type === 'checkpoint-written'),
    checkpoints_failed: 0,
    incarnation: 1,
    elapsed_seconds: 300,
    remaining_seconds: 0,
    progress: 1,
    phase: null,
  });
});

test('tokens that an agent told are added up, with their source and rate', () => {
  const world = new CoreWorld();
  world.pass(5_000);
  for (const total of [100, 20])
    world.send({
      type: 'tokens-used',
      agent: 'coder',
      turn: 1,
      total,
      prompt: null,
      completion: null,
      source: 'agent',
    });
  world.pass(5_000);
  expect(metrics(world)).toMatchObject({
    tokens_consumed: 120,
    tokens_reason: null,
    tokens_source: 'agent',
    tokens_per_hour: 43_200,
    token_budget: 5_000_000,
    agents: { coder: { tokens: 120 } },
  });
});

test('0 tokens that were told are 0, not unknown', () => {
  const world = new CoreWorld();
  world.send({ type: 'tokens-used', agent: 'coder', turn: 1, total: 0, prompt: 0, completion: 0, source: 'agent' });
  expect(metrics(world)).toMatchObject({ tokens_consumed: 0, tokens_reason: null });
});

test('lines of code are those that were counted, and a count that failed says why', () => {
  const world = new CoreWorld();
  world.send({ type: 'code-counted', lines: 0, files: 0, reason: null });
  expect(metrics(world)).toMatchObject({ lines_of_code: 0, lines_of_code_reason: null });
  world.send({ type: 'code-counted', lines: null, files: 0, reason: 'cloc is not there' });
  expect(metrics(world)).toMatchObject({ lines_of_code: null, lines_of_code_reason: 'cloc is not there' });
});

test('a probe that could not be made leaves null, not the last figure', () => {
  const world = new CoreWorld();
  world.send({ type: 'probed', diskFreeBytes: 1e12, sessionBytes: 5, agentRssBytes: 7, writable: true });
  expect(metrics(world)).toMatchObject({ disk_free_bytes: 1e12, session_bytes: 5, agent_rss_bytes: 7 });
  world.send({ type: 'probed', diskFreeBytes: null, sessionBytes: null, agentRssBytes: null, writable: true });
  expect(metrics(world)).toMatchObject({ disk_free_bytes: null, session_bytes: null, agent_rss_bytes: null });
});

test('between two events time goes on by what the clock says', () => {
  const world = new CoreWorld();
  world.pass(10_000);
  const [now, later] = [metrics(world), metrics(world, 3_000)];
  expect(later.elapsed_seconds - now.elapsed_seconds).toBeCloseTo(3);
  expect(now.remaining_seconds - later.remaining_seconds).toBeCloseTo(3);
  expect((later.phase_progress ?? 0) - (now.phase_progress ?? 0)).toBeCloseTo(0.03);
});

test('in a pause no time goes on, and the pause is what is told', () => {
  const world = new CoreWorld();
  world.pass(10_000);
  world.send({ type: 'pause-requested', by: 'Ada' });
  expect(metrics(world, 60_000)).toMatchObject({
    status: 'paused',
    elapsed_seconds: 10,
    activity: 'paused: asked for by Ada',
  });
});

test('who is at work at what, and for how long, and that it is silent', () => {
  const world = new CoreWorld(() => ({ ms: 1e9 }), { ...PLAN, turn: { ...PLAN.turn, stallMs: 1e9, maxMs: 1e9 } });
  expect(metrics(world, 5_000).activity).toBe('coder: begin for 5 s');
  expect(metrics(world, 61_000).activity).toBe('coder: begin for 61 s, silent for 61 s');
});

test('an agent that backs off says when the next try is, and why', () => {
  const world = new CoreWorld(() => ({
    ms: 8_000,
    failure: { kind: 'llm-error', key: 'k', text: 'API returned status 500' },
  }));
  world.pass(8_000);
  expect(metrics(world)).toMatchObject({ status: 'recovering' });
  expect(metrics(world).activity).toMatch(/^coder: next try in [\d.]+ s \(API returned status 500\)$/);
});

test('utilization is the share of the session in which agents were at work, and never above 1', () => {
  const world = new CoreWorld(() => ({ ms: 10_000, changed: true }));
  world.pass(20_000);
  expect(metrics(world).agent_utilization).toBe(1);
  expect(lastOf(new CoreWorld()).session.clock.workingMs).toBe(0);
  const half = new CoreWorld(() => ({ ms: 1_000, changed: false }));
  half.pass(50_000);
  expect(metrics(half).agent_utilization).toBeCloseTo(0.04);
});

test('a phase of no length has a progress that is a number', () => {
  const plan = { ...PLAN, phases: [{ name: 'a', durationMs: 0, objectives: ['o'], criteria: [] }, ...PLAN.phases] };
  let session = created(plan);
  for (const event of [
    { type: 'session-created', plan },
    { type: 'harness-started', incarnation: 1, version: 't', pid: 1, pauseLimitMs: null, lastCheckpoint: 0 },
  ] as const)
    session = step(session, { seq: 1, atMs: 0, wall: 'w', ...event } as StampedEvent)[0];
  METRICS.parse(metricsOf(session, 0, 'w', 'p'));
});
