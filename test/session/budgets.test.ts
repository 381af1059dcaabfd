// Budgets are walls: warned of on the way, foretold, ended in order; limits of an hour, of a context, of memory, of money.
import { expect, test } from 'vitest';
import { forecastOf } from '../../src/session/budgets.ts';
import type { Plan } from '../../src/session/plan.ts';
import { CoreWorld, PLAN } from '../support/core-world.ts';
import { called } from './calls.ts';

function plan(limits: Partial<Plan['limits']>, more: Partial<Plan> = {}): Plan {
  return {
    ...PLAN,
    metered: true,
    turn: { ...PLAN.turn, maxMs: 1e9, stallMs: 1e9 },
    ...more,
    limits: { ...PLAN.limits, ...limits },
  };
}

const LONG = () => ({ ms: 500_000, changed: true });

test('warnings come at 50, 80 and 95 per cent, each once, with when the budget will end', () => {
  const world = new CoreWorld(LONG, plan({ totalTokens: 10_000 }));
  world.pass(10_000);
  const warnings = () => world.alerts.filter((text) => text.includes('of the token budget'));
  const seen: number[] = [];
  for (let i = 0; i < 9; i++) {
    world.send(called(1));
    seen.push(warnings().length);
  }
  world.send(called(1, { prompt: 500, completion: 0 }));
  expect(seen).toEqual([0, 0, 0, 0, 1, 1, 1, 2, 2]);
  expect(warnings()).toHaveLength(3);
  expect(warnings()[0]).toMatch(
    /^50 % of the token budget are used: 5000 of 10000; at this rate it ends after \d+ min/,
  );
});

test('the forecast names the phase in which the budget ends, and none when it lasts', () => {
  const world = new CoreWorld(() => ({ ms: 1_000_000, changed: true }), plan({ totalTokens: 10_000 }));
  expect(forecastOf(world.session, 'totalTokens')).toBeNull();
  world.pass(50_000);
  world.send(called(1, { prompt: 4_000, completion: 0 }));
  expect(forecastOf(world.session, 'totalTokens')).toEqual({ endsMs: 125_000, phase: 1 });
  world.send({ type: 'limit-changed', by: 'Ada', limit: 'totalTokens', from: 10_000, to: 100_000, why: 'more' });
  expect(forecastOf(world.session, 'totalTokens')).toMatchObject({ phase: null });
});

test('a spent token budget ends the session in order: the turn is stopped, saved, judged, reported', () => {
  const world = new CoreWorld(LONG, plan({ totalTokens: 10_000 }));
  world.pass(5_000);
  world.send(called(1, { prompt: 10_000, completion: 1 }));
  world.pass(20_000);
  expect(world.session.stage).toMatchObject({ is: 'done', ending: { is: 'finish', because: 'budget' } });
  expect(world.commands.map(({ type }) => type)).toEqual(
    expect.arrayContaining(['signal-agent', 'write-checkpoint', 'judge', 'write-report']),
  );
});

test('a call that what is left cannot pay for ends the session too, not a request that waits for ever', () => {
  const world = new CoreWorld(LONG, plan({ totalTokens: 10_000 }));
  world.pass(5_000);
  world.send({ type: 'model-unaffordable', agent: 'coder', turn: 1, needs: 4_000, tokensLeft: 30 });
  world.pass(20_000);
  expect(world.session.stage).toMatchObject({ is: 'done', ending: { because: 'budget' } });
});

test('the stricter of two meters rules the budget, but only the gateway’s figure is counted', () => {
  const world = new CoreWorld(LONG, plan({ totalTokens: 10_000 }));
  world.pass(5_000);
  world.send(called(1));
  const told = {
    type: 'tokens-used',
    agent: 'coder',
    turn: 1,
    prompt: null,
    completion: null,
    source: 'agent',
  } as const;
  world.send({ ...told, total: 9_000 });
  expect(world.session.usage).toMatchObject({ tokens: 1_000, agentTokens: 9_000 });
  expect(world.agent().counts.tokens).toBe(1_000);
  expect(world.session.stage.is).toBe('working');
  world.send({ ...told, total: 2_000 });
  expect(world.session.stage).toMatchObject({ ending: { because: 'budget' } });
});

test('a cost cap ends the session; calls at an unknown price are counted as unknown, not as free', () => {
  const world = new CoreWorld(LONG, plan({ costUsd: 1 }));
  world.pass(5_000);
  world.send(called(1, { costUsd: 0.6 }));
  world.send(called(1));
  expect(world.session.usage).toMatchObject({ costUsd: 0.6, unpricedCalls: 1 });
  world.send(called(1, { costUsd: 0.4 }));
  expect(world.session.stage).toMatchObject({ ending: { because: 'budget' } });
});

test('an agent that used its tokens of the hour is held, and goes on when enough of the hour is past', () => {
  const hours = { ...PLAN.phases[0], name: 'long', durationMs: 10_000_000, objectives: ['one'], criteria: [] };
  const world = new CoreWorld(LONG, plan({ tokensPerAgentHour: 5_000 }, { phases: [hours] }));
  world.pass(60_000);
  world.send(called(1, { prompt: 5_000, completion: 0 }));
  expect(world.agent().at).toMatchObject({ is: 'held', because: 'tokens' });
  expect(world.session.pauses).toEqual([]);
  world.pass(3_500_000);
  expect(world.agent().at.is).toBe('held');
  world.pass(200_000);
  expect(world.agent().at).toMatchObject({ is: 'running', turn: { number: 2 } });
});

test('too many tool calls in an hour: first told to batch, then held', () => {
  const hours = { ...PLAN.phases[0], name: 'long', durationMs: 10_000_000, objectives: ['one'], criteria: [] };
  const world = new CoreWorld(LONG, plan({ toolCallsPerAgentHour: 10 }, { phases: [hours] }));
  world.pass(60_000);
  const call = (turn: number, n: number) =>
    world.send({ type: 'tool-called', agent: 'coder', turn, tool: 'file_write', ok: true, call: `${turn}-${n}` });
  for (let n = 0; n < 10; n++) call(1, n);
  expect(world.agent().at).toMatchObject({
    is: 'running',
    turn: { number: 2, hint: expect.stringContaining('Batch') },
  });
  call(2, 1);
  expect(world.agent().at.is).toBe('running');
  call(2, 2);
  expect(world.agent().at).toMatchObject({ is: 'held', because: 'tool-calls' });
});

test('a prompt beyond the context limit starts the turn again with a compact frontier', () => {
  const world = new CoreWorld(LONG, plan({ contextTokens: 8_000 }));
  world.pass(5_000);
  world.send(called(1, { prompt: 8_000 }));
  expect(world.agent().at).toMatchObject({ is: 'running', turn: { number: 1 } });
  world.send(called(1, { prompt: 8_001 }));
  world.pass(10_000);
  expect(world.asked('recover-agent')).toMatchObject([{ failure: { kind: 'memory-pressure' } }]);
  expect(world.agent().at).toMatchObject({ is: 'running', turn: { number: 2, compact: true, resume: null } });
});

test('too much memory in the agents’ processes starts the turn again, compact, and once', () => {
  const world = new CoreWorld(LONG, plan({ agentRssBytes: 1e9 }));
  world.pass(5_000);
  const probed = { type: 'probed', diskFreeBytes: 1e12, sessionBytes: 1, writable: true } as const;
  world.send({ ...probed, agentRssBytes: 1e9 + 1 });
  world.pass(10_000);
  expect(world.asked('recover-agent')).toMatchObject([
    { failure: { kind: 'memory-pressure', key: 'memory-pressure: rss' } },
  ]);
  expect(world.agent().at).toMatchObject({ turn: { number: 2, compact: true } });
});

test('a limit changed on the way holds from then on, and people are told who and why', () => {
  const world = new CoreWorld(LONG, plan({ totalTokens: 10_000 }));
  world.pass(5_000);
  world.send({ type: 'limit-changed', by: 'Ada', limit: 'totalTokens', from: 10_000, to: 500, why: 'too dear' });
  expect(world.alerts).toContain('limit totalTokens: 10000 -> 500 by Ada (too dear)');
  world.send(called(1));
  expect(world.session.stage).toMatchObject({ ending: { because: 'budget' } });
});
