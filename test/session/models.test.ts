// What the gateway tells: windows park the session, models that do not answer end the turn, never a thousand tries.
import { expect, test } from 'vitest';
import type { Event } from '../../src/session/event.ts';
import { statusOf } from '../../src/session/words.ts';
import { CoreWorld, PLAN } from '../support/core-world.ts';
import { called } from './calls.ts';

const METERED = { ...PLAN, metered: true };
const LONG = () => ({ ms: 500_000, changed: true });

function closed(waitMs: number): Event {
  return { type: 'window-closed', agent: 'coder', turn: 1, upstream: 'primary', waitMs, text: 'usage limit reached' };
}

test('a usage window parks the session: turns are kept, the clock stands, and work goes on by itself', () => {
  const world = new CoreWorld(LONG, { ...METERED, limits: { ...PLAN.limits, pauseLimitMs: 60_000 } });
  world.pass(20_000);
  world.send(closed(600_000));
  expect(statusOf(world.session)).toBe('paused');
  expect(world.session.pauses).toMatchObject([{ because: 'window', untilMs: 620_000 }]);
  world.pass(599_000);
  expect(statusOf(world.session)).toBe('paused');
  const { workingMs } = world.session.clock;
  world.pass(2_000);
  expect(statusOf(world.session)).toBe('running');
  expect(world.session.clock.workingMs - workingMs).toBeLessThan(2_000);
  expect(world.agent().at).toMatchObject({ is: 'running', turn: { number: 2, task: 1, attempt: 1 } });
  expect(world.session.usage).toMatchObject({ windows: 1, failures: 0 });
});

test('windows are waited for so many times, then a person is asked; 0 waits for none', () => {
  const world = new CoreWorld(LONG, { ...METERED, limits: { ...PLAN.limits, windows: 0 } });
  world.pass(5_000);
  world.send(closed(600_000));
  expect(world.session.pauses).toMatchObject([{ because: 'failure' }]);
  expect(world.alerts.at(-1)).toContain('waiting for usage windows is switched off');
});

test('a deterministic failure of every model gives up after the ladder, each try after a wait, and tells a person', () => {
  const world = new CoreWorld(LONG, METERED);
  for (let tries = 0; tries < 50 && statusOf(world.session) !== 'paused'; tries++) {
    const { at } = world.agent();
    if (at.is === 'running')
      world.send({
        type: 'models-exhausted',
        agent: 'coder',
        turn: at.turn.number,
        text: 'status 500',
        injected: false,
      });
    world.pass(1_000);
  }
  expect(statusOf(world.session)).toBe('paused');
  expect(world.asked('start-agent')).toHaveLength(5);
  expect(world.alerts.at(-1)).toContain('no model answers: status 500');
});

test('from the third same failure on the agent’s own saved state is not trusted any more', () => {
  const world = new CoreWorld(() => ({ ms: 500_000 }), METERED);
  for (let tries = 0; tries < 3; tries++) {
    const { at } = world.agent();
    if (at.is !== 'running') throw new Error(`it is ${at.is}`);
    world.send({ type: 'models-exhausted', agent: 'coder', turn: at.turn.number, text: 'status 500', injected: false });
    world.pass(9_000);
  }
  const turns = world.asked('start-agent').map(({ turn }) => [turn.resume !== null, turn.hint !== null]);
  expect(turns).toEqual([
    [false, false],
    [true, false],
    [true, false],
    [false, true],
  ]);
});

test('calls that fail one after the other end the turn, an answer between them does not', () => {
  const world = new CoreWorld(LONG, METERED);
  world.pass(1_000);
  const fail = () =>
    world.send(called(1, { outcome: 'failed', status: 400, prompt: 0, completion: 0, text: 'bad request' }));
  for (let n = 0; n < 7; n++) fail();
  world.send(called(1));
  for (let n = 0; n < 7; n++) fail();
  expect(world.agent().at.is).toBe('running');
  fail();
  expect(world.asked('recover-agent')).toMatchObject([{ failure: { kind: 'llm-error' } }]);
});

test('a rule of the configuration that matched decides instead: pause at once, or another prompt', () => {
  const send = (action: 'pause_and_alert' | 'retry_with_modification') => {
    const world = new CoreWorld(LONG, METERED);
    world.pass(1_000);
    world.send({
      type: 'models-exhausted',
      agent: 'coder',
      turn: 1,
      text: 'permission denied',
      injected: false,
      action,
    });
    world.pass(9_000);
    return world;
  };
  expect(statusOf(send('pause_and_alert').session)).toBe('paused');
  const { at } = send('retry_with_modification').agent();
  expect(at).toMatchObject({
    is: 'running',
    turn: { number: 2, resume: null, hint: expect.stringContaining('parsed') },
  });
});
