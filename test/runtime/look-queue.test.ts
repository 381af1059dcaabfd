// Which checkpoint is looked at next beside the work, and when.
import { expect, test } from 'vitest';
import { type Look, NO_LOOKS, nextLook, rested, withLook } from '../../src/runtime/look-queue.ts';

function look(checkpoint: number, settled = false): Look {
  return { checkpoint, commit: 'c', workingMs: 0, settled, endOf: settled ? 0 : null };
}

function numberOf(queue: typeof NO_LOOKS, nowMs = 0): number | string {
  const next = nextLook(queue, nowMs);
  return next.is === 'look' ? next.look.checkpoint : next.is === 'wait' ? `in ${next.ms} ms` : next.is;
}

test('a later checkpoint takes the place of one that still waits', () => {
  const queue = [look(1), look(2), look(3)].reduce(withLook, NO_LOOKS);
  expect(numberOf(queue)).toBe(3);
  const next = nextLook(queue, 0);
  expect(next.is === 'look' && numberOf(next.left)).toBe('nothing');
});

test('ends of phases are all looked at, before what is ordinary, and replace what is older', () => {
  let queue = [look(1), look(2, true), look(3, true), look(4)].reduce(withLook, NO_LOOKS);
  const seen: number[] = [];
  for (let next = nextLook(queue, 0); next.is === 'look'; next = nextLook(queue, 0)) {
    seen.push(next.look.checkpoint);
    queue = next.left;
  }
  expect(seen).toEqual([2, 3, 4]);
});

test('after a look three times its length is left to the work, but the end of a phase does not wait', () => {
  const queue = rested(withLook(NO_LOOKS, look(5)), 1_000, 3_000);
  expect(numberOf(queue, 3_000)).toBe('in 6000 ms');
  expect(numberOf(queue, 8_999)).toBe('in 1 ms');
  expect(numberOf(queue, 9_000)).toBe(5);
  expect(numberOf(withLook(queue, look(6, true)), 3_000)).toBe(6);
});
