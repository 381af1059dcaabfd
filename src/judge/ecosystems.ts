// The ecosystems we can test: how each is recognised, prepared, tested, and how its test count is read.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

export interface TestCounts {
  readonly tests: number;
  readonly failed: number;
}

export interface Ecosystem {
  readonly name: string;
  /** File in the project's root by which it is recognised. */
  readonly manifest: string;
  /** Commands that fetch dependencies, without running their scripts. */
  readonly prepare: (project: string) => readonly (readonly string[])[];
  readonly test: readonly string[];
  /** Tests run and failed, from the output; null when it does not tell. */
  readonly count: (output: string) => TestCounts | null;
}

export const ECOSYSTEMS: readonly Ecosystem[] = [
  {
    name: 'rust',
    manifest: 'Cargo.toml',
    prepare: () => [['cargo', 'fetch']],
    test: ['cargo', 'test', '--offline', '--no-fail-fast'],
    count: (output) =>
      sum(output, /^test result: \w+\. (\d+) passed; (\d+) failed/gm, ([, passed, failed]) => [passed, failed]),
  },
  {
    name: 'node',
    manifest: 'package.json',
    prepare: (project) =>
      hasDependencies(project) ? [['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund']] : [],
    test: ['npm', 'test'],
    count: countNode,
  },
  {
    name: 'python',
    manifest: 'pyproject.toml',
    prepare: () => [],
    test: ['python3', '-m', 'pytest', '-q'],
    count: countPytest,
  },
  {
    name: 'go',
    manifest: 'go.mod',
    prepare: () => [['go', 'mod', 'download']],
    test: ['go', 'test', '-v', './...'],
    count: (output) => {
      // Not tied to the line's beginning: a test may print without ending its line. Subtests have a slash.
      const passed = output.match(/--- PASS: [^\s/]+ \(\d/g)?.length ?? 0;
      const failed = output.match(/--- FAIL: [^\s/]+ \(\d/g)?.length ?? 0;
      return passed + failed === 0 && !/no test files|^ok\s/m.test(output) ? null : { tests: passed + failed, failed };
    },
  },
];

function hasDependencies(project: string): boolean {
  try {
    const manifest = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as Record<
      string,
      object | undefined
    >;
    const named = ['dependencies', 'devDependencies'].some((key) => Object.keys(manifest[key] ?? {}).length > 0);
    return named && existsSync(join(project, 'package-lock.json'));
  } catch {
    return false;
  }
}

/** node --test in its two forms (TAP `# tests 3`, spec `ℹ tests 3`), else vitest's and jest's `Tests  3 passed`. */
function countNode(output: string): TestCounts | null {
  const plain = stripVTControlCharacters(output);
  // A skipped test is none that passed; a cancelled one did not pass.
  const own = sum(
    plain,
    /^(?:#|ℹ) pass (\d+)\n(?:#|ℹ) fail (\d+)(?:\n(?:#|ℹ) cancelled (\d+))?/gm,
    ([, passed, failed, cancelled]) => [passed, String(Number(failed) + Number(cancelled ?? 0))],
  );
  if (own !== null) return own;
  const line = /^\s*Tests:?\s+(.*)$/m.exec(plain)?.[1];
  if (line === undefined) return null;
  const passed = Number(/(\d+) passed/.exec(line)?.[1] ?? 0);
  const failed = Number(/(\d+) failed/.exec(line)?.[1] ?? 0);
  return { tests: passed + failed, failed };
}

/** The last line of pytest, like `2 failed, 5 passed, 1 skipped in 0.31s`; numbers in what tests print are none. */
function countPytest(output: string): TestCounts | null {
  const plain = stripVTControlCharacters(output);
  if (/^(?:=+ )?no tests ran in /m.test(plain)) return { tests: 0, failed: 0 };
  const line = plain.match(/^(?:=+ )?\d+ [a-z]+(?:, \d+ [a-z]+)* in [\d.]+s\b.*$/gm)?.at(-1);
  if (line === undefined) return null;
  const count = (word: string) => Number(new RegExp(`(\\d+) ${word}`).exec(line)?.[1] ?? 0);
  const [passed, failed, errors] = [count('passed'), count('failed'), count('errors?')];
  // With an error alone not one test was even found.
  if (passed + failed === 0 && errors > 0) return null;
  return { tests: passed + failed + errors, failed: failed + errors };
}

type Pair = readonly [passed: string | undefined, failed: string | undefined];

function sum(output: string, pattern: RegExp, read: (match: RegExpMatchArray) => Pair): TestCounts | null {
  const matches = [...output.matchAll(pattern)].map(read);
  if (matches.length === 0) return null;
  const failed = matches.reduce((total, [, one]) => total + Number(one), 0);
  return { tests: matches.reduce((total, [one]) => total + Number(one), failed), failed };
}
