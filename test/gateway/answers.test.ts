// What an upstream means by its errors: whether and when to try again.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { meaningOf } from '../../src/gateway/answers.ts';
import * as breaker from '../../src/gateway/breaker.ts';
import { delayIn, headerDelay } from '../../src/gateway/delays.ts';
import { inTime, runs } from '../fuzz/runs.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const HOUR = 3_600_000;

test.each([
  ['Please try again in 7m12s.', 432_000],
  ['Try again in 3h', 3 * HOUR],
  ['try again in 2h30m', 2.5 * HOUR],
  ['Rate limit reached. Please try again in 1.5s. Visit https://example.org', 1_500],
  ['Please retry after 30 seconds', 30_000],
  ['You have hit your limit. It resets in 3 hours and 20 minutes', 12_000_000],
  ['Please wait for 250ms', 250],
  ['limit resets at 2026-01-01T15:00:00Z', 3 * HOUR],
  ['Your limit will reset at 3pm (UTC)', 3 * HOUR],
  ['resets at 11:30 UTC', 23.5 * HOUR],
  [`Claude usage limit reached|${NOW / 1_000 + 1_800}, resets at ${NOW / 1_000 + 1_800}`, 1_800_000],
  ['the server is on fire', null],
  ['model gpt-4 was reset in 2023', null],
  ['try again later', null],
  ['try again in 999999 days', null],
])('"%s" asks for %s ms', (words, ms) => {
  expect(delayIn(words, NOW)).toBe(ms);
});

test.each([
  [{ 'retry-after': '120' }, 120_000],
  [{ 'retry-after': new Date(NOW + HOUR).toUTCString() }, HOUR],
  [{ 'retry-after': new Date(NOW - HOUR).toUTCString() }, 0],
  [{ 'retry-after-ms': '1500' }, 1_500],
  [{ 'retry-after': 'soon' }, null],
  [{ 'x-ratelimit-reset': String(NOW + HOUR) }, HOUR],
  [{ 'x-ratelimit-reset': String(NOW / 1_000 + 60) }, 60_000],
  [{ 'x-ratelimit-reset-tokens': '6m0s', 'x-ratelimit-remaining-tokens': '0' }, 360_000],
  [{ 'x-ratelimit-reset-tokens': '6m0s', 'x-ratelimit-remaining-tokens': '5000' }, null],
  [{ 'anthropic-ratelimit-tokens-reset': '2026-01-01T13:00:00Z', 'anthropic-ratelimit-tokens-remaining': '0' }, HOUR],
  [{}, null],
])('the headers %j ask for %s ms', (headers, ms) => {
  expect(headerDelay(headers, NOW)).toBe(ms);
});

test.each([
  [200, {}, '', 'ok'],
  [500, {}, '', 'transient'],
  [529, {}, 'overloaded', 'transient'],
  [429, { 'retry-after': '599' }, '', 'transient'],
  [429, { 'retry-after': '600' }, '', 'window'],
  [429, {}, '{"error":{"message":"usage limit, try again in 5h"}}', 'window'],
  [403, {}, '{"error":"quota used up; resets in 2 hours"}', 'window'],
  // What a model or a log says in a failing answer is no usage window.
  [500, {}, 'try again in 5h', 'transient'],
  [400, {}, 'try again in 5h', 'hopeless'],
  [404, {}, '', 'hopeless'],
  [302, {}, '', 'hopeless'],
] as const)('%i with %j and "%s" is %s', (status, headers, body, is) => {
  expect(meaningOf({ status, headers, body }, NOW).is).toBe(is);
});

test('whatever an upstream says: it is understood in time, waits are sane, texts are one short line', () => {
  const words = fc.constantFrom(
    'try again in ',
    'resets at ',
    '3h',
    '20m',
    '1',
    ':',
    '30',
    'pm',
    'UTC',
    ' ',
    '\n',
    '9999999999',
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(words, { maxLength: 30 }).map((all) => all.join('')),
  );
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 599 }), text, text, (status, body, after) => {
      const meaning = inTime(() =>
        meaningOf({ status, headers: { 'retry-after': after, 'x-ratelimit-reset': after }, body }, NOW),
      );
      if ('waitMs' in meaning && meaning.waitMs !== null) {
        expect(meaning.waitMs).toBeGreaterThanOrEqual(0);
        expect(meaning.waitMs).toBeLessThanOrEqual(8 * 24 * HOUR);
      }
      if ('text' in meaning) expect(meaning.text).toMatch(/^[^\n]{1,300}$/);
    }),
    runs(),
  );
  expect(inTime(() => delayIn(`try again ${'in '.repeat(5_000)}`, NOW))).toBeNull();
});

test('a breaker opens after failures in a row only, and lets one try it at a time', () => {
  const rules = { failures: 3, coolDownMs: 1_000 };
  const fail = (state: breaker.Breaker, at: number) => breaker.failed(state, rules, at);
  let state = fail(fail(breaker.CLOSED, 0), 0);
  expect(breaker.mayTry(state, 0)).toBe(true);
  state = fail(fail(breaker.answered(), 1), 1);
  expect(breaker.mayTry(state, 1)).toBe(true);
  state = fail(state, 2);
  expect([breaker.mayTry(state, 1_001), breaker.mayTry(state, 1_002)]).toEqual([false, true]);
  state = breaker.tried(state, 1_002);
  expect(breaker.mayTry(state, 9_999)).toBe(false);
  expect(fail(state, 2_000)).toEqual({ is: 'open', untilMs: 3_000 });
  expect(breaker.mayTry(breaker.unknown(state, 2_000), 2_000)).toBe(true);
});
