// Phases, turns and tasks: the session walks its plan on the clock.
import { expect, test } from 'vitest';
import { enterPhase } from '../../src/session/stages.ts';
import { created } from '../../src/session/state.ts';
import { step } from '../../src/session/step.ts';
import { statusOf } from '../../src/session/words.ts';
import { CoreWorld, CRASH, PLAN } from '../support/core-world.ts';

test('a calm session goes through all phases, is judged and complete, exactly on time', () => {
  const world = new CoreWorld();
  world.pass(299_000);
  expect(statusOf(world.session)).toBe('running');
  expect(world.session.stage).toMatchObject({ is: 'working', phase: 1 });
  world.pass(20_000);
  expect(statusOf(world.session)).toBe('complete');
  expect(world.session.stage).toMatchObject({
    is: 'done',
    ending: { is: 'finish', because: 'schedule' },
    verdict: { critical: 'passed' },
  });
  const ended = world.events.find(({ type }) => type === 'judged')?.atMs ?? 0;
  expect(ended).toBeGreaterThanOrEqual(300_000);
  expect(ended).toBeLessThanOrEqual(310_000);
});

test('one turn an objective, in order; then a look for what is still open', () => {
  const world = new CoreWorld();
  world.pass(35_000);
  expect(world.asked('start-agent').map(({ turn }) => turn.task)).toEqual([1, 2, null, null]);
  expect(world.session.usage.tasksDone).toBe(2);
});

test('two turns in a row that change nothing leave the agent satisfied until the next phase', () => {
  const world = new CoreWorld(() => ({ ms: 1_000, changed: false }));
  world.pass(90_000);
  expect(world.agent().at.is).toBe('satisfied');
  expect(world.asked('start-agent')).toHaveLength(2);
  world.pass(11_000);
  expect(world.session.stage).toMatchObject({ is: 'working', phase: 1 });
  expect(world.asked('start-agent').length).toBeGreaterThan(2);
});

test('with advance_when_done the clock skips to the next phase once nobody has anything open', () => {
  const world = new CoreWorld(() => ({ ms: 1_000, changed: false }), { ...PLAN, advanceWhenDone: true });
  world.pass(20_000);
  expect(statusOf(world.session)).toBe('complete');
  expect(world.session.clock.workingMs).toBeLessThan(20_000);
});

test('a turn may run over the end of its phase by 5 %, then the stop ladder ends it', () => {
  const world = new CoreWorld(() => ({ ms: 1_000_000, changed: true }), {
    ...PLAN,
    turn: { ...PLAN.turn, maxMs: 600_000, stallMs: 1e9 },
  });
  world.pass(104_999);
  expect(world.session.stage).toMatchObject({ is: 'closing', phase: 0 });
  expect(world.asked('signal-agent')).toEqual([]);
  world.pass(1);
  expect(world.asked('signal-agent')).toMatchObject([{ rung: 'interrupt' }]);
  expect(world.session.stage).toMatchObject({ is: 'working', phase: 1 });
});

test('a turn ends at its own limit long before the phase does', () => {
  const world = new CoreWorld(() => ({ ms: 1_000_000, changed: true }), {
    ...PLAN,
    turn: { ...PLAN.turn, maxMs: 30_000, stallMs: 1e9 },
  });
  world.pass(30_000);
  expect(world.asked('signal-agent')).toMatchObject([{ rung: 'interrupt' }]);
  expect(world.session.usage.turns).toBe(1);
});

test('what a phase leaves open is carried into the next one, before its own objectives', () => {
  const world = new CoreWorld(() => ({ ms: 60_000, changed: false }), {
    ...PLAN,
    turn: { ...PLAN.turn, stallMs: 1e9 },
  });
  world.pass(110_000);
  expect(world.session.stage).toMatchObject({ is: 'working', phase: 1 });
  expect(world.session.tasks.map(({ text }) => text)).toEqual(['begin', 'plan', 'build']);
});

test('a try that waits for its back-off at a phase’s end is made in the next phase, as it was meant', () => {
  const failure = { kind: 'memory-pressure', key: 'memory', text: 'out of memory' } as const;
  const recovery = { ...PLAN.recovery, initialMs: 8_000, maxMs: 8_000, strategy: 'fixed' } as const;
  const turn = { ...PLAN.turn, maxMs: 200_000, stallMs: 200_000 };
  const world = new CoreWorld(({ number }) => (number === 2 ? { ms: 9_000, failure } : { ms: 90_000, changed: true }), {
    ...PLAN,
    seed: 8,
    recovery,
    turn,
  });
  world.pass(99_500);
  expect(world.session.agents.coder?.at.is).toBe('backing-off');
  world.pass(10_000);
  const open = world.session.tasks.find(({ text }) => text === 'plan');
  expect(world.asked('start-agent').at(-1)).toMatchObject({
    turn: { number: 3, phase: 1, attempt: 2, compact: true, task: open?.id ?? null },
  });
});

test('agents take turns on one project, never two processes at a time', () => {
  const agents = ['a', 'b', 'c'].map((name) => ({ name, role: name }));
  const world = new CoreWorld(() => ({ ms: 5_000, changed: true }), { ...PLAN, agents });
  world.pass(60_000);
  const starts = world.events.filter((event) => event.type === 'agent-started');
  expect(starts.slice(0, 6).map((event) => 'agent' in event && event.agent)).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
  let alive = 0;
  for (const { type } of world.events) {
    if (type === 'agent-started') alive++;
    if (type === 'agent-exited') alive--;
    expect(alive).toBeLessThanOrEqual(1);
  }
});

test('the phase times add up to the session time, and no phase is lost or doubled', () => {
  const world = new CoreWorld(() => ({ ms: 7_000, changed: true }));
  world.pass(400_000);
  let session = created(PLAN);
  const phaseMs = [0, 0];
  const entered: number[] = [];
  for (const event of world.events) {
    const before = session;
    session = step(session, event)[0];
    if ('phase' in before.stage && before.stage.is !== 'done')
      phaseMs[before.stage.phase] =
        (phaseMs[before.stage.phase] ?? 0) + session.clock.workingMs - before.clock.workingMs;
    if (session.stage.is === 'working' && entered.at(-1) !== session.stage.phase) entered.push(session.stage.phase);
  }
  expect(entered).toEqual([0, 1]);
  expect((phaseMs[0] ?? 0) + (phaseMs[1] ?? 0)).toBe(world.session.clock.workingMs);
  expect(phaseMs[0]).toBeGreaterThanOrEqual(100_000);
  expect(phaseMs[0]).toBeLessThanOrEqual(105_000);
});

test('the task of an agent that is being recovered stays its own in the next phase', () => {
  const world = new CoreWorld(() => ({ ms: 1_000, failure: CRASH }));
  world.silent.add('recover-agent');
  world.pass(2_000);
  const { at } = world.agent();
  if (at.is !== 'recovering') return expect(at.is).toBe('recovering');
  const text = world.session.tasks.find(({ id }) => id === at.turn.task)?.text;
  const next = enterPhase(world.session, 1);
  const moved = next.agents.coder?.at;
  const task = next.tasks.find(({ id }) => moved?.is === 'recovering' && id === moved.turn.task);
  expect(task).toMatchObject({ text, state: 'taken' });
});
