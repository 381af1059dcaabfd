// What counts as got over: an episode, within its time, and what was injected told apart from what was not.
import { expect, test } from 'vitest';
import { figuresOf, recoveryLimitMs } from '../../src/report/recovery-figures.ts';
import type { FailureRecord } from '../../src/report/troubles.ts';
import { CoreWorld, CRASH, PLAN, type Play } from '../support/core-world.ts';
import { lastOf, momentsOf } from './stories.ts';

function failure(
  episode: number,
  recoveredAfterMs: number | null,
  agent: string | null = 'coder',
  cutOff = false,
): FailureRecord {
  return {
    wall: '',
    agent,
    turn: 1,
    kind: 'process-crash',
    text: 'x',
    evidence: ['x'],
    action: 'y',
    workspace: null,
    injected: false,
    episode,
    recoveredAfterMs,
    atMs: 0,
    cutOff,
    chance: { sinceWorkingMs: 0, neededMs: 0, used: !cutOff, awaits: 'progress' },
  };
}

test('an episode is got over up to its limit and not a millisecond later; waiting for space or a person has none', () => {
  expect(figuresOf([failure(1, 1_000)], 1_000)).toMatchObject({ episodes: 1, recovered: 1, rate: 1, medianMs: 1_000 });
  expect(figuresOf([failure(1, 1_001)], 1_000)).toMatchObject({ episodes: 1, recovered: 0, rate: 0, medianMs: null });
  expect(figuresOf([failure(1, 9_000, null)], 1_000)).toMatchObject({ recovered: 1 });
  expect(figuresOf([failure(1, null)], 1_000)).toMatchObject({ recovered: 0 });
  expect(figuresOf([], 1_000)).toEqual({
    episodes: 0,
    recovered: 0,
    cutOff: 0,
    rate: null,
    medianMs: null,
    p95Ms: null,
  });
});

test('the same failure again before any progress is one episode, timed from its first', () => {
  expect(figuresOf([failure(1, 900), failure(1, 100)], 1_000)).toMatchObject({
    episodes: 1,
    recovered: 1,
    medianMs: 900,
  });
  expect(figuresOf([failure(1, 1_900), failure(1, 100)], 1_000)).toMatchObject({ episodes: 1, recovered: 0 });
});

test('what was cut off counts neither way; a try that was made and failed stays failed, whatever came after', () => {
  const cut = (episode: number) => failure(episode, null, 'coder', true);
  const figures = (...failures: FailureRecord[]) => figuresOf(failures, 1_000);
  expect(figures(failure(1, 900), cut(2))).toMatchObject({ episodes: 2, recovered: 1, cutOff: 1, rate: 1 });
  expect(figures(cut(1))).toMatchObject({ episodes: 1, recovered: 0, cutOff: 1, rate: null });
  expect(figures(failure(1, null), cut(1))).toMatchObject({ episodes: 1, recovered: 0, cutOff: 0, rate: 0 });
});

/** Turn 1 works until the last phase has `leftMs` left, then crashes; what the others do is told. */
function crashNearTheEnd(leftMs: number, others: Play): CoreWorld {
  const world = new CoreWorld((turn) => (turn.number === 1 ? { ms: 100_000 - leftMs, failure: CRASH } : others), ONE);
  world.pass(100_000);
  return world;
}

const ONE = {
  ...PLAN,
  phases: PLAN.phases.slice(0, 1),
  turn: { ...PLAN.turn, maxMs: 200_000, stallMs: 200_000 },
};

function lastFailure(world: CoreWorld): FailureRecord | undefined {
  return momentsOf(world, ONE).at(-1)?.ledger.troubles.failures.at(-1);
}

test('a crash with no time left for back-off and a turn is cut off; with time left it has to be got over', () => {
  expect(lastFailure(crashNearTheEnd(3_000, { ms: 90_000 }))).toMatchObject({ cutOff: true, recoveredAfterMs: null });
  expect(lastFailure(crashNearTheEnd(20_000, { ms: 90_000 }))).toMatchObject({ cutOff: false, recoveredAfterMs: null });
  expect(lastFailure(crashNearTheEnd(20_000, { ms: 9_000, changed: true }))).toMatchObject({
    cutOff: false,
    recoveredAfterMs: expect.any(Number),
  });
});

test('a session that gave up and waited for a person was not cut off when that person stops it', () => {
  const plan = { ...ONE, recovery: { ...ONE.recovery, auto: false } };
  const world = new CoreWorld(() => ({ ms: 20_000, failure: CRASH }), plan);
  world.pass(30_000);
  world.send({ type: 'stop-requested', by: 'person' });
  world.pass(10_000);
  expect(momentsOf(world, plan).at(-1)?.ledger.troubles.failures).toMatchObject([{ cutOff: false }]);
});

test('an interrupt while the judge is at work is got over when the next life judges', () => {
  const world = new CoreWorld(undefined, ONE);
  world.silent.add('judge');
  world.pass(100_000);
  expect(world.session.stage.is).toBe('judging');
  world.send({ type: 'signal-received', signal: 'INT' });
  world.pass(1_000);
  expect(lastFailure(world)).toMatchObject({ kind: 'interrupt', recoveredAfterMs: null, cutOff: false });
  world.silent.delete('judge');
  world.start();
  world.pass(5_000);
  expect(lastFailure(world)).toMatchObject({ kind: 'interrupt', recoveredAfterMs: expect.any(Number) });
});

test('the limit is ten minutes of six hours, scaled, two minutes at least', () => {
  const limit = (durationMs: number) => {
    const [phase] = PLAN.phases;
    if (phase === undefined) throw new Error('no phase');
    return recoveryLimitMs(new CoreWorld(undefined, { ...PLAN, phases: [{ ...phase, durationMs }] }).session);
  };
  expect([60_000, 4 * 3_600_000, 6 * 3_600_000, 12 * 3_600_000].map(limit)).toEqual([
    120_000, 400_000, 600_000, 600_000,
  ]);
});

test('what a fault brings about is injected, what only happens after it is not', () => {
  const world = new CoreWorld((turn) =>
    turn.number === 1 ? { ms: 3_000, failure: CRASH } : { ms: 9_000, changed: true },
  );
  world.send({ type: 'fault-injected', by: 'drill', fault: 'kill', agent: 'coder', turn: 1 });
  world.pass(30_000);
  const other = new CoreWorld((turn) =>
    turn.number === 1 ? { ms: 3_000, failure: CRASH } : { ms: 9_000, changed: true },
  );
  other.send({ type: 'fault-injected', by: 'drill', fault: 'small-disk', agent: 'coder', turn: 1 });
  other.pass(30_000);
  expect(lastOf(world).ledger.troubles.failures).toMatchObject([
    { injected: true, recoveredAfterMs: expect.any(Number) },
  ]);
  expect(lastOf(other).ledger.troubles.failures).toMatchObject([{ injected: false }]);
});

test('a full disk is a trouble of the session, got over when the pause ends', () => {
  const world = new CoreWorld();
  world.pass(1_000);
  world.send({ type: 'disk-filled', path: 'x' });
  world.pass(5_000);
  world.send({ type: 'probed', diskFreeBytes: 1e12, sessionBytes: 1, agentRssBytes: 1, writable: true });
  expect(lastOf(world).ledger.troubles.failures).toMatchObject([
    { agent: null, kind: 'disk-full', recoveredAfterMs: 5_000 },
  ]);
});

test('a turn that could not be started is told in the same form as any other failure', () => {
  const world = new CoreWorld();
  world.silent.add('start-agent');
  world.pass(10_000);
  const turn = world.asked('start-agent').at(-1)?.turn.number ?? 0;
  world.send({ type: 'agent-start-failed', agent: 'coder', turn, failure: { ...CRASH, kind: 'launch' } });
  const [failed] = lastOf(world).ledger.troubles.failures;
  expect(Object.keys(failed ?? {}).sort()).toEqual(Object.keys(failure(1, 1)).sort());
});
