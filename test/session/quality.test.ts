// The quality of the code in the state: the curve, the best state, criteria that are carried on, what is open again.
import { expect, test } from 'vitest';
import type { Event, JudgedCriterion } from '../../src/session/event.ts';
import { lookedAtLast } from '../../src/session/looks.ts';
import { criteriaAtEndOf, unmetCriteria } from '../../src/session/quality.ts';
import { bestOf } from '../../src/session/state.ts';
import { CoreWorld, CRASH, PLAN } from '../support/core-world.ts';

type Point = Event & { type: 'quality-measured' };

function point(checkpoint: number, verdict: 'passed' | 'failed', change: Partial<Point> = {}): Point {
  return {
    type: 'quality-measured',
    checkpoint,
    workingMs: checkpoint * 1_000,
    settled: true,
    verdict,
    text: verdict === 'passed' ? '9 tests passed' : '1 of 9 tests failed',
    tests: 9,
    failed: verdict === 'passed' ? 0 : 1,
    open: verdict === 'passed' ? [] : ['a test fails'],
    criteria: [],
    ...change,
  };
}

function criterion(verdict: JudgedCriterion['verdict'], text = 'compiles', phase = 0): JudgedCriterion {
  return { phase, text, verdict, evidence: 'cargo build: exit code 101' };
}

const IDLE = () => ({ ms: 1_000, changed: false });
const LIGHT = { ...PLAN, light: 'checkpoints', advanceWhenDone: true } as const;

test('the best state is green with the most tests, the newest of equals; a red one never is', () => {
  const world = new CoreWorld();
  expect(bestOf(world.session)).toBeNull();
  world.send(point(1, 'failed', { tests: 90 }));
  expect(bestOf(world.session)).toBeNull();
  expect(world.session.findings).toEqual(['a test fails']);
  for (const [number, tests] of [
    [2, 10],
    [3, 30],
    [4, 30],
    [5, 20],
  ] as const)
    world.send(point(number, 'passed', { tests }));
  world.send(point(6, 'failed', { tests: 99 }));
  expect(bestOf(world.session)?.checkpoint).toBe(4);
  expect(world.session.quality.map(({ checkpoint }) => checkpoint)).toEqual([1, 2, 3, 4, 5, 6]);
});

test('a look that comes late takes its place in the curve and does not bring old findings back', () => {
  const world = new CoreWorld();
  world.send(point(5, 'passed'));
  world.send(point(3, 'failed'));
  expect(world.session.quality.map(({ checkpoint, workingMs }) => [checkpoint, workingMs])).toEqual([
    [3, 3_000],
    [5, 5_000],
  ]);
  expect(world.session.findings).toEqual([]);
});

test('a criterion that was not met is a task of the next phase, before its own, and is judged again at its end', () => {
  const world = new CoreWorld(undefined, LIGHT);
  world.pass(110_000);
  expect(world.session.stage).toMatchObject({ is: 'working', phase: 1 });
  world.send(point(3, 'failed', { criteria: [criterion('failed'), criterion('inconclusive', 'is nice')] }));
  const [first] = world.session.tasks;
  expect(first).toMatchObject({
    text: 'Meet a success criterion of the phase bootstrap: compiles (cargo build: exit code 101)',
  });
  expect(unmetCriteria(world.session).map(({ text }) => text)).toEqual(['compiles']);
  expect(criteriaAtEndOf(world.session, 1)).toEqual([
    { phase: 0, text: 'compiles' },
    { phase: 0, text: 'is nice' },
  ]);
  world.pass(15_000);
  expect(world.asked('start-agent').map(({ turn }) => turn.task)).toContain(first?.id);
  world.send(point(9, 'passed', { criteria: [criterion('passed'), criterion('inconclusive', 'is nice')] }));
  expect(unmetCriteria(world.session)).toEqual([]);
  expect(world.session.criteria[0]).toMatchObject({ verdict: 'failed', checkpoint: 3, metAt: 9 });
});

test('with looks beside the work the clock skips only when what stands was looked at and is green', () => {
  const world = new CoreWorld(IDLE, LIGHT);
  world.pass(20_000);
  expect(world.agent().at.is).toBe('satisfied');
  expect(world.session.stage).toMatchObject({ is: 'working', phase: 0 });
  const asked = world.asked('write-checkpoint').filter(({ trigger }) => trigger === 'standstill');
  expect(asked).toHaveLength(1);
  // A look at what stood before says nothing about what stands now.
  world.send(point(1, 'passed'));
  expect(world.session.stage).toMatchObject({ is: 'working', phase: 0 });
  world.send(point(asked[0]?.number ?? 0, 'passed'));
  expect(world.session.stage).toMatchObject({ is: 'working', phase: 1 });
});

test('red code that nobody would look at is a task again, once; a phase that stays red ends on time', () => {
  const world = new CoreWorld(IDLE, LIGHT);
  world.pass(20_000);
  const turns = world.asked('start-agent').length;
  const number = () => world.asked('write-checkpoint').at(-1)?.number ?? 0;
  world.send(point(number(), 'failed'));
  expect(world.session.tasks[0]?.text).toBe('Make the build and the tests pass: 1 of 9 tests failed');
  world.pass(10_000);
  expect(world.asked('start-agent').length).toBe(turns + 2);
  expect(world.agent().at.is).toBe('satisfied');
  world.send(point(number(), 'failed'));
  world.pass(10_000);
  expect(world.asked('start-agent').length).toBe(turns + 2);
  expect(world.session.stage).toMatchObject({ is: 'working', phase: 0 });
  world.pass(61_000);
  expect(world.session.stage).toMatchObject({ is: 'working', phase: 1 });
});

test('what could not be measured does not let the clock skip', () => {
  const world = new CoreWorld(IDLE, LIGHT);
  world.pass(20_000);
  world.send(point(world.asked('write-checkpoint').at(-1)?.number ?? 0, 'passed', { verdict: 'inconclusive' }));
  world.pass(10_000);
  expect(world.session.stage).toMatchObject({ is: 'working', phase: 0 });
});

test('what a failed turn left behind is looked at anew, not taken for what was looked at before', () => {
  const failing = () => ({ ms: 55_000, failure: CRASH, changed: true });
  const world = new CoreWorld(failing, { ...LIGHT, turn: { ...PLAN.turn, stallMs: 1e9 } });
  world.pass(54_000);
  world.send(point(world.session.checkpoints.next - 1, 'passed'));
  expect(lookedAtLast(world.session)).not.toBeNull();
  world.pass(2_000);
  expect(world.asked('recover-agent')).toHaveLength(1);
  expect(lookedAtLast(world.session)).toBeNull();
});

test('a criterion is a task of its own beside one whose words begin with its own', () => {
  const world = new CoreWorld(undefined, LIGHT);
  world.pass(110_000);
  world.send(point(3, 'failed', { criteria: [criterion('failed', 'compiles without warnings')] }));
  world.send(point(4, 'failed', { criteria: [criterion('failed')] }));
  expect(world.session.tasks.slice(0, 2).map(({ text }) => text)).toEqual([
    'Meet a success criterion of the phase bootstrap: compiles (cargo build: exit code 101)',
    'Meet a success criterion of the phase bootstrap: compiles without warnings (cargo build: exit code 101)',
  ]);
});
