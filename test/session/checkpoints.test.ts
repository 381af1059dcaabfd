// When checkpoints are written, and how a session comes back: resume, restore, the clock that goes on.
import { expect, test } from 'vitest';
import { phaseClockMs } from '../../src/session/clock.ts';
import { created, type Session } from '../../src/session/state.ts';
import { step } from '../../src/session/step.ts';
import { statusOf } from '../../src/session/words.ts';
import { CoreWorld, CRASH, PLAN } from '../support/core-world.ts';

const PATIENT = { ...PLAN, turn: { ...PLAN.turn, maxMs: 1e9, stallMs: 1e9 } };

function triggers(world: CoreWorld): string[] {
  return world.asked('write-checkpoint').map(({ trigger }) => trigger);
}

test('at the start, by interval, at the end of each phase, numbered without gaps', () => {
  const world = new CoreWorld();
  world.pass(400_000);
  expect(triggers(world)[0]).toBe('start');
  expect(triggers(world).filter((trigger) => trigger === 'interval').length).toBeGreaterThanOrEqual(4);
  expect(triggers(world).filter((trigger) => trigger === 'phase-end')).toHaveLength(2);
  const numbers = world.asked('write-checkpoint').map(({ number }) => number);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
});

test('after 100 tool calls and after 500,000 tokens', () => {
  const world = new CoreWorld(() => ({ ms: 1e9 }), PATIENT);
  for (let n = 0; n < 100; n++) world.send({ type: 'tool-called', agent: 'coder', turn: 1, tool: 'x', ok: true });
  expect(triggers(world)).toEqual(['start', 'tool-calls']);
  world.send({
    type: 'tokens-used',
    agent: 'coder',
    turn: 1,
    total: 500_000,
    prompt: null,
    completion: null,
    source: 'agent',
  });
  expect(triggers(world)).toEqual(['start', 'tool-calls', 'tokens']);
});

test('what comes due while one is being written waits as one', () => {
  const world = new CoreWorld(() => ({ ms: 1e9 }), PATIENT);
  world.silent.add('write-checkpoint');
  world.send({ type: 'checkpoint-requested', by: 'a' });
  world.send({ type: 'checkpoint-requested', by: 'b' });
  world.send({ type: 'checkpoint-requested', by: 'c' });
  expect(triggers(world)).toEqual(['start', 'request']);
  world.send({
    type: 'checkpoint-written',
    number: 2,
    trigger: 'request',
    sha256: 'x',
    commit: 'c',
    files: 1,
    bytes: 1,
    tookMs: 1,
  });
  expect(triggers(world)).toEqual(['start', 'request', 'request']);
});

test('one that fails is tried again soon and its number is not used again', () => {
  const world = new CoreWorld(() => ({ ms: 1e9 }), PATIENT);
  world.silent.add('write-checkpoint');
  world.send({ type: 'checkpoint-requested', by: 'a' });
  world.send({ type: 'checkpoint-failed', number: 2, trigger: 'request', reason: 'ENOSPC' });
  expect(world.session.checkpoints.failed).toBe(1);
  world.pass(30_000);
  expect(world.asked('write-checkpoint').map(({ number }) => number)).toEqual([1, 2, 3]);
});

test('a harness that died is followed by one that goes on: same phase, counters, task, and nothing forgotten', () => {
  const world = new CoreWorld(() => ({ ms: 20_000, changed: true }), PATIENT);
  world.pass(130_000);
  world.send({
    type: 'tokens-used',
    agent: 'coder',
    turn: world.session.nextTurn - 1,
    total: 777,
    prompt: null,
    completion: null,
    source: 'agent',
  });
  const before = world.session;
  world.start();
  expect(world.session.stage).toEqual({ is: 'working', phase: 1 });
  expect(world.session.usage.tokens).toBe(777);
  expect(world.session.clock.workingMs).toBe(before.clock.workingMs);
  expect(world.asked('recover-agent').at(-1)).toMatchObject({ failure: { kind: 'harness-death' } });
  expect(world.session.usage.failures).toBe(0);
  world.pass(400_000);
  expect(statusOf(world.session)).toBe('complete');
  expect(world.session.clock.workingMs).toBeLessThanOrEqual(311_000);
});

test('an interrupted session goes on with the very task it was at', () => {
  const world = new CoreWorld(() => ({ ms: 50_000, changed: true }), PATIENT);
  world.pass(60_000);
  world.send({ type: 'task-named', agent: 'coder', turn: 2, task: 'its-own-id' });
  world.send({ type: 'signal-received', signal: 'INT' });
  expect(statusOf(world.session)).toBe('interrupted');
  world.start();
  expect(world.session.stage).toEqual({ is: 'working', phase: 0 });
  expect(world.asked('start-agent').at(-1)).toMatchObject({ turn: { number: 3, task: 2, resume: 'its-own-id' } });
});

test('a harness that dies while judging judges again', () => {
  const world = new CoreWorld(() => ({ ms: 5_000, changed: true }), PATIENT);
  world.silent.add('judge');
  world.send({ type: 'stop-requested', by: 'test' });
  expect(world.session.stage.is).toBe('judging');
  world.silent.clear();
  world.start();
  expect(statusOf(world.session)).toBe('complete');
});

test('a restore while running: stopped, saved, restored, gone on; what is spent stays spent', () => {
  const world = new CoreWorld(() => ({ ms: 1e9 }), PATIENT);
  world.pass(60_000);
  world.send({ type: 'restore-requested', by: 'test', number: 1, rewindClock: false });
  expect(triggers(world).at(-1)).toBe('request');
  expect(world.asked('restore-checkpoint')).toMatchObject([{ number: 1 }]);
  expect(world.session.stage).toEqual({ is: 'working', phase: 0 });
  expect(world.session.clock.workingMs).toBe(60_000);
  expect(phaseClockMs(world.session.clock)).toBe(60_000);
});

test('--rewind-clock repeats the phases, and only the phase clock goes back', () => {
  const world = new CoreWorld(() => ({ ms: 1e9 }), PATIENT);
  world.pass(160_000);
  expect(world.session.stage).toMatchObject({ phase: 1 });
  world.send({ type: 'restore-requested', by: 'test', number: 1, rewindClock: true });
  expect(world.session.stage).toEqual({ is: 'working', phase: 0 });
  expect(phaseClockMs(world.session.clock)).toBe(10_000);
  expect(world.session.clock.workingMs).toBe(160_000);
});

test('a harness that dies in the middle of a restore restores again before anything else', () => {
  const world = new CoreWorld(() => ({ ms: 1e9 }), PATIENT);
  world.pass(60_000);
  world.silent.add('restore-checkpoint');
  world.send({ type: 'restore-requested', by: 'test', number: 1, rewindClock: false });
  world.silent.clear();
  const starts = world.asked('start-agent').length;
  world.start();
  expect(world.asked('restore-checkpoint')).toHaveLength(2);
  expect(world.asked('start-agent').length).toBe(starts + 1);
  expect(world.session.stage).toEqual({ is: 'working', phase: 0 });
});

test('no checkpoint is taken of a half restored workspace', () => {
  const world = new CoreWorld(() => ({ ms: 1e9 }), PATIENT);
  world.pass(60_000);
  world.silent.add('restore-checkpoint');
  world.send({ type: 'restore-requested', by: 'test', number: 1, rewindClock: false });
  const written = world.asked('write-checkpoint').length;
  world.send({ type: 'signal-received', signal: 'TERM' });
  expect(world.asked('write-checkpoint')).toHaveLength(written);
  expect(statusOf(world.session)).toBe('interrupted');
});

test('replaying the journal gives the very same state, and so the same decisions', () => {
  const world = new CoreWorld((turn) =>
    turn.number % 3 === 0
      ? { ms: 4_000, failure: { kind: 'llm-error', key: 'l', text: 'l' } }
      : { ms: 9_000, changed: true },
  );
  world.pass(400_000);
  let session: Session | null = null;
  for (const event of world.events) {
    if (event.type === 'session-created') session = created(event.plan);
    if (session !== null) session = step(session, event)[0];
  }
  expect(session).toEqual(world.session);
});

test('with checkpoints switched off none is written and the session still ends', () => {
  const world = new CoreWorld(undefined, { ...PLAN, checkpoints: { ...PLAN.checkpoints, enabled: false } });
  world.pass(400_000);
  expect(triggers(world)).toEqual([]);
  expect(statusOf(world.session)).toBe('complete');
});

test('no number is given twice, though a damaged journal forgot checkpoints whose files are there', () => {
  const world = new CoreWorld();
  world.pass(10_000);
  world.send({
    type: 'harness-started',
    incarnation: 2,
    version: 'test',
    pid: 1,
    pauseLimitMs: null,
    lastCheckpoint: 40,
  });
  world.send({ type: 'checkpoint-requested', by: 'test' });
  expect(world.asked('write-checkpoint').at(-1)?.number).toBe(41);
});

test('a checkpoint that comes due while an agent is recovered waits for it, and nobody is woken meanwhile', () => {
  const world = new CoreWorld(() => ({ ms: 45_000, failure: CRASH }));
  world.silent.add('recover-agent');
  world.pass(49_000);
  const events = world.events.length;
  world.pass(5_000);
  expect(world.events.length - events).toBeLessThan(4);
});
