// JavaScript's test results: node --test as TAP and as its own text, vitest and jest as text and as JSON.
import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';
import { parsedJson } from './json.ts';
import { counts, sumOf, type TestCounts } from './test-counts.ts';

const OWN = /^(?:#|ℹ) pass (\d+)\n(?:#|ℹ) fail (\d+)(?:\n(?:#|ℹ) cancelled (\d+))?(?:\n(?:#|ℹ) skipped (\d+))?/gm;

/** node --test in its two forms (TAP `# pass 3`, spec `ℹ pass 3`). A skipped test is none that passed. */
export function nodeText(text: string): TestCounts | null {
  const plain = stripVTControlCharacters(text);
  const sums = [...plain.matchAll(OWN)].map(([, passed, failed, cancelled, skipped]) => {
    const bad = Number(failed) + Number(cancelled ?? 0);
    return { ...counts(Number(passed), [], Number(skipped ?? 0)), tests: Number(passed) + bad, failed: bad };
  });
  if (sums.length === 0) return null;
  const tap = [...plain.matchAll(/^ *not ok \d+ - (.+?)(?: # .*)?$/gm)];
  const spec = [...plain.matchAll(/^ *✖ (.+?) \([\d.]+ms\)$/gm)];
  const failing = [...new Set([...tap, ...spec].map(([, name]) => name ?? ''))];
  return { ...sumOf(sums), failing: failing.slice(0, 20) };
}

/** vitest's and jest's line `Tests  1 failed | 3 passed`. */
export function vitestText(text: string): TestCounts | null {
  const line = /^\s*Tests:?\s+(.*)$/m.exec(stripVTControlCharacters(text))?.[1];
  if (line === undefined) return null;
  const count = (word: string) => Number(new RegExp(`(\\d+) ${word}`).exec(line)?.[1] ?? 0);
  const failed = count('failed');
  return { ...counts(count('passed'), [], count('skipped')), tests: count('passed') + failed, failed };
}

const REPORT = z.looseObject({
  numTotalTests: z.int(),
  numFailedTestSuites: z.int(),
  testResults: z.array(
    z.looseObject({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(z.looseObject({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

/** vitest and jest with their JSON reporter: the same shape. A file that could not be loaded has no tests and failed. */
export function vitestJson(text: string): TestCounts | null {
  if (!text.trimStart().startsWith('{')) return null;
  const read = REPORT.safeParse(parsedJson(text));
  if (!read.success) return null;
  const all = read.data.testResults.flatMap(({ assertionResults }) => assertionResults);
  const failing = all.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName.trim());
  const passed = all.filter(({ status }) => status === 'passed').length;
  const unloaded = read.data.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  const broken = unloaded.length === 0 ? null : `${unloaded.length} test files could not be run`;
  return { ...counts(passed, failing, all.length - passed - failing.length), broken };
}
