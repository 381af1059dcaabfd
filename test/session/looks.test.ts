// Which checkpoint is looked at next beside the work, and when; what a harness that died still owes is looked at by the next.
import { expect, test } from 'vitest';
import type { Event, Trigger } from '../../src/session/event.ts';
import { isTimeToLook, type Look, nextLook, restAfter } from '../../src/session/looks.ts';
import { created, readBack, type Session } from '../../src/session/state.ts';
import { thinnable } from '../../src/session/thinning.ts';
import { CoreWorld, PLAN } from '../support/core-world.ts';

const LIGHT = { ...PLAN, light: 'checkpoints', advanceWhenDone: true } as const;
const IDLE = () => ({ ms: 1_000, changed: false });

function look(checkpoint: number, settled = false): Look {
  return { checkpoint, commit: 'c', workingMs: 0, settled, endOf: settled ? 0 : null };
}

function numberOf(looks: readonly Look[], restUntilMs = 0, nowMs = 0): number | string {
  const next = nextLook(looks, restUntilMs, nowMs);
  return next.is === 'look' ? next.look.checkpoint : next.is === 'wait' ? `in ${next.ms} ms` : next.is;
}

function green(checkpoint: number): Event {
  const point = { checkpoint, workingMs: 1, settled: true, verdict: 'passed', text: '9 tests passed' } as const;
  return { type: 'quality-measured', ...point, tests: 9, failed: 0, open: [], criteria: [] };
}

function owed(world: CoreWorld): (readonly [number, boolean, number | null])[] {
  return world.session.looks.map(({ checkpoint, settled, endOf }) => [checkpoint, settled, endOf]);
}

function written(world: CoreWorld, trigger: Trigger): readonly number[] {
  return world.asked('write-checkpoint').flatMap((one) => (one.trigger === trigger ? [one.number] : []));
}

test('settled looks come first, the oldest of them first; then what is ordinary', () => {
  expect(numberOf([look(2, true), look(3, true), look(4)])).toBe(2);
  expect(numberOf([look(4), look(5, true)])).toBe(5);
  expect(numberOf([look(4)])).toBe(4);
  expect(numberOf([])).toBe('nothing');
});

test('after a look three times its length is left to the work, but the end of a phase does not wait', () => {
  const restUntilMs = restAfter(1_000, 3_000);
  expect(numberOf([look(5)], restUntilMs, 3_000)).toBe('in 6000 ms');
  expect(numberOf([look(5)], restUntilMs, 8_999)).toBe('in 1 ms');
  expect(numberOf([look(5)], restUntilMs, 9_000)).toBe(5);
  expect(numberOf([look(5), look(6, true)], restUntilMs, 3_000)).toBe(6);
});

test('a later checkpoint takes the place of one that still waits; the end of a phase keeps its own', () => {
  const world = new CoreWorld(undefined, { ...LIGHT, advanceWhenDone: false });
  expect(owed(world)).toEqual([[1, false, null]]);
  world.pass(60_000);
  expect(owed(world)).toEqual([[2, false, null]]);
  world.pass(100_000);
  const [ended = 0] = written(world, 'phase-end');
  const newest = world.session.checkpoints.next - 1;
  expect(newest).toBeGreaterThan(ended);
  expect(owed(world)).toEqual([
    [ended, true, 0],
    [newest, false, null],
  ]);
  world.start();
  expect(owed(world)).toEqual([
    [ended, true, 0],
    [newest, false, null],
  ]);
  world.send(green(ended));
  expect(owed(world)).toEqual([[newest, false, null]]);
});

test('only what ends a phase is looked at where that is wanted; nothing where nobody looks, or the judge will', () => {
  const ends = new CoreWorld(undefined, { ...PLAN, light: 'phase-ends' });
  ends.pass(150_000);
  expect(owed(ends)).toEqual([[written(ends, 'phase-end')[0], true, 0]]);
  ends.pass(200_000);
  expect(ends.session.stage.is).toBe('done');
  expect(ends.session.looks).toHaveLength(1);
  const off = new CoreWorld();
  off.pass(150_000);
  expect(off.session.looks).toEqual([]);
});

test.each(['checkpoints', 'phase-ends'] as const)(
  'with %s: the look that the clock waits for is owed by the next life of the harness when this one is killed',
  (light) => {
    const world = new CoreWorld(IDLE, { ...LIGHT, light });
    world.pass(20_000);
    const [number = 0] = written(world, 'standstill');
    world.start();
    expect(owed(world)).toEqual([[number, true, null]]);
    expect(isTimeToLook(world.session)).toBe(true);
    // It is not asked for again, so nothing but that look lets the clock skip.
    world.pass(5_000);
    expect(written(world, 'standstill')).toEqual([number]);
    expect(world.session.stage).toMatchObject({ is: 'working', phase: 0 });
    world.send(green(number));
    expect(world.session.stage).toMatchObject({ is: 'working', phase: 1 });
    expect(owed(world)).toEqual([[number + 1, true, 0]]);
  },
);

test('a standstill that was being written when the harness was killed is written again, and looked at', () => {
  const world = new CoreWorld(IDLE, { ...LIGHT, light: 'phase-ends' });
  world.silent.add('write-checkpoint');
  world.pass(20_000);
  expect(written(world, 'standstill')).toHaveLength(1);
  world.silent.clear();
  world.start();
  const again = written(world, 'standstill')[1];
  expect(owed(world)).toEqual([[again, true, null]]);
});

test('what a signal saves is looked at when the session goes on, not while it stops', () => {
  const world = new CoreWorld(undefined, LIGHT);
  world.pass(15_000);
  world.send({ type: 'signal-received', signal: 'TERM' });
  expect(isTimeToLook(world.session)).toBe(false);
  world.pass(5_000);
  expect(world.session.stage.is).toBe('done');
  world.start();
  expect(owed(world)).toEqual([[written(world, 'stop').at(-1), false, null]]);
});

test('a turn that began while the standstill was saved may be in it: that look is not settled', () => {
  const world = new CoreWorld(IDLE, LIGHT);
  world.silent.add('write-checkpoint');
  world.pass(20_000);
  const [number = 0] = written(world, 'standstill');
  // A late look at what stood before has found red code: there is something to do again.
  world.send({ ...green(1), criteria: [{ phase: 0, text: 'compiles', verdict: 'failed', evidence: 'tsc' }] } as Event);
  expect(world.agent().at.is).toBe('running');
  const of = { number, trigger: 'standstill', sha256: 'x', commit: 'c', files: 1, bytes: 1, tookMs: 1 } as const;
  world.send({ type: 'checkpoint-written', ...of });
  expect(owed(world)).toEqual([[number, false, null]]);
});

test('the snapshot of a checkpoint that is still to be looked at is not given up', () => {
  const kept = [...Array(9).keys()].map((n) => ({ number: n + 1, trigger: 'standstill' as const }));
  const session: Session = { ...created(PLAN), looks: [look(2, true)] };
  expect(thinnable(session, kept)).toEqual([1, 3, 4]);
});

test('a state that was saved before looks were a part of it is read with none', () => {
  const { looks: _, ...older } = created(PLAN);
  expect(readBack(older as Session)).toEqual(created(PLAN));
});
