// Turns in circles: a notice first, a fresh turn then; and five that only look like it are left alone.
import { expect, test } from 'vitest';
import type { Event } from '../../src/session/event.ts';
import { CoreWorld } from '../support/core-world.ts';

const OF = { agent: 'coder', turn: 1 } as const;
const call = (name: string, tool = 'file_read', ok = true): Event => ({
  type: 'tool-called',
  ...OF,
  tool,
  ok,
  call: name,
});
const step = (n: number): Event => ({ type: 'agent-stepped', ...OF, step: n });

function after(events: readonly Event[]): CoreWorld {
  const world = new CoreWorld(() => ({ ms: 500_000, changed: true }));
  world.pass(1_000);
  for (const event of events) world.send(event);
  return world;
}

const times = (n: number, events: readonly Event[]) => Array.from({ length: n }, () => events).flat();

test.each([
  ['the same call again and again', times(6, [call('a')])],
  ['two calls by turns', times(5, [call('a'), call('b')])],
  ['a monologue', Array.from({ length: 8 }, (_, i) => step(i))],
])('%s: it is told so, and nothing is stopped yet', (_, events) => {
  const world = after(events);
  expect(world.asked('write-notice')).toHaveLength(1);
  expect(world.agent().at.is).toBe('running');
});

test('when it goes on in circles after the notice, the turn is ended and the task begins afresh with a hint', () => {
  const world = after(times(12, [call('a')]));
  world.pass(9_000);
  expect(world.asked('recover-agent')).toMatchObject([{ failure: { kind: 'loop' } }]);
  expect(world.agent().at).toMatchObject({
    turn: { number: 2, resume: null, hint: expect.stringContaining('circles') },
  });
});

test.each([
  ['the same file written again and again', times(20, [call('w', 'file_write')])],
  ['tests after every edit', times(20, [call('e', 'file_edit'), call('cargo test', 'shell_exec')])],
  ['many different files read', Array.from({ length: 40 }, (_, i) => call(`read ${i}`))],
  [
    'a build asked five times whether it is done',
    [...times(5, [call('poll')]), call('other'), ...times(5, [call('poll')])],
  ],
  ['many steps, each with a call', Array.from({ length: 40 }, (_, i) => [step(i), call(`x${i}`)]).flat()],
])('%s only looks like a loop', (_, events) => {
  const world = after(events);
  expect(world.asked('write-notice')).toEqual([]);
  expect(world.asked('recover-agent')).toEqual([]);
});

const timedOut = (name: string): Event => ({ type: 'tool-timed-out', ...OF, tool: 'shell_exec', call: name });

test('one call that timed out is left to the agent; the same one twice starts the turn again', () => {
  expect(after([timedOut('a'), timedOut('b'), timedOut('a')]).asked('recover-agent')).toEqual([]);
  const world = after([timedOut('a'), timedOut('a')]);
  expect(world.asked('recover-agent')).toMatchObject([{ failure: { kind: 'tool-timeout' } }]);
});

test('who says it is done though nothing changed is told so once, with the same task', () => {
  const world = new CoreWorld((turn) => ({ ms: 5_000, changed: turn.number > 2 }));
  world.send({ type: 'completion-claimed', ...OF });
  world.pass(5_001);
  expect(world.asked('start-agent')[1]).toMatchObject({ turn: { task: 1, hint: expect.stringContaining('nothing') } });
});
