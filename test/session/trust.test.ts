// Trust: falls for what an agent does wrong, never for a fault on purpose; rises slowly; too low, and it gets no more work.
import { expect, test } from 'vitest';
import type { Event } from '../../src/session/event.ts';
import type { FailureKind } from '../../src/session/failure.ts';
import { CLAIMED_IN_VAIN, FAILED, LEFT_RED, PROGRESS } from '../../src/session/trust.ts';
import { CoreWorld, CRASH, PLAN, type Script } from '../support/core-world.ts';
import { called } from './calls.ts';

const PAIR = { ...PLAN, agents: ['coder', 'tester'].map((name) => ({ name, role: name })) };
const PATIENT = { ...PLAN.recovery, maxAttempts: 50, maxConsecutive: 50 };
const SILENT: Script = () => ({ ms: 1e9 });

function failing(kind: FailureKind): Script {
  return (turn) =>
    turn.number === 1 ? { ms: 8_000, failure: { kind, key: kind, text: `it was ${kind}` } } : { ms: 1e9 };
}

function trustOf(world: CoreWorld, name = 'coder'): number {
  return world.agent(name).trust.now;
}

/** The turn that runs claims to be done, and ends having changed that much. */
function claim(world: CoreWorld, isChanged: boolean): void {
  const { at } = world.agent();
  const turn = at.is === 'running' ? at.turn.number : 0;
  world.silent.add('measure-turn');
  world.send({ type: 'completion-claimed', agent: 'coder', turn });
  world.send({ type: 'agent-exited', agent: 'coder', turn, code: 0, signal: null, failure: null });
  world.silent.delete('measure-turn');
  world.send({ type: 'turn-measured', agent: 'coder', turn, changed: isChanged, files: 3 });
}

function look(checkpoint: number, verdict: 'passed' | 'failed', settled = true): Event {
  const of = { type: 'quality-measured', checkpoint, workingMs: 1, settled, verdict, text: 'npm test' } as const;
  return { ...of, tests: 9, failed: 0, open: [], criteria: [] };
}

test.each(['process-crash', 'agent-gave-up', 'stall', 'tool-timeout', 'parse-failure', 'loop'] as const)(
  'a turn that fails by %s costs trust, with the reason kept',
  (kind) => {
    const world = new CoreWorld(failing(kind));
    world.pass(9_000);
    expect(world.agent().trust).toMatchObject({ now: 1_000 + FAILED, lowest: 900, why: `turn 1: it was ${kind}` });
  },
);

test.each(['llm-error', 'memory-pressure', 'launch', 'configuration', 'harness-death'] as const)(
  'a turn that fails by %s costs none: that is not what the agent did',
  (kind) => {
    const world = new CoreWorld(failing(kind));
    world.pass(9_000);
    expect(world.agent().trust).toMatchObject({ now: 1_000, why: null });
  },
);

test.each([
  ['SIGKILL', null, 0],
  ['SIGTERM', null, 0],
  ['SIGINT', null, 0],
  ['SIGHUP', null, 0],
  ['SIGXCPU', null, 0],
  [null, 137, 0],
  [null, 143, 0],
  ['SIGSEGV', null, FAILED],
  ['SIGABRT', null, FAILED],
  ['SIGBUS', null, FAILED],
  ['SIGPIPE', null, FAILED],
  [null, 1, FAILED],
  [null, 101, FAILED],
  [null, 139, FAILED],
])('an end by %s or exit code %s: only what the agent did itself costs trust', (signal, code, cost) => {
  const world = new CoreWorld(SILENT);
  world.send({ type: 'agent-exited', agent: 'coder', turn: 1, code, signal, failure: CRASH });
  expect(trustOf(world)).toBe(1_000 + cost);
  // It is a failure all the same.
  expect([world.asked('recover-agent').length, world.session.usage.failures]).toEqual([1, 1]);
});

test('what a turn was stopped for costs trust, whatever signal ended it then', () => {
  const world = new CoreWorld(() => ({ ms: 1e9, ignores: ['interrupt', 'terminate'] }));
  world.pass(50_000);
  expect(world.events.find(({ type }) => type === 'agent-exited')).toMatchObject({ signal: 'SIGKILL' });
  expect(world.agent().trust).toMatchObject({
    now: 1_000 + FAILED,
    why: expect.stringContaining('no sign of progress'),
  });
});

test('a fault on purpose costs none, and neither does the next turn’s own failure go free', () => {
  const world = new CoreWorld(SILENT);
  const fail = (turn: number) =>
    world.send({ type: 'agent-exited', agent: 'coder', turn, code: null, signal: 'SIGSEGV', failure: CRASH });
  world.send({ type: 'fault-injected', fault: 'kill', agent: null, turn: 1, by: 'drill' });
  fail(1);
  expect(trustOf(world)).toBe(1_000);
  world.pass(2_000);
  fail(2);
  expect(trustOf(world)).toBe(900);
});

test('a task that is said to be done with nothing changed costs trust; progress gives it back slowly, up to the most', () => {
  const world = new CoreWorld(SILENT);
  claim(world, false);
  expect(trustOf(world)).toBe(1_000 + CLAIMED_IN_VAIN);
  claim(world, true);
  expect(trustOf(world)).toBe(950 + PROGRESS);
  claim(world, true);
  world.silent.clear();
  for (let n = 0; n < 5; n++) claim(world, true);
  expect(world.agent().trust).toMatchObject({ now: 1_000, lowest: 950 });
});

test('looking for what is still open and finding nothing costs none', () => {
  const world = new CoreWorld(SILENT, { ...PLAN, phases: PLAN.phases.map((phase) => ({ ...phase, objectives: [] })) });
  claim(world, false);
  expect(trustOf(world)).toBe(1_000);
});

test('who alone changed the code between a green look and a red one is to blame; of several nobody is', () => {
  const alone = new CoreWorld(() => ({ ms: 10_000, changed: true }));
  alone.pass(9_000);
  alone.send(look(1, 'passed'));
  alone.pass(45_000);
  const number = alone.session.checkpoints.next - 1;
  const before = trustOf(alone);
  alone.send(look(number, 'failed', false));
  expect(trustOf(alone)).toBe(before);
  alone.send(look(number, 'failed'));
  expect(trustOf(alone)).toBe(before + LEFT_RED);
  expect(alone.agent().trust.why).toBe(`checkpoint ${number} is red: npm test`);
  const pair = new CoreWorld(() => ({ ms: 10_000, changed: true }), PAIR);
  pair.pass(9_000);
  pair.send(look(1, 'passed'));
  pair.pass(45_000);
  pair.send(look(pair.session.checkpoints.next - 1, 'failed'));
  expect([trustOf(pair), trustOf(pair, 'tester')]).toEqual([1_000, 1_000]);
});

test.each([
  ['passed', 'tester'],
  ['failed', null],
] as const)(
  'a look that %s while the tester works, with the coder done: red code is the fault of %s',
  (middle, who) => {
    const world = new CoreWorld((_, name) => ({ ms: name === 'coder' ? 10_000 : 30_000, changed: true }), PAIR);
    world.pass(5_000);
    world.send(look(1, 'passed'));
    world.pass(10_000);
    expect(world.agent('tester').at.is).toBe('running');
    world.send({ type: 'checkpoint-requested', by: 'Ada' });
    world.send(look(2, middle, false));
    world.pass(26_000);
    expect(world.session.changes).toEqual([
      { agent: 'coder', from: 2 },
      { agent: 'tester', from: 3 },
    ]);
    world.send({ type: 'checkpoint-requested', by: 'Ada' });
    world.send(look(3, 'failed'));
    const costOf = (name: string) => (name === who ? LEFT_RED : 0);
    expect([trustOf(world), trustOf(world, 'tester')]).toEqual([1_000 + costOf('coder'), 1_000 + costOf('tester')]);
  },
);

test('after a restore nobody is to blame for what was brought back', () => {
  const world = new CoreWorld(() => ({ ms: 10_000, changed: true }));
  world.pass(9_000);
  world.send(look(1, 'passed'));
  world.pass(20_000);
  world.send({ type: 'restore-requested', by: 'Ada', number: 1, rewindClock: false });
  world.pass(60_000);
  world.send(look(world.session.checkpoints.next - 1, 'failed'));
  expect(trustOf(world)).toBe(1_000);
});

const BAD: Script = (_, agent) => (agent === 'coder' ? { ms: 6_000, failure: CRASH } : { ms: 6_000, changed: true });

test('below the limit an agent gets no more work, its task is another’s, and that is said', () => {
  const world = new CoreWorld(BAD, { ...PAIR, trust: { least: 750, most: 1_000 }, recovery: PATIENT });
  world.pass(90_000);
  expect(world.agent().at.is).toBe('benched');
  expect(world.alerts).toContain(
    'coder is trusted 0.7, less than 0.75 (turn 3: the agent was ended by SIGSEGV); it gets no more work',
  );
  const starts = () => world.asked('start-agent').filter(({ agent }) => agent === 'coder').length;
  const begun = starts();
  expect(world.session.trouble.open).toEqual([]);
  // Not in the next phase either.
  world.pass(100_000);
  expect(world.session.stage).toMatchObject({ is: 'working', phase: 1 });
  expect(starts()).toBe(begun);
  expect(world.session.tasks.filter(({ state }) => state === 'taken').length).toBeLessThanOrEqual(1);
});

test('the last agent goes on however little it is trusted, and that is said once', () => {
  const crashing: Script = () => ({ ms: 6_000, failure: CRASH });
  const world = new CoreWorld(crashing, { ...PAIR, trust: { least: 950, most: 1_000 }, recovery: PATIENT });
  world.pass(90_000);
  const states = ['coder', 'tester'].map((name) => world.agent(name).at.is);
  expect(states.filter((is) => is === 'benched')).toHaveLength(1);
  const told = world.alerts.filter((text) => text.includes('nobody else is left'));
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(
    /is trusted 0\.\d, less than 0\.95 \(turn \d+: .*\); it goes on, because nobody else is left/,
  );
  expect(world.asked('start-agent').length).toBeGreaterThan(4);
});

test('who had nothing open takes up the task of an agent that is benched', () => {
  const idle: Script = (_, agent) =>
    agent === 'coder' ? { ms: 6_000, failure: CRASH } : { ms: 1_000, changed: false };
  const plan = { ...PAIR, concurrency: 2, trust: { least: 750, most: 1_000 }, recovery: PATIENT };
  const world = new CoreWorld(idle, plan);
  world.pass(15_000);
  expect(world.agent('tester').at.is).toBe('satisfied');
  const taken = world.asked('start-agent').find(({ agent }) => agent === 'coder')?.turn.task;
  const before = world.asked('start-agent').length;
  world.pass(30_000);
  expect(world.agent().at.is).toBe('benched');
  const later = world.asked('start-agent').slice(before);
  expect(later.some(({ agent, turn }) => agent === 'tester' && turn.task === taken)).toBe(true);
});

test('a turn that was put on hold unmeasured may be what left the code red: nobody is blamed', () => {
  const script: Script = (_, agent) => (agent === 'coder' ? { ms: 1e9 } : { ms: 10_000, changed: true });
  const limits = { ...PLAN.limits, tokensPerAgentHour: 500 };
  const world = new CoreWorld(script, { ...PAIR, concurrency: 2, metered: true, limits });
  world.pass(5_000);
  world.send(look(1, 'passed'));
  world.send(called(1));
  world.pass(45_000);
  expect(world.agent().at.is).toBe('held');
  world.send(look(world.session.checkpoints.next - 1, 'failed'));
  expect([trustOf(world), trustOf(world, 'tester')]).toEqual([1_000, 1_000]);
});
