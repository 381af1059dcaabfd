// unittest's last lines, `Ran 3 tests in 0.001s` and below `FAILED (failures=1, errors=1, skipped=1)`.
import { stripVTControlCharacters } from 'node:util';
import type { TestCounts } from './test-counts.ts';

const END = /^Ran (\d+) tests? in [\d.]+s\n\n(?:OK|FAILED|NO TESTS RAN)(?: \(([^)\n]*)\))?$/gm;

export function unittestText(text: string): TestCounts | null {
  const plain = stripVTControlCharacters(text);
  const end = [...plain.matchAll(END)].at(-1);
  if (end === undefined) return null;
  const told = (end[2] ?? '').split(', ');
  const count = (word: string) => Number(told.find((one) => one.startsWith(`${word}=`))?.split('=')[1] ?? 0);
  const failed = count('failures') + count('errors') + count('unexpected successes');
  const skipped = count('skipped');
  const failing = [...plain.matchAll(/^(?:FAIL|ERROR): (.+)$/gm)].map(([, name]) => name ?? '');
  // What fails before a class's first test is counted among the errors only.
  const tests = Math.max(Number(end[1]) - skipped, failed);
  return { tests, failed, skipped, failing: failing.slice(0, 20), broken: null };
}
