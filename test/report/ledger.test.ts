// The story of a session, folded from its journal: times add up, every failure has its end, nothing is told twice.
import { expect, test } from 'vitest';
import { FINAL_REPORT } from '../../src/report/final.ts';
import { CoreWorld, CRASH, PLAN } from '../support/core-world.ts';
import { CRASHING, lastOf, momentsOf, reportOf, STORIES } from './stories.ts';

test.each(Object.keys(STORIES))('%s: at every moment the times of the phases add up to the session time', (name) => {
  for (const { ledger, session } of momentsOf(STORIES[name]?.() ?? new CoreWorld())) {
    const sumMs = ledger.phases.reduce((sum, { workingMs }) => sum + workingMs, 0);
    expect(sumMs).toBe(session.clock.workingMs);
  }
});

test.each(Object.keys(STORIES))('%s: as many failures are told as were counted', (name) => {
  const { ledger, session } = lastOf(STORIES[name]?.() ?? new CoreWorld());
  const failed = ledger.troubles.failures.filter(({ kind }) => kind !== 'interrupt');
  expect(failed).toHaveLength(session.usage.failures);
});

test('in a calm session every phase is told once, with its turns', () => {
  const { ledger, session } = lastOf(STORIES.calm?.() ?? new CoreWorld());
  expect(ledger.phases).toMatchObject([
    { name: 'bootstrap', beganMs: 0, workingMs: 100_000, turns: 10, changedTurns: 10 },
    { name: 'development', beganMs: 100_000, workingMs: 200_000 },
  ]);
  expect(ledger.phases.reduce((sum, { turns }) => sum + turns, 0)).toBe(session.usage.turns);
  expect(ledger).toMatchObject({
    troubles: { failures: [] },
    restores: [],
    people: [],
    pauses: [],
    stalledMs: 0,
    versions: ['test'],
  });
});

test('a failure has its turn, what became of the workspace, and the time until the agent made progress again', () => {
  const world = new CoreWorld((turn) =>
    turn.number === 2 ? { ms: 8_000, failure: CRASH } : { ms: 10_000, changed: true },
  );
  world.pass(40_000);
  const { ledger, session } = lastOf(world);
  expect(ledger.troubles.failures).toHaveLength(1);
  const [failure] = ledger.troubles.failures;
  expect(failure).toMatchObject({
    agent: 'coder',
    turn: 2,
    kind: 'process-crash',
    text: CRASH.text,
    workspace: 'kept',
    atMs: 18_000,
  });
  expect(failure?.recoveredAfterMs).toBeGreaterThanOrEqual(10_000);
  expect(session.usage.recoveries).toBe(1);
});

test('each failure keeps what became of the workspace, and the time of its own recovery', () => {
  const world = new CoreWorld((turn) =>
    turn.number === 1 || turn.number === 3 ? { ms: 8_000, failure: CRASH } : { ms: 10_000, changed: true },
  );
  world.silent.add('recover-agent');
  for (const [turn, workspace] of [
    [1, 'rolled-back'],
    [3, 'kept'],
  ] as const) {
    while (world.asked('recover-agent').every((asked) => asked.turn.number !== turn)) world.pass(1_000);
    const found = { reason: 'r', checkpoint: null, task: null, changed: false } as const;
    world.send({ type: 'agent-recovered', agent: 'coder', turn, workspace, ...found });
  }
  const first = lastOf(world).ledger.troubles.failures[0];
  expect(first?.recoveredAfterMs).toBeGreaterThan(0);
  world.pass(30_000);
  const {
    troubles: { failures },
  } = lastOf(world).ledger;
  expect(failures.map(({ turn, workspace }) => [turn, workspace])).toEqual([
    [1, 'rolled-back'],
    [3, 'kept'],
  ]);
  expect(failures[0]?.recoveredAfterMs).toBe(first?.recoveredAfterMs);
});

test('a failure without progress since is not called recovered', () => {
  const world = new CoreWorld(() => ({ ms: 8_000, failure: CRASH }));
  world.pass(30_000);
  const { ledger } = lastOf(world);
  expect(ledger.troubles.failures.length).toBeGreaterThan(1);
  expect(ledger.troubles.failures.every(({ recoveredAfterMs }) => recoveredAfterMs === null)).toBe(true);
});

test('a turn that could not even be started is told once, and fits the report', () => {
  const world = new CoreWorld();
  world.silent.add('start-agent');
  world.pass(10_000);
  const next = world.asked('start-agent').at(-1);
  expect(next).toBeDefined();
  world.send({
    type: 'agent-start-failed',
    agent: 'coder',
    turn: next?.turn.number ?? 0,
    failure: { kind: 'launch', key: 'launch EAGAIN', text: 'no more processes' },
  });
  const { ledger, session } = lastOf(world);
  expect(ledger.troubles.failures).toMatchObject([{ kind: 'launch', text: 'no more processes' }]);
  expect(FINAL_REPORT.safeParse(reportOf(lastOf(world))).error).toBeUndefined();
  expect(session.usage.failures).toBe(1);
});

test('checkpoints are told with number, reason and size', () => {
  const world = new CoreWorld();
  world.pass(60_000);
  expect(lastOf(world).ledger.checkpoints).toMatchObject([
    { number: 1, trigger: 'start', files: 1, bytes: 1, tookMs: 1 },
    { number: 2, trigger: 'interval' },
  ]);
});

test('what people asked for is told with who asked', () => {
  const world = new CoreWorld();
  world.pass(10_000);
  world.send({ type: 'pause-requested', by: 'Ada' });
  world.send({ type: 'continue-requested', by: 'Bob' });
  world.send({ type: 'restore-requested', by: 'Ada', number: 1, rewindClock: false });
  world.pass(20_000);
  world.send({ type: 'stop-requested', by: 'Bob' });
  const { people, restores, pauses } = lastOf(world).ledger;
  expect(people.map(({ what, by }) => [what, by])).toEqual([
    ['pause', 'Ada'],
    ['continue', 'Bob'],
    ['restore', 'Ada'],
    ['stop', 'Bob'],
  ]);
  expect(restores).toMatchObject([{ number: 1, insteadOf: null }]);
  expect(pauses).toMatchObject([{ because: 'person', text: 'asked for by Ada' }]);
});

test('a pause is told once however long it lasts, and again when it comes again', () => {
  const world = new CoreWorld();
  world.pass(5_000);
  for (const diskFreeBytes of [1, 2, 3])
    world.send({ type: 'probed', diskFreeBytes, sessionBytes: 0, agentRssBytes: 0, writable: true });
  expect(lastOf(world).ledger.pauses).toMatchObject([{ because: 'disk' }]);
  world.send({ type: 'probed', diskFreeBytes: 1e12, sessionBytes: 0, agentRssBytes: 0, writable: true });
  world.send({ type: 'probed', diskFreeBytes: 1, sessionBytes: 0, agentRssBytes: 0, writable: true });
  expect(lastOf(world).ledger.pauses).toHaveLength(2);
});

test('time in which the harness stood still is told, and counted for nobody', () => {
  const world = new CoreWorld();
  world.pass(5_000);
  world.nowMs += 3_600_000;
  world.send({ type: 'clock-stalled', gapMs: 3_600_000 });
  const { ledger, session } = lastOf(world);
  expect(ledger.stalledMs).toBe(3_600_000);
  expect(session.clock.workingMs).toBe(5_000);
});

test('a session resumed after its end goes on in its last phase, without telling it twice', () => {
  const { ledger } = lastOf(STORIES['interrupted and resumed']?.() ?? new CoreWorld());
  expect(ledger.phases.map(({ name }) => name)).toEqual(['bootstrap', 'development']);
  expect(ledger.versions).toEqual(['test', 'test']);
});

test('a clock that was rewound tells the phases again, each with its own time', () => {
  const { ledger } = lastOf(STORIES.restored?.() ?? new CoreWorld());
  expect(ledger.phases.map(({ name }) => name)).toEqual(['bootstrap', 'development', 'bootstrap', 'development']);
});

test('turns of several agents are all counted in their phase', () => {
  const agents = ['a', 'b'].map((name) => ({ name, role: name }));
  const plan = { ...PLAN, agents };
  const world = new CoreWorld(CRASHING, plan);
  world.pass(60_000);
  const { ledger, session } = momentsOf(world, plan).at(-1) ?? lastOf(world);
  expect(new Set(ledger.troubles.failures.map(({ agent }) => agent)).size).toBeGreaterThan(0);
  expect(ledger.troubles.failures).toHaveLength(session.usage.failures);
});
