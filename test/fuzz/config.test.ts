// Any bytes as a configuration: an answer or findings with their place, in time; never another error.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { parseDeadline } from '../../src/config/deadline.ts';
import { InputError, showDiagnostics } from '../../src/config/diagnostics.ts';
import { loadConfig } from '../../src/config/layers.ts';
import { parseDuration, showDuration } from '../../src/text/duration.ts';
import { showBytes } from '../../src/text/size.ts';
import { damaged, inTime, LONGEST_MS, runs } from './runs.ts';

const folder = mkdtempSync(join(tmpdir(), 'mega-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, 'fuzz.toml');
const SHIPPED = readFileSync('mega_test_config.toml', 'utf8').replace(/^# (?=[a-z_]+ = )/gm, '');
const UPSTREAM = readFileSync('test/fixtures/upstream_mega_test_config.toml', 'utf8');

async function load(bytes: Buffer | string, flags: Record<string, string> = {}): Promise<void> {
  writeFileSync(path, bytes);
  const began = performance.now();
  try {
    await loadConfig({ flags: { ...flags, config: path }, env: {}, cwd: folder });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    expect(error.diagnostics.length).toBeGreaterThan(0);
    for (const { message, severity } of error.diagnostics) {
      expect(severity).toBe('error');
      expect(message).not.toBe('');
    }
    // A terminal is not to be driven by what a file holds.
    expect(showDiagnostics(error.diagnostics)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
  }
  expect(performance.now() - began).toBeLessThan(LONGEST_MS);
}

test('random bytes', () =>
  fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), (bytes) => load(Buffer.from(bytes))),
    runs(),
  ));

test.each([
  ['the shipped file', SHIPPED],
  ['the original’s file', UPSTREAM],
])('%s, damaged', (_, text) =>
  fc.assert(
    fc.asyncProperty(damaged(Buffer.from(text)), (bytes) => load(bytes)),
    runs(0.5),
  ),
);

const key = fc.oneof(
  fc.constantFrom(
    'session',
    'agent',
    'phases',
    'projects',
    'id',
    'duration_hours',
    'command',
    '__proto__',
    'constructor',
    'toString',
    'x',
  ),
  fc.string({ maxLength: 10 }),
);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('1', '-1', '1e400', 'nan', '"x"', "'''a'''", 'true', '1979-05-27', '0x7fffffffffffffffffff', '""'),
    fc.array(tie('any'), { maxLength: 4 }).map((items) => `[${items.join(', ')}]`),
    fc
      .array(fc.tuple(key, tie('any')), { maxLength: 3 })
      .map((pairs) => `{ ${pairs.map(([name, item]) => `${JSON.stringify(name)} = ${item}`).join(', ')} }`),
  ),
})).any;

test('well-formed TOML of any meaning', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.array(key, { minLength: 1, maxLength: 3 }), value), { maxLength: 8 }),
      (rows) =>
        load(rows.map(([keys, text]) => `${keys.map((name) => JSON.stringify(name)).join('.')} = ${text}`).join('\n')),
    ),
    runs(),
  ));

test('deeply nested values', async () => {
  for (const depth of [10, 100, 1_000, 20_000]) await load(`x = ${'['.repeat(depth)}${']'.repeat(depth)}`);
  for (const depth of [10, 100, 1_000]) await load(`${'a.'.repeat(depth)}a = 1`);
});

test('flags with any text', () =>
  fc.assert(
    fc.asyncProperty(
      fc.dictionary(
        fc.constantFrom(
          'project',
          'duration',
          'agents',
          'session-id',
          'deadline',
          'max-tokens',
          'checkpoint-interval',
          'confinement',
        ),
        fc.string({ unit: 'binary', maxLength: 40 }),
      ),
      (flags) => load('', flags),
    ),
    runs(),
  ));

test('durations, deadlines and sizes', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), fc.double(), (text, number) => {
      inTime(() => {
        const ms = parseDuration(text, 60_000);
        if (ms !== null) expect(Number.isFinite(ms) && ms >= 0).toBe(true);
        const deadline = parseDeadline(text, 1_700_000_000_000);
        if (typeof deadline === 'number') expect(Number.isFinite(deadline)).toBe(true);
        expect(showDuration(Math.abs(number))).toEqual(expect.any(String));
        expect(showBytes(Math.abs(number))).toEqual(expect.any(String));
      });
    }),
    runs(4),
  );
});
