// Rust's test results: libtest as text and as JSON, and cargo-nextest as text.
import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';
import { parsedJson } from './json.ts';
import { counts, sumOf, type TestCounts } from './test-counts.ts';

const RESULT = /^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/gm;

/** `cargo test`: one "test result" line a test program; a program that crashed has begun and tells no result. */
export function libtestText(text: string): TestCounts | null {
  const plain = stripVTControlCharacters(text);
  const results = [...plain.matchAll(RESULT)];
  const begun = plain.match(/^running \d+ tests?$/gm)?.length ?? 0;
  if (results.length === 0 && begun === 0) return null;
  const sum = sumOf(
    results.map(([, passed, failed, ignored]) => ({
      ...counts(Number(passed), [], Number(ignored)),
      tests: Number(passed) + Number(failed),
      failed: Number(failed),
    })),
  );
  const failing = [...plain.matchAll(/^test (.+?) \.\.\. FAILED$/gm)].map(([, name]) => name ?? '').slice(0, 20);
  return { ...sum, failing, broken: lost(begun, results.length) };
}

const LINE = z.looseObject({
  type: z.enum(['suite', 'test', 'bench', 'report']),
  event: z.string().optional(),
  name: z.string().optional(),
});

/** `cargo test -- -Z unstable-options --format json`: one object a line. */
export function libtestJson(text: string): TestCounts | null {
  const lines = text.split('\n').flatMap((line) => {
    const read = line.startsWith('{') ? LINE.safeParse(parsedJson(line)) : null;
    return read?.success === true ? [read.data] : [];
  });
  const suites = lines.filter(({ type }) => type === 'suite');
  if (suites.length === 0) return null;
  const named = (event: string) => lines.filter((line) => line.type === 'test' && line.event === event);
  const begun = suites.filter(({ event }) => event === 'started').length;
  const failing = [...named('failed'), ...named('timeout')].map(({ name }) => name ?? '');
  const sum = counts(named('ok').length, failing, named('ignored').length);
  return { ...sum, broken: lost(begun, suites.length - begun) };
}

/** cargo-nextest: its summary line, and a FAIL line a failing test. */
export function nextest(text: string): TestCounts | null {
  const plain = stripVTControlCharacters(text);
  const summary = /^\s*Summary \[[^\]]*\] (\d+)(?:\/(\d+))? tests? run: (.*)$/m.exec(plain);
  if (summary === null) return null;
  const count = (word: string) => Number(new RegExp(`(\\d+) ${word}`).exec(summary[3] ?? '')?.[1] ?? 0);
  const failed = count('failed') + count('timed out') + count('exec failed');
  const failing = [
    ...new Set(
      [...plain.matchAll(/^\s*(?:FAIL|SIGABRT|SIGSEGV|TIMEOUT) \[[^\]]*\](?: \([^)]*\))? +(\S+ .+)$/gm)].map(
        ([, name]) => name ?? '',
      ),
    ),
  ];
  const cut = summary[2] !== undefined && summary[1] !== summary[2];
  const broken = cut ? `${summary[1]} of ${summary[2]} tests were run` : null;
  return { tests: Number(summary[1]), failed, skipped: count('skipped'), failing: failing.slice(0, 20), broken };
}

function lost(begun: number, ended: number): string | null {
  return begun > ended ? `${begun - ended} of ${begun} test programs ended before their tests did` : null;
}
