// Go's test results: `go test -v` as text and `go test -json`. Subtests are parts of their test.
import { z } from 'zod';
import { parsedJson } from './json.ts';
import { counts, type TestCounts } from './test-counts.ts';

/** Not tied to the line's beginning: a test may print without ending its line. Subtests have a slash. */
export function goText(text: string): TestCounts | null {
  // What `go test -json` quotes is none of our lines.
  if (text.startsWith('{"')) return null;
  const names = (word: string) =>
    [...text.matchAll(new RegExp(`--- ${word}: ([^\\s/]+) \\(\\d`, 'g'))].map(([, name]) => name ?? '');
  const [passed, failed, skipped] = [names('PASS'), names('FAIL'), names('SKIP')];
  if (passed.length + failed.length === 0 && !/no test files|^ok\s+\S+\s+(?:[\d.]+s|\(cached\))/m.test(text))
    return null;
  return counts(passed.length, failed, skipped.length);
}

const LINE = z.looseObject({
  Action: z.string(),
  Package: z.string().optional(),
  Test: z.string().optional(),
});

/** `go test -json`: one object a line. A package that failed though none of its tests did was not built, or crashed. */
export function goJson(text: string): TestCounts | null {
  const lines = text.split('\n').flatMap((line) => {
    const read = line.startsWith('{"') ? LINE.safeParse(parsedJson(line)) : null;
    return read?.success === true ? [read.data] : [];
  });
  if (!lines.some(({ Package, Action }) => Package !== undefined && /^(start|pass|fail|skip)$/.test(Action)))
    return null;
  const ended = (action: string) =>
    lines.filter(({ Action, Test }) => Action === action && Test !== undefined && !Test.includes('/'));
  const failed = ended('fail');
  const packages = lines.filter(({ Action, Test }) => Action === 'fail' && Test === undefined);
  const unbuilt = packages.filter(({ Package }) => !failed.some((test) => test.Package === Package));
  const begun = ended('run').length;
  const done = failed.length + ended('pass').length + ended('skip').length;
  const cut = begun > done ? `${begun - done} of ${begun} tests were begun and not ended` : null;
  const broken = unbuilt.length === 0 ? cut : `${unbuilt.length} packages could not be tested`;
  const names = failed.map(({ Package, Test }) => `${Package ?? ''} ${Test ?? ''}`.trim());
  return { ...counts(ended('pass').length, names, ended('skip').length), broken };
}
