// How results of commands become verdicts: the same rules for every ecosystem.
import { cleaned } from '../text/clean.ts';
import { percent } from '../text/percent.ts';
import type { Ran } from './command.ts';
import type { Finding } from './gate.ts';
import { endedWell, ending, type Reading } from './plan.ts';
import type { Advisory } from './readers/audit.ts';
import { type FileCoverage, readCoverage } from './readers/coverage.ts';
import type { DocumentationCount } from './readers/rustdoc.ts';
import type { TestCounts, TestReader } from './readers/test-counts.ts';

/** What it must not be confused with: a tool that is not there is no failure of the project. */
const MISSING = /No module named '?(\w+)|no such command: `(\w+)`/;

/** The tool that is missing, when that is why it failed. */
export function missingTool({ argv, exit, output, errors }: Ran): string | null {
  if (exit === null) return argv[0] ?? '';
  // What has something to tell is there: a project may write the same words.
  if (output.trim() !== '') return null;
  if (exit.code === 0 || exit.code === null) return null;
  const match = MISSING.exec(errors.slice(-5_000));
  const name = match?.[1] ?? match?.[2];
  // A module that the project itself misses is its own failure.
  return name !== undefined && argv.includes(name) ? name : null;
}

/** Exit code 0 passes. */
export function builds(ran: Ran): Reading {
  if (endedWell(ran)) return { verdict: 'passed', reason: `${ran.shown} ended well` };
  return {
    verdict: 'failed',
    reason: ending(ran),
    findings: [
      { severity: 'critical', text: `the project does not build: ${firstError(ran)}`, file: null, line: null },
    ],
  };
}

/** Tests were found, all that ran passed, and the command says so too. */
export function testsPass(ran: Ran, readers: readonly TestReader[], owns?: (name: string) => boolean): Reading {
  const counts = read(ran, readers);
  const figures = counts === null ? {} : { tests: counts.tests, failed: counts.failed, skipped: counts.skipped };
  const findings = (counts?.failing ?? [])
    .filter(owns ?? (() => true))
    .map((name): Finding => ({ severity: 'high', text: `test fails: ${cleaned(name, 150)}`, file: null, line: null }));
  const failed = (reason: string): Reading => ({ verdict: 'failed', reason, figures, findings });
  if (!endedWell(ran)) {
    const numbers = counts === null ? '' : `; ${counts.failed} of ${counts.tests} tests failed`;
    return failed(`${ending(ran)}${numbers}${counts?.broken == null ? '' : `; ${counts.broken}`}`);
  }
  const { shown } = ran;
  if (counts === null) return { verdict: 'inconclusive', reason: `${shown} told no number of tests` };
  if (counts.broken !== null) return failed(`${shown}: ${counts.broken}`);
  if (counts.failed > 0) return failed(`${shown}: ${counts.failed} of ${counts.tests} tests failed`);
  if (counts.tests === 0) return failed(`${shown} found no tests`);
  const skipped = counts.skipped === 0 ? '' : `, ${counts.skipped} skipped`;
  return { verdict: 'passed', reason: `${shown}: ${counts.tests} tests passed${skipped}`, figures, findings: [] };
}

function read(ran: Ran, readers: readonly TestReader[]): TestCounts | null {
  for (const text of [ran.report, ran.output, ran.errors])
    for (const reader of readers) {
      const found = text === null ? null : reader(text.replaceAll('\r\n', '\n'));
      if (found !== null) return found;
    }
  return null;
}

export interface CoverageRules {
  /** Which files count, by the path the report names. */
  readonly counts: (path: string) => boolean;
  /** Files that must be in it; lines of those that are not count as not covered. Path and number of lines. */
  readonly expected: ReadonlyMap<string, number>;
  /** Share to reach, 0 to 1. */
  readonly least: number;
}

/** The report's share over the files that count. Without a report nothing is said about the share. */
export function coverageReaches(ran: Ran, { counts, expected, least }: CoverageRules): Reading {
  const files = readCoverage(ran.report ?? ran.output);
  if (files === null) return { verdict: 'inconclusive', reason: `${ending(ran)}; no coverage was written` };
  const product = files.filter(({ path }) => counts(path));
  const missing = [...expected].filter(([path]) => !files.some((file) => isSame(file, path)));
  const unread = missing.reduce((sum, [, lines]) => sum + lines, 0);
  const total = product.reduce((sum, file) => sum + file.total, unread);
  const covered = product.reduce((sum, file) => sum + file.covered, 0);
  if (total === 0) return { verdict: 'inconclusive', reason: 'the coverage report has no line of the product' };
  const never = missing.length === 0 ? '' : `, ${missing.length} files never loaded`;
  return {
    verdict: covered / total >= least ? 'passed' : 'failed',
    reason: `${percent(covered / total)} of ${total} lines${never}; to reach: ${percent(least)}`,
    figures: { covered, total },
  };
}

function isSame({ path }: FileCoverage, expected: string): boolean {
  return path === expected || path.endsWith(`/${expected}`);
}

export function documents(count: DocumentationCount | null, least: number, how: string): Reading {
  if (count === null) return { verdict: 'inconclusive', reason: `${how} told no number` };
  const { documented, total } = count;
  if (total === 0) return { verdict: 'inconclusive', reason: 'there is nothing public to document' };
  return {
    verdict: documented / total >= least ? 'passed' : 'failed',
    reason: `${documented} of ${total} public items are documented (${how}); to reach: ${percent(least)}`,
    figures: { covered: documented, total },
  };
}

/** Errors fail; warnings are counted. */
export function lints(ran: Ran, problems: readonly Finding[]): Reading {
  const errors = problems.filter(({ severity }) => severity !== 'low').length;
  const figures = { findings: problems.length };
  if (endedWell(ran) && errors === 0) {
    const warnings = problems.length === 0 ? 'no findings' : `${problems.length} warnings`;
    return {
      verdict: 'passed',
      reason: `${ran.shown}: ${warnings}`,
      figures,
      findings: problems,
    };
  }
  const unnamed: Finding = { severity: 'medium', text: `lint: ${firstError(ran)}`, file: null, line: null };
  return {
    verdict: 'failed',
    reason: `${ending(ran)}; ${errors === 0 ? 'findings' : `${errors} errors`}`,
    figures: { findings: Math.max(1, problems.length) },
    findings: errors === 0 ? [unnamed, ...problems] : problems,
  };
}

/** High and critical advisories fail. */
export function isSafe(ran: Ran, advisories: readonly Advisory[] | null): Reading {
  if (advisories === null)
    return { verdict: 'inconclusive', reason: `${ending(ran)}; no advisories were told: ${lastWords(ran)}` };
  const bad = advisories.filter(({ severity }) => severity === 'high' || severity === 'critical');
  return {
    verdict: bad.length === 0 ? 'passed' : 'failed',
    reason: `${advisories.length} known weaknesses of dependencies, ${bad.length} of them high or critical`,
    figures: { findings: advisories.length },
    findings: advisories.map(({ severity, package: name, text }) => ({
      // A dependency's weakness is a high bug at most; critical are those that keep the project from building.
      severity: severity === 'critical' ? 'high' : severity,
      text: cleaned(`${name}: ${text}`, 200),
      file: null,
      line: null,
    })),
  };
}

const BAD = /\berror\b|\bfail(ed|ure|ing)?\b|panicked|not ok |✖|^E {2,}|Exception|Traceback|SyntaxError|cannot find/i;

/** The lines that decide, cleaned: those that name an error, else the last ones. */
export function decisiveLines({ output, errors }: Pick<Ran, 'output' | 'errors'>, most = 8): readonly string[] {
  const lines = `${output}\n${errors}`
    .split('\n')
    .filter((line) => line.trim() !== '' && line.length < 5_000)
    .slice(-2_000)
    // Before it is looked at: a colour's code would hide where a word begins.
    .map((line) => cleaned(line, 200));
  const bad = lines.filter((line) => BAD.test(line));
  return bad.length > 0 ? bad.slice(0, most) : lines.slice(-Math.min(most, 4));
}

/** Why a tool could not look; it says so on its errors, or at the end of them. */
function lastWords({ output, errors }: Ran): string {
  return decisiveLines({ output: '', errors: errors.trim() || output.slice(-5_000) }, 1)[0] ?? 'it said nothing';
}

function firstError(ran: Ran): string {
  return decisiveLines(ran, 1)[0] ?? 'it said nothing';
}
