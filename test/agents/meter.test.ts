// Tokens are counted once, whatever they are told by, and what is spent stays spent.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TokenMeter } from '../../src/agents/meter.ts';
import { adapterOf, homeOf, only, readRun } from './selfware-runs.ts';

test('calls are added up, and the agent’s own sum at the end adds only what was not told before', () => {
  const meter = new TokenMeter(0);
  expect([meter.add(120), meter.add(120), meter.total(600), meter.total(600)]).toEqual([120, 120, 360, 0]);
});

test('a sum below what was counted changes nothing', () => {
  const meter = new TokenMeter(0);
  expect([meter.add(500), meter.total(400), meter.total(501)]).toEqual([500, 0, 1]);
});

test('a resumed task’s earlier segments are not counted again', () => {
  const meter = new TokenMeter(240);
  expect([meter.total(240), meter.total(360), meter.total(480), meter.total(480)]).toEqual([0, 120, 120, 0]);
});

test('calls and saved state tell the same tokens, which are counted once', () => {
  const meter = new TokenMeter(1_000);
  expect([meter.add(100), meter.total(1_100), meter.add(50), meter.total(1_200)]).toEqual([100, 0, 50, 50]);
});

test('a saved state that lost its count takes nothing back', () => {
  const meter = new TokenMeter(240);
  expect([meter.total(360), meter.total(0), meter.total(361)]).toEqual([120, 0, 1]);
});

test('whatever is told in whatever order, no answer is negative and the sum is the highest that was told', () => {
  const said = fc.array(fc.tuple(fc.constantFrom('add', 'total' as const), fc.integer({ min: -10, max: 1e6 })));
  fc.assert(
    fc.property(said, fc.nat(1000), (all, before) => {
      const meter = new TokenMeter(before);
      let sum = 0;
      for (const [how, tokens] of all) {
        const expected = how === 'add' ? sum + Math.max(0, tokens) : Math.max(sum, tokens - before);
        const more = how === 'add' ? meter.add(tokens) : meter.total(tokens);
        expect(more).toBeGreaterThanOrEqual(0);
        sum += more;
        expect(sum).toBe(expected);
      }
    }),
  );
});

test('a resumed 0.9.9 turn counts only its own', () => {
  const saved = adapterOf('0.9.9').savedTask(homeOf('0.9.9', 'killed').home, homeOf('0.9.9', 'killed').task);
  const meter = new TokenMeter(saved?.tokens ?? 0);
  // As RunningTurn does it for 'task-tokens'.
  const told = only(readRun('0.9.9', 'resumed'), 'task-tokens').map(({ total }) => meter.total(total));
  expect(told).toEqual([240]);
});
