// Stops of every kind: the ladder, signals, budgets, deadlines, pauses; what is saved and what the exit code says.
import { expect, test } from 'vitest';
import { exitCodeOf, statusOf } from '../../src/session/words.ts';
import { CoreWorld, PLAN } from '../support/core-world.ts';

const PATIENT = { ...PLAN, turn: { ...PLAN.turn, maxMs: 1e9, stallMs: 1e9 } };

test('the ladder climbs interrupt, terminate, kill, each after its grace', () => {
  const world = new CoreWorld(() => ({ ms: 1e9, ignores: ['interrupt', 'terminate'] }), PATIENT);
  world.pass(1_000);
  world.send({ type: 'stop-requested', by: 'test' });
  const rungs = () => world.asked('signal-agent').map(({ rung }) => rung);
  expect(rungs()).toEqual(['interrupt']);
  world.pass(2_999);
  expect(rungs()).toEqual(['interrupt']);
  world.pass(1);
  expect(rungs()).toEqual(['interrupt', 'terminate']);
  world.pass(2_000);
  expect(rungs()).toEqual(['interrupt', 'terminate', 'kill']);
  expect(statusOf(world.session)).toBe('complete');
});

test.each([
  ['INT', 130],
  ['TERM', 143],
  ['HUP', 129],
] as const)('%s saves, reports and exits %i as interrupted, not judged', (signal, code) => {
  const world = new CoreWorld(() => ({ ms: 1e9 }), PATIENT);
  world.pass(5_000);
  world.send({ type: 'signal-received', signal });
  expect(exitCodeOf(world.session)).toBe(code);
  expect(statusOf(world.session)).toBe('interrupted');
  expect(world.asked('judge')).toEqual([]);
  expect(world.asked('write-checkpoint').map(({ trigger }) => trigger)).toEqual(['start', 'stop', 'stop']);
});

test('an agent deaf to signals costs a signal stop no more than 4 s, a checkpoint that hangs no more than 6', () => {
  const deaf = new CoreWorld(() => ({ ms: 1e9, ignores: ['interrupt', 'terminate'] }), PATIENT);
  deaf.pass(5_000);
  deaf.send({ type: 'signal-received', signal: 'TERM' });
  deaf.pass(4_000);
  expect(statusOf(deaf.session)).toBe('interrupted');

  const hanging = new CoreWorld(() => ({ ms: 1e9 }), PATIENT);
  hanging.pass(5_000);
  hanging.silent.add('write-checkpoint');
  hanging.send({ type: 'signal-received', signal: 'TERM' });
  hanging.pass(5_000);
  expect(statusOf(hanging.session)).toBe('stopping');
  hanging.pass(1_000);
  expect(statusOf(hanging.session)).toBe('interrupted');
  expect(hanging.alerts.at(-1)).toContain('no checkpoint could be finished in the time left; the last one is number 1');
});

test('a second signal kills at once and waits for nothing', () => {
  const world = new CoreWorld(() => ({ ms: 1e9, ignores: ['interrupt', 'terminate'] }), PATIENT);
  world.pass(5_000);
  world.silent.add('write-checkpoint');
  world.send({ type: 'signal-received', signal: 'INT' });
  world.send({ type: 'signal-received', signal: 'INT' });
  expect(world.asked('signal-agent').map(({ rung }) => rung)).toEqual(['interrupt', 'kill']);
  world.pass(500);
  expect(exitCodeOf(world.session)).toBe(130);
});

test('a token budget that is spent wraps up, judges and completes', () => {
  const world = new CoreWorld(() => ({ ms: 1e9 }), { ...PATIENT, limits: { ...PLAN.limits, totalTokens: 1_000 } });
  world.pass(1_000);
  world.send({
    type: 'tokens-used',
    agent: 'coder',
    turn: 1,
    total: 1_000,
    prompt: null,
    completion: null,
    source: 'agent',
  });
  expect(world.session.stage).toMatchObject({ is: 'done', ending: { because: 'budget' } });
  expect(exitCodeOf(world.session)).toBe(0);
});

test('the deadline completes and judges', () => {
  const world = new CoreWorld(() => ({ ms: 1e9 }), PATIENT);
  world.pass(1_000);
  world.send({ type: 'deadline-came' });
  expect(world.session.stage).toMatchObject({ is: 'done', ending: { because: 'deadline' } });
});

test('a pause freezes the agent and the session clock; continuing thaws both', () => {
  const world = new CoreWorld(() => ({ ms: 20_000, changed: true }), PATIENT);
  world.pass(5_000);
  world.send({ type: 'pause-requested', by: 'test' });
  expect(world.asked('freeze-agent')).toHaveLength(1);
  const before = world.session.clock.workingMs;
  world.pass(30_000);
  expect(world.session.clock.workingMs).toBe(before);
  expect(statusOf(world.session)).toBe('paused');
  world.send({ type: 'continue-requested', by: 'test' });
  expect(world.asked('thaw-agent')).toHaveLength(1);
  expect(statusOf(world.session)).toBe('running');
});

test('without a terminal a pause ends the session, saved, after the pause limit: exit 4', () => {
  const world = new CoreWorld(() => ({ ms: 1e9 }), { ...PATIENT, limits: { ...PLAN.limits, pauseLimitMs: 60_000 } });
  world.pass(5_000);
  world.send({ type: 'pause-requested', by: 'test' });
  world.pass(59_000);
  expect(statusOf(world.session)).toBe('paused');
  world.pass(10_000);
  expect(exitCodeOf(world.session)).toBe(4);
  expect(statusOf(world.session)).toBe('paused');
});

test('a full disk pauses by itself and goes on by itself when space is back, with some slack', () => {
  const world = new CoreWorld(() => ({ ms: 1e9 }), PATIENT);
  const probe = (diskFreeBytes: number) =>
    world.send({ type: 'probed', diskFreeBytes, sessionBytes: 1, agentRssBytes: null, writable: true });
  probe(5e7);
  expect(statusOf(world.session)).toBe('paused');
  expect(world.frozen).toBe(true);
  probe(1.05e8);
  expect(statusOf(world.session)).toBe('paused');
  probe(1.2e8);
  expect(statusOf(world.session)).toBe('running');
  expect(world.frozen).toBe(false);
});

test('a disk that says it has space but takes nothing keeps the session paused', () => {
  const world = new CoreWorld(() => ({ ms: 1e9 }), PATIENT);
  const probe = (writable: boolean) =>
    world.send({ type: 'probed', diskFreeBytes: 1e12, sessionBytes: 1, agentRssBytes: null, writable });
  world.send({ type: 'disk-filled', path: 'journal.ndjson' });
  probe(false);
  expect(statusOf(world.session)).toBe('paused');
  probe(true);
  expect(statusOf(world.session)).toBe('running');
});

test('time in which the harness itself stood still counts for nobody and stalls nobody', () => {
  const world = new CoreWorld(() => ({ ms: 1e9 }), { ...PLAN, turn: { ...PLAN.turn, maxMs: 1e9 } });
  world.pass(10_000);
  world.nowMs += 3_600_000;
  world.send({ type: 'clock-stalled', gapMs: 3_600_000 });
  expect(world.session.clock.workingMs).toBe(10_000);
  expect(world.asked('signal-agent')).toEqual([]);
});

test('a stop during the judging of a signal is ignored; a signal during judging leaves it unjudged', () => {
  const world = new CoreWorld(() => ({ ms: 1e9 }), PATIENT);
  world.silent.add('judge');
  world.pass(1_000);
  world.send({ type: 'stop-requested', by: 'test' });
  expect(world.session.stage.is).toBe('judging');
  world.send({ type: 'signal-received', signal: 'TERM' });
  expect(world.session.stage).toMatchObject({ is: 'done', verdict: null });
  expect(exitCodeOf(world.session)).toBe(143);
});

test('a judge that never answers does not hang the session', () => {
  const world = new CoreWorld(() => ({ ms: 1e9 }), PATIENT);
  world.silent.add('judge');
  world.send({ type: 'stop-requested', by: 'test' });
  world.pass(200_000);
  expect(world.session.stage).toMatchObject({ is: 'done', verdict: { critical: 'inconclusive' } });
  expect(exitCodeOf(world.session)).toBe(1);
});
