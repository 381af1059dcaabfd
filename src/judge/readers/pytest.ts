// pytest's last line, like `2 failed, 5 passed, 1 skipped in 0.31s`; numbers in what tests print are none.
import { stripVTControlCharacters } from 'node:util';
import { NO_TESTS, type TestCounts } from './test-counts.ts';

export function pytestText(text: string): TestCounts | null {
  const plain = stripVTControlCharacters(text);
  if (/^(?:=+ )?no tests ran in /m.test(plain)) return NO_TESTS;
  const line = plain.match(/^(?:=+ )?\d+ [a-z]+(?:, \d+ [a-z]+)* in [\d.]+s\b.*$/gm)?.at(-1);
  if (line === undefined) return null;
  const count = (word: string) => Number(new RegExp(`(\\d+) ${word}`).exec(line)?.[1] ?? 0);
  const [passed, failed, errors] = [count('passed'), count('failed'), count('errors?')];
  // With an error alone not one test was even found.
  if (passed + failed === 0 && errors > 0) return null;
  const failing = [...plain.matchAll(/^(?:FAILED|ERROR) (\S+?)(?: - .*)?$/gm)].map(([, name]) => name ?? '');
  const bad = failed + errors;
  return {
    tests: passed + bad,
    failed: bad,
    skipped: count('skipped'),
    failing: failing.slice(0, 20),
    broken: pytestEnded(plain),
  };
}

/** Why not all tests were run. After pytest.exit(…, 0) neither the exit code nor the JUnit report says so. */
export function pytestEnded(text: string): string | null {
  const why = /^!+ (?:Interrupted|_pytest\.outcomes\.Exit): /m.exec(stripVTControlCharacters(text));
  return why === null ? null : 'pytest was interrupted before all tests were run';
}
