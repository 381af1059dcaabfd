// A few hundred simulated nights: every kind of fault and every pair of kinds, all invariants after every event.
import { expect, test } from 'vitest';
import { CORPUS } from '../../sim/corpus.ts';
import { FAULT_KINDS, MOMENTS } from '../../sim/faults.ts';
import { type NightResult, simulate } from '../../sim/night.ts';
import { faultsOf } from '../../sim/seeds.ts';

const HOUR_MS = 3_600_000;
const NIGHTS = 300;
const FIRST = 1;

const night = (seed: number, hours = 8): Promise<NightResult> =>
  simulate({ seed, durationMs: hours * HOUR_MS, faults: faultsOf(seed) });

/** What a person needs to see it again. */
function said(results: readonly NightResult[]): string[] {
  return results.flatMap(({ seed, violations }) =>
    violations.map(({ invariant, text }) => `npm run sim -- --seed ${seed}: ${invariant} ${text}`),
  );
}

test(`${NIGHTS} nights with faults keep every invariant and come to their end`, { timeout: 600_000 }, async () => {
  const results: NightResult[] = [];
  for (let seed = FIRST; seed < FIRST + NIGHTS; seed++) results.push(await night(seed));
  expect(said(results)).toEqual([]);
  expect(results.every(({ ending }) => ending === 'finish')).toBe(true);
});

test('the seeds hold every kind of fault and every pair of kinds', () => {
  const pairs = new Set<string>();
  for (let seed = FIRST; seed < FIRST + NIGHTS; seed++) {
    const kinds = [...faultsOf(seed)].sort();
    for (const [index, one] of kinds.entries())
      for (const other of kinds.slice(index + 1)) pairs.add(`${one} + ${other}`);
  }
  expect(pairs.size).toBe((FAULT_KINDS.length * (FAULT_KINDS.length - 1)) / 2);
});

test('faults hit at every moment they are aimed at', { timeout: 120_000 }, async () => {
  const hit = new Set<string>();
  for (let seed = FIRST; seed < FIRST + 60; seed++)
    await simulate({
      seed,
      durationMs: 4 * HOUR_MS,
      faults: faultsOf(seed),
      onFault: (_, moment) => hit.add(moment ?? 'at random'),
    });
  expect([...hit].sort()).toEqual([...Object.keys(MOMENTS), 'at random'].sort());
});

test('the same seed gives the same journal, another seed another', { timeout: 120_000 }, async () => {
  const hashes: string[] = [];
  for (let seed = FIRST; seed < FIRST + 20; seed++) {
    const [one, again] = [await night(seed), await night(seed)];
    expect(again.hash).toBe(one.hash);
    expect(again.events).toBe(one.events);
    hashes.push(one.hash);
  }
  expect(new Set(hashes).size).toBe(hashes.length);
});

test.each(CORPUS)('seed $seed, which once failed ($what), keeps every invariant', async ({ seed }) => {
  expect(said([await night(seed)])).toEqual([]);
});
