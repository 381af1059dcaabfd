// Tokens are counted once, whatever they are told by, and what is spent stays spent.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TokenMeter } from '../../src/agents/meter.ts';

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
  expect([meter.saved(240), meter.saved(360), meter.saved(480), meter.saved(480)]).toEqual([0, 120, 120, 0]);
});

test('calls and saved state tell the same tokens, which are counted once', () => {
  const meter = new TokenMeter(1_000);
  expect([meter.add(100), meter.saved(1_100), meter.add(50), meter.saved(1_200)]).toEqual([100, 0, 50, 50]);
});

test('a saved state that lost its count takes nothing back', () => {
  const meter = new TokenMeter(240);
  expect([meter.saved(360), meter.saved(0), meter.saved(361)]).toEqual([120, 0, 1]);
});

test('whatever is told in whatever order, no answer is negative and the sum is the highest that was told', () => {
  const said = fc.array(
    fc.tuple(fc.constantFrom('add', 'total', 'saved' as const), fc.integer({ min: -10, max: 1e6 })),
  );
  fc.assert(
    fc.property(said, fc.nat(1000), (all, before) => {
      const meter = new TokenMeter(before);
      let sum = 0;
      for (const [how, tokens] of all) {
        const expected =
          how === 'add' ? sum + Math.max(0, tokens) : Math.max(sum, how === 'total' ? tokens : tokens - before);
        const more = how === 'add' ? meter.add(tokens) : how === 'total' ? meter.total(tokens) : meter.saved(tokens);
        expect(more).toBeGreaterThanOrEqual(0);
        sum += more;
        expect(sum).toBe(expected);
      }
    }),
  );
});
