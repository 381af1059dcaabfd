// The quality curve in the state: points in order, the best is green with the most tests, findings reach the next prompts.
import { expect, test } from 'vitest';
import type { Event } from '../../src/session/event.ts';
import { bestOf } from '../../src/session/state.ts';
import { CoreWorld } from '../support/core-world.ts';

const point = (checkpoint: number, verdict: 'passed' | 'failed', tests: number): Event => ({
  type: 'quality-measured',
  checkpoint,
  verdict,
  text: 't',
  tests,
  failed: verdict === 'passed' ? 0 : 1,
  open: verdict === 'passed' ? [] : ['a test fails'],
});

test('the best state is green with the most tests, the newest of equals; a red one never is', () => {
  const world = new CoreWorld();
  expect(bestOf(world.session)).toBeNull();
  world.send(point(1, 'failed', 90));
  expect(bestOf(world.session)).toBeNull();
  expect(world.session.findings).toEqual(['a test fails']);
  for (const event of [point(2, 'passed', 10), point(3, 'passed', 30), point(4, 'passed', 30), point(5, 'passed', 20)])
    world.send(event);
  world.send(point(6, 'failed', 99));
  expect(bestOf(world.session)?.checkpoint).toBe(4);
  expect(world.session.quality.map(({ checkpoint }) => checkpoint)).toEqual([1, 2, 3, 4, 5, 6]);
});
