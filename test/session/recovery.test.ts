// Failed turns: saved, recovered, tried again with growing waits, and given up on when trying only looks like work.
import { expect, test } from 'vitest';
import { backoffCeilingMs, backoffMs } from '../../src/session/backoff.ts';
import type { Failure } from '../../src/session/failure.ts';
import { statusOf } from '../../src/session/words.ts';
import { CoreWorld, CRASH, PLAN } from '../support/core-world.ts';

test('an agent that is killed once is recovered, resumes its own task and goes on', () => {
  const world = new CoreWorld((turn) =>
    turn.number === 1 ? { ms: 3_000, failure: CRASH } : { ms: 5_000, changed: true },
  );
  world.pass(3_000);
  expect(world.asked('recover-agent')).toMatchObject([{ turn: { number: 1 }, failure: { kind: 'process-crash' } }]);
  expect(statusOf(world.session)).toBe('recovering');
  world.pass(10_000);
  expect(world.asked('start-agent')[1]).toMatchObject({ turn: { task: 1, attempt: 2, resume: 'task-1' } });
  expect(world.session.usage).toMatchObject({ failures: 1, recoveries: 1 });
  expect(statusOf(world.session)).toBe('running');
});

test('five failures in a row without progress pause the session and tell why, never a spin', () => {
  const world = new CoreWorld(() => ({ ms: 100, failure: CRASH }));
  world.pass(90_000);
  expect(statusOf(world.session)).toBe('paused');
  expect(world.asked('start-agent')).toHaveLength(5);
  expect(world.alerts.at(-1)).toContain('5 failures in a row without progress: max_consecutive_errors');
});

test('the same failure more often than max_recovery_attempts pauses, though others came between', () => {
  const plan = { ...PLAN, recovery: { ...PLAN.recovery, maxConsecutive: 100, maxAttempts: 3 } };
  const world = new CoreWorld(() => ({ ms: 100, failure: CRASH }), plan);
  world.pass(90_000);
  expect(world.asked('start-agent')).toHaveLength(4);
  expect(world.alerts.at(-1)).toContain('tried 3 times without progress: max_recovery_attempts');
});

test('restart intensity: too many restarts of one agent in the window pause, progress or not', () => {
  const plan = {
    ...PLAN,
    recovery: { ...PLAN.recovery, restartsPerWindow: 3, progressAfterMs: 0, maxMs: 0, initialMs: 0 },
  };
  const world = new CoreWorld(() => ({ ms: 2_000, failure: CRASH, changed: true }), plan);
  world.pass(60_000);
  expect(statusOf(world.session)).toBe('paused');
  expect(world.alerts.at(-1)).toMatch(/4 restarts of coder within 10 min/);
});

test('long turns that change the code before they crash are progress: no count adds up', () => {
  const world = new CoreWorld(() => ({ ms: 20_000, failure: CRASH, changed: true }));
  world.pass(299_000);
  expect(world.session.usage.failures).toBeGreaterThan(8);
  expect(statusOf(world.session)).not.toBe('paused');
});

test('with auto_recovery off the first failure saves and pauses', () => {
  const world = new CoreWorld(() => ({ ms: 100, failure: CRASH }), {
    ...PLAN,
    recovery: { ...PLAN.recovery, auto: false },
  });
  world.pass(5_000);
  expect(statusOf(world.session)).toBe('paused');
  expect(world.asked('start-agent')).toHaveLength(1);
  expect(world.asked('write-checkpoint').map(({ trigger }) => trigger)).toContain('pause');
});

test('a failure that trying again cannot mend pauses at once', () => {
  const failure: Failure = { kind: 'configuration', key: 'c', text: 'the agent refused its settings' };
  const world = new CoreWorld(() => ({ ms: 100, failure }));
  world.pass(5_000);
  expect(statusOf(world.session)).toBe('paused');
  expect(world.asked('start-agent')).toHaveLength(1);
});

test('a person who lets it continue gives it all its tries again', () => {
  const world = new CoreWorld((turn) =>
    turn.number <= 5 ? { ms: 100, failure: CRASH } : { ms: 1_000, changed: true },
  );
  world.pass(60_000);
  expect(statusOf(world.session)).toBe('paused');
  world.send({ type: 'continue-requested', by: 'person' });
  world.pass(5_000);
  expect(statusOf(world.session)).toBe('running');
  expect(world.session.usage.recoveries).toBe(1);
});

test('no sign of progress for the stall limit stops the turn and starts it again', () => {
  const world = new CoreWorld((turn) => (turn.number === 1 ? { ms: 1e9 } : { ms: 1_000, changed: true }), {
    ...PLAN,
    turn: { ...PLAN.turn, maxMs: 1e9 },
  });
  world.pass(39_999);
  expect(world.asked('signal-agent')).toEqual([]);
  world.pass(1);
  expect(world.asked('recover-agent')).toMatchObject([{ failure: { kind: 'stall' } }]);
});

test('signs of progress keep a long turn alive', () => {
  const world = new CoreWorld(() => ({ ms: 1e9 }), { ...PLAN, turn: { ...PLAN.turn, maxMs: 1e9 } });
  for (let n = 0; n < 5; n++) {
    world.pass(19_000);
    world.send({ type: 'agent-active', agent: 'coder', turn: 1, outputBytes: 10 });
  }
  expect(world.asked('signal-agent')).toEqual([]);
});

test('back-off grows as configured and never exceeds its maximum; jitter is full', () => {
  const rules = { ...PLAN.recovery, initialMs: 30_000, maxMs: 300_000 };
  const ceilings = (strategy: 'fixed' | 'linear' | 'exponential') =>
    [1, 2, 3, 4, 5, 6].map((n) => backoffCeilingMs({ ...rules, strategy }, n) / 1000);
  expect(ceilings('fixed')).toEqual([30, 30, 30, 30, 30, 30]);
  expect(ceilings('linear')).toEqual([30, 60, 90, 120, 150, 180]);
  expect(ceilings('exponential')).toEqual([30, 60, 120, 240, 300, 300]);
  expect(backoffMs(rules, 2, 0)).toBe(0);
  expect(backoffMs(rules, 2, 0.999_999)).toBe(60_000);
});

test('an agent that cannot be recovered ends the session as failed, exit code 3', () => {
  const world = new CoreWorld(() => ({ ms: 100, failure: CRASH }));
  world.silent.add('recover-agent');
  world.pass(1_000);
  world.send({ type: 'agent-unrecoverable', agent: 'coder', turn: 1, reason: 'no checkpoint is whole' });
  expect(statusOf(world.session)).toBe('failed');
});

test('a recovery that a full disk stopped is done again when space is back, and the session does not fail', () => {
  const world = new CoreWorld((turn) => ({
    ms: 3_000,
    ...(turn.number === 1 ? { failure: CRASH } : {}),
    changed: true,
  }));
  world.silent.add('recover-agent');
  world.pass(3_000);
  world.send({ type: 'disk-filled', path: 'snapshots.git/' });
  world.send({ type: 'agent-unrecoverable', agent: 'coder', turn: 1, reason: 'No space left on device' });
  expect(statusOf(world.session)).toBe('paused');
  world.silent.delete('recover-agent');
  world.send({ type: 'probed', diskFreeBytes: 1e12, sessionBytes: 1, agentRssBytes: null, writable: true });
  expect(world.asked('recover-agent')).toHaveLength(2);
  world.pass(20_000);
  expect(statusOf(world.session)).toBe('running');
  expect(world.session.usage.recoveries).toBe(1);
});

test('a stop that comes while a recovery waits for the disk ends all the same, and the next life recovers', () => {
  const world = new CoreWorld(() => ({ ms: 3_000, failure: CRASH }));
  world.silent.add('recover-agent');
  world.pass(3_000);
  world.send({ type: 'disk-filled', path: 'snapshots.git/' });
  world.send({ type: 'agent-unrecoverable', agent: 'coder', turn: 1, reason: 'No space left on device' });
  world.send({ type: 'signal-received', signal: 'TERM' });
  expect(statusOf(world.session)).toBe('interrupted');
  world.silent.delete('recover-agent');
  world.start();
  expect(world.asked('recover-agent').at(-1)).toMatchObject({
    turn: { number: 1 },
    failure: { kind: 'harness-death' },
  });
});
