// Which snapshots may go: old ones between the marks of the way, never what anybody would want back.
import { expect, test } from 'vitest';
import type { Trigger } from '../../src/session/event.ts';
import { created, type Quality, type Session } from '../../src/session/state.ts';
import { thinnable } from '../../src/session/thinning.ts';
import { CoreWorld, PLAN } from '../support/core-world.ts';

const numbered = (count: number, special: Readonly<Record<number, Trigger>> = {}) =>
  Array.from({ length: count }, (_, at) => ({ number: at + 1, trigger: special[at + 1] ?? ('interval' as Trigger) }));

const green = (checkpoint: number): Quality => ({
  checkpoint,
  workingMs: 0,
  verdict: 'passed',
  tests: 9,
  failed: 0,
  settled: true,
});

function session(more: Partial<Session>): Session {
  return { ...created(PLAN), ...more };
}

test('the newest five, every tenth, phase ends, wishes of a person and the first stay', () => {
  const special = { 1: 'start', 4: 'phase-end', 6: 'request' } as const;
  expect(thinnable(session({}), numbered(18, special))).toEqual([2, 3, 5, 7, 8, 9, 11, 12, 13]);
  expect(thinnable(session({}), numbered(5))).toEqual([]);
});

test('the best one, the last acknowledged one, one in flight and one that is being restored stay', () => {
  const { checkpoints } = created(PLAN);
  const book = {
    ...checkpoints,
    last: { number: 3, workingMs: 0 },
    inFlight: { number: 4, trigger: 'stop', askedMs: 0 } as const,
  };
  const restore = { number: 5, by: 'Ada', rewindClock: false, begun: false };
  const quality = [green(7), { ...green(6), tests: 3 }];
  expect(thinnable(session({ checkpoints: book, restore, quality }), numbered(12))).toEqual([1, 2, 6]);
});

test('what is given up is told first and removed then', () => {
  const world = new CoreWorld();
  world.pass(10_000);
  world.send({ type: 'checkpoints-thinned', numbers: [2, 3] });
  expect(world.commands.at(-1)).toEqual({ type: 'thin-snapshots', numbers: [2, 3] });
});
