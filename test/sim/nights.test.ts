// A few hundred simulated nights: every kind of fault and every pair of kinds, all invariants after every event.
import { expect, test } from 'vitest';
import { CORPUS } from '../../sim/corpus.ts';
import { FAULT_KINDS, MOMENTS } from '../../sim/faults.ts';
import { type NightPlan, type NightResult, simulate } from '../../sim/night.ts';
import { faultsOf } from '../../sim/seeds.ts';
import { changes, explore } from '../../sim/states.ts';
import { PLAN } from '../support/core-world.ts';

const HOUR_MS = 3_600_000;
const NIGHTS = 300;
const FIRST = 1;

const night = (seed: number, onEvent?: NightPlan['onEvent']): Promise<NightResult> =>
  simulate({ seed, durationMs: 8 * HOUR_MS, faults: faultsOf(seed), ...(onEvent === undefined ? {} : { onEvent }) });

/**
 * Transitions that the map of all states holds and these nights rarely do: two things in one moment (a signal and the
 * end of a restore), or a death within the second in which a report is written.
 */
const RARE: ReadonlySet<string> = new Set([
  'agent starting -> idle',
  'stage closing -> reporting',
  'stage created -> wrapping-up',
  'stage done -> restoring',
  'stage reporting -> restoring',
  'stage reporting -> working',
  'stage reporting -> wrapping-up',
  'stage restoring -> closing',
  'stage restoring -> judging',
  'stage restoring -> reporting',
  'stage restoring -> wrapping-up',
  'stage wrapping-up -> restoring',
]);

/** What a person needs to see it again. */
function said(results: readonly NightResult[]): string[] {
  return results.flatMap(({ seed, violations }) =>
    violations.map(({ invariant, text }) => `npm run sim -- --seed ${seed}: ${invariant} ${text}`),
  );
}

test(`${NIGHTS} nights with faults keep every invariant and come to their end`, { timeout: 600_000 }, async () => {
  const results: NightResult[] = [];
  const seen = new Set<string>();
  let thinned = 0;
  const watch: NightPlan['onEvent'] = (session, event, before) => {
    if (event.type === 'checkpoints-thinned') thinned += event.numbers.length;
    for (const change of changes(before, session)) seen.add(change);
  };
  for (let seed = FIRST; seed < FIRST + NIGHTS; seed++) results.push(await night(seed, watch));
  expect(said(results)).toEqual([]);
  expect(results.every(({ ending }) => ending === 'finish')).toBe(true);
  expect(thinned).toBeGreaterThan(100);
  const { transitions } = explore(PLAN);
  const missed = [...transitions].filter((one) => !seen.has(one));
  console.log(`${transitions.size - missed.length} of ${transitions.size} possible transitions were seen`);
  expect(missed.filter((one) => !RARE.has(one))).toEqual([]);
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
