// Faults on purpose: only where allowed, at their times, into whoever works; and the drill where nothing failed by itself.
import { expect, test } from 'vitest';
import type { Plan } from '../../src/session/plan.ts';
import { CoreWorld, CRASH, PLAN } from '../support/core-world.ts';

const ASKED = { type: 'fault-requested', by: 'Ada', fault: 'kill', agent: null } as const;
const LONG = { ...PLAN, phases: PLAN.phases.map((phase) => ({ ...phase, durationMs: 300_000 })) };
const DRILL: Plan = { ...LONG, recovery: { ...PLAN.recovery, drill: true } };

test('a fault that was asked for is injected into whoever works, where chaos is allowed, and nowhere else', () => {
  const strict = new CoreWorld();
  strict.send(ASKED);
  expect(strict.asked('inject-fault')).toEqual([]);
  const world = new CoreWorld(() => ({ ms: 10_000 }), { ...PLAN, chaos: { allowed: true, schedule: [] } });
  world.send(ASKED);
  expect(world.asked('inject-fault')).toMatchObject([{ fault: 'kill', agent: 'coder', turn: 1, by: 'Ada' }]);
});

test('the schedule keeps its times on the phase clock and waits for an agent at work', () => {
  const schedule = [
    { atMs: 20_000, fault: 'hang', agent: null },
    { atMs: 20_000, fault: 'kill', agent: null },
  ] as const;
  const world = new CoreWorld(() => ({ ms: 50_000 }), { ...PLAN, chaos: { allowed: true, schedule } });
  world.pass(19_000);
  expect(world.asked('inject-fault')).toEqual([]);
  world.pass(11_000);
  expect(world.asked('inject-fault').map(({ fault }) => fault)).toEqual(['hang', 'kill']);
});

test('where nothing failed by 60 per cent, the next turn that begins is killed once', () => {
  const world = new CoreWorld(() => ({ ms: 10_000, changed: true }), DRILL);
  world.pass(359_000);
  expect(world.asked('inject-fault')).toEqual([]);
  world.pass(240_000);
  expect(world.asked('inject-fault')).toMatchObject([{ fault: 'kill', by: 'drill' }]);
});

test('a failure of its own, a short session, or recovery_drill = false makes the drill needless', () => {
  const script = (turn: { number: number }) =>
    turn.number === 2 ? { ms: 10, failure: CRASH } : { ms: 10_000, changed: true };
  for (const [plan, play] of [
    [DRILL, script],
    [{ ...PLAN, recovery: { ...PLAN.recovery, drill: true }, phases: PLAN.phases.slice(0, 1) }, () => ({ ms: 9_000 })],
    [LONG, () => ({ ms: 10_000, changed: true })],
  ] as const) {
    const world = new CoreWorld(play, plan);
    world.pass(700_000);
    expect(world.asked('inject-fault')).toEqual([]);
  }
});
