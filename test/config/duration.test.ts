// Durations as people type them, and as they are shown: what is shown can be typed again.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDeadline } from '../../src/config/deadline.ts';
import { HOUR, MINUTE, parseDuration, SECOND, showDuration } from '../../src/text/duration.ts';

test.each([
  ['6', 6 * HOUR],
  ['0.5', 30 * MINUTE],
  ['90m', 90 * MINUTE],
  ['90min', 90 * MINUTE],
  ['2h30m', 150 * MINUTE],
  ['2h30m15s', 150 * MINUTE + 15 * SECOND],
  ['1.5h', 90 * MINUTE],
  ['10s', 10 * SECOND],
  ['2H30M', 150 * MINUTE],
  [' 6 ', 6 * HOUR],
  ['0', 0],
])('"%s" is a duration when bare numbers count hours', (text, ms) => {
  expect(parseDuration(text, HOUR)).toBe(ms);
});

test.each([
  '',
  ' ',
  'h',
  'm',
  '6 h',
  '30m2h',
  '5d',
  '-5',
  '-5m',
  '+5',
  '1e3',
  '0x10',
  '.5h',
  '5.',
  '5.h',
  'Infinity',
  '5mm',
  '2h2h',
  '１０',
])('"%s" is no duration', (text) => {
  expect(parseDuration(text, HOUR)).toBeNull();
});

test('a bare number counts in the unit that is asked for', () => {
  expect(parseDuration('10', MINUTE)).toBe(10 * MINUTE);
  expect(parseDuration('10', SECOND)).toBe(10 * SECOND);
});

test('any whole hours, minutes and seconds are read back exactly', () => {
  const part = fc.option(fc.nat(10_000), { nil: null });
  fc.assert(
    fc.property(part, part, part, (hours, minutes, seconds) => {
      fc.pre(hours !== null || minutes !== null || seconds !== null);
      const write = (count: number | null, unit: string) => (count === null ? '' : `${count}${unit}`);
      const text = write(hours, 'h') + write(minutes, 'm') + write(seconds, 's');
      const ms = (hours ?? 0) * HOUR + (minutes ?? 0) * MINUTE + (seconds ?? 0) * SECOND;
      expect(parseDuration(text, HOUR)).toBe(ms);
    }),
  );
});

/** How much may be rounded away: a tenth of a second of a few, a second of minutes, the seconds of hours. */
function toleranceMs(ms: number): number {
  return ms < 10 * SECOND ? 50 : ms < HOUR - SECOND ? 500 : 60 * SECOND;
}

test('what is shown can be typed again, and means the same within what was rounded away', () => {
  fc.assert(
    fc.property(fc.nat(48 * HOUR), (ms) => {
      const again = parseDuration(showDuration(ms).replaceAll(' ', ''), HOUR);
      expect(Math.abs((again ?? Number.NaN) - ms)).toBeLessThanOrEqual(toleranceMs(ms));
    }),
    { numRuns: 1_000 },
  );
});

test.each([
  [0, '0 s'],
  [40, '0 s'],
  [500, '0.5 s'],
  [10 * SECOND, '10 s'],
  [90 * SECOND, '90 s'],
  [119 * SECOND + 600, '2 min'],
  [150 * SECOND, '2 min 30 s'],
  [HOUR - 1, '1 h'],
  [HOUR, '1 h'],
  [2.5 * HOUR, '2 h 30 min'],
  [6 * HOUR + 59 * SECOND, '6 h'],
  [24 * HOUR, '24 h'],
])('%i ms are shown as "%s"', (ms, text) => {
  expect(showDuration(ms)).toBe(text);
});

test('a date that does not exist is no deadline', () => {
  expect(parseDeadline('2026-02-30T06:00', 0)).toMatchObject({ wrong: expect.any(String) });
});
