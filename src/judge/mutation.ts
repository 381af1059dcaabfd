// Do the tests notice when the code is wrong? A few mutants of what the session wrote, each put before the project's own tests.
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { join, posix } from 'node:path';
import { cleaned } from '../text/clean.ts';
import { type Language, languageOf } from './code-only.ts';
import { reportOf } from './command.ts';
import type { GateResult } from './gate.ts';
import type { Ground } from './ground.ts';
import { chosenFrom, type Mutant, mutated } from './mutants.ts';
import { type CoveredLines, coveredLines } from './readers/covered-lines.ts';
import { type GateRun, groundsOf, networkOf, type Place } from './run-gates.ts';
import { type RunPlan, runPlan, verdictOf } from './steps.ts';
import { isTestFile, NOT_OURS, type Tree } from './tree.ts';

/** Killed: a test failed, as it should. Not runnable: it does not build, or nothing can be said of the tests. */
export type Outcome = 'killed' | 'survived' | 'not-runnable';

export interface Tried {
  readonly file: string;
  readonly line: number;
  readonly from: string;
  readonly to: string;
  readonly outcome: Outcome;
}

/** Evidence beside the gates; no verdict follows from it. */
export interface Mutation {
  readonly tried: readonly Tried[];
  /** Why there are none, or fewer than wanted; null: all that were wanted. */
  readonly why: string | null;
  readonly notes: readonly string[];
}

export interface MutationRun extends Pick<GateRun, 'bench' | 'targets' | 'commands' | 'testMaxMs' | 'putBack'> {
  /** What the gates said of the code as it is. */
  readonly gates: readonly GateResult[];
  /** The project as it was put there to be judged, before anything was built or run in it. */
  readonly tree: Tree;
  /** The project when the session began; null: that is not known, and all of it counts as changed. */
  readonly before: Tree | null;
  /** Name of the snapshot. */
  readonly seed: string;
  readonly most: number;
  readonly maxMs: number;
}

export function untried(why: string): Mutation {
  return { tried: [], why, notes: [] };
}

/** Where mutants are tried: a manifest whose code builds and whose tests pass as they are. */
interface Bed {
  readonly ecosystem: string;
  readonly ground: Ground;
  readonly build: RunPlan;
  readonly test: RunPlan;
  /** What building and testing took together. */
  readonly usualMs: number;
  /** Null: no report says which. */
  readonly covered: CoveredLines | null;
}

/** Never throws for what the project does. */
export async function tryMutants(run: MutationRun): Promise<Mutation> {
  const endMs = performance.now() + run.maxMs;
  const { tree } = run;
  const beds = groundsOf(run, { tree }).map((place) => bedOf(run, place));
  const usable = beds.filter((bed): bed is Bed => typeof bed !== 'string');
  if (usable.length === 0)
    return untried(beds.find((bed) => typeof bed === 'string') ?? 'there are no tests that we know how to run');
  const notes = usable
    .filter(({ covered }) => covered === null)
    .map(({ ground }) => `which lines the tests reach is not known in ${ground.folder}`);
  const deepest = usable.sort((one, other) => other.ground.folder.length - one.ground.folder.length);
  const bedFor = (file: string) =>
    deepest.find(
      ({ ecosystem, ground }) =>
        speaks(ecosystem, file) && (ground.folder === '.' || file.startsWith(`${ground.folder}/`)),
    );
  const mine = new Map(
    [...tree]
      .filter(([file, text]) => isChanged(run.before, file, text) && bedFor(file) !== undefined)
      .slice(0, MOST_FILES),
  );
  const isCovered = (file: string, line: number) => reaches(bedFor(file), file, line);
  const chosen = chosenFrom(mine, { seed: run.seed, most: run.most, isCovered });
  if (chosen.length === 0) return { ...untried('no changed line that tests reach can be mutated'), notes };
  const network = await networkOf(run.bench);
  const tried: Tried[] = [];
  for (const mutant of chosen) {
    const bed = bedFor(mutant.file);
    if (bed === undefined) throw new Error('assertion failed: a mutant without a bed');
    const leftMs = endMs - performance.now();
    if (leftMs < bed.usualMs) {
      const takes = `building and testing take ${Math.ceil(bed.usualMs / 1000)} s`;
      return { tried, why: `time for ${tried.length} of ${chosen.length} mutants only: ${takes}`, notes };
    }
    const outcome = await outcomeOf(run, bed, { mutant, text: tree.get(mutant.file) ?? '', network, maxMs: leftMs });
    const { file, line, from, to } = mutant;
    tried.push({ file, line, from: cleaned(from, 80), to, outcome });
  }
  return { tried, why: null, notes };
}

const ECOSYSTEM_OF: Readonly<Record<Language, string>> = {
  javascript: 'node',
  python: 'python',
  rust: 'rust',
  go: 'go',
};

/** Tests of one language say nothing about another; what a command of the configuration tests is not known. */
function speaks(ecosystem: string, file: string): boolean {
  const language = languageOf(file);
  return language !== null && (ECOSYSTEM_OF[language] === ecosystem || ecosystem === 'configured');
}

/** A sentence: why no mutant can be tried there. */
function bedOf({ gates, targets }: MutationRun, { ecosystem, ground }: Place): Bed | string {
  const said = (gate: 'build' | 'test') =>
    gates.find((one) => one.gate === gate && one.folder === ground.folder && one.ecosystem === ecosystem.name);
  const [built, tested] = [said('build'), said('test')];
  if (tested?.verdict !== 'passed') return `the tests do not pass: ${tested?.reason ?? 'they were not run'}`;
  const build = ecosystem.gates.build(ground, targets);
  const test = ecosystem.gates.test(ground, targets);
  if (test.is !== 'run') return 'the tests are no command that can be run';
  const usualMs = (built?.figures.durationMs ?? 0) + (tested.figures.durationMs ?? 0);
  // What cannot be built by itself is built by its tests, or not at all.
  const builds = build.is === 'run' && built?.verdict === 'passed';
  const nothing: RunPlan = { is: 'run', steps: [], read: () => ({ verdict: 'passed', reason: '' }) };
  return {
    ecosystem: ecosystem.name,
    ground,
    build: builds ? build : nothing,
    test,
    usualMs,
    covered: coveredOf(ground),
  };
}

/** What the coverage gate left behind. */
const REPORTS = ['lcov.info', 'vitest/lcov.info', 'jest/lcov.info', 'coverage.json', 'cover.txt'];

function coveredOf({ reports }: Ground): CoveredLines | null {
  for (const name of REPORTS) {
    const text = reportOf(join(reports, name));
    const lines = text === null ? null : coveredLines(text);
    if (lines !== null && lines.size > 0) return lines;
  }
  return null;
}

function reaches(bed: Bed | undefined, file: string, line: number): boolean {
  if (bed === undefined) return false;
  const { covered, ground } = bed;
  if (covered === null) return true;
  const own = posix.relative(ground.folder, file);
  const report = [...covered].find(([path]) => path === own || path.endsWith(`/${own}`));
  return report?.[1].has(line) === true;
}

/** Of so many files mutants are drawn. */
const MOST_FILES = 100;
/** What is larger was hardly written by hand, and takes long to look through. */
const LONGEST = 50_000;

function isChanged(before: Tree | null, file: string, text: string): boolean {
  return (
    text.length <= LONGEST &&
    !isTestFile(file) &&
    !NOT_OURS.test(file) &&
    !/\.config\.[^/]+$/.test(file) &&
    before?.get(file) !== text
  );
}

/** A mutant that makes the tests hang is noticed, but nobody waits long for it. */
const PATIENCE = 3;
const PATIENCE_MS = 10_000;

interface Trial {
  readonly mutant: Mutant;
  readonly text: string;
  readonly network: 'open' | 'closed';
  readonly maxMs: number;
}

async function outcomeOf(run: MutationRun, bed: Bed, { mutant, text, network, maxMs }: Trial): Promise<Outcome> {
  const { bench, putBack, testMaxMs } = run;
  const limitMs = Math.min(maxMs, testMaxMs, PATIENCE * bed.usualMs + PATIENCE_MS);
  // Files of one size from the same second look the same to Python's cache of compiled code: it gets another place.
  const env = { PYTHONPYCACHEPREFIX: join(bench.scratch, 'mutants-pycache') };
  const order = { bench, ground: bed.ground, network, env, maxMs: limitMs };
  try {
    // Before it is written: what earlier commands put in the file's place, or its folder's, is gone then.
    await putBack();
    writeMutant(join(bench.project, mutant.file), mutated(text, mutant));
    if (bed.build.steps.length > 0) {
      const { last } = await runPlan(bed.build, order);
      if (verdictOf(last, bed.build).verdict !== 'passed') return 'not-runnable';
    }
    const { last } = await runPlan(bed.test, order);
    // Time that is short for another reason says nothing about the tests.
    if (last.cut === 'time' && limitMs < PATIENCE * bed.usualMs) return 'not-runnable';
    const { verdict } = verdictOf(last, bed.test);
    return verdict === 'failed' ? 'killed' : verdict === 'passed' ? 'survived' : 'not-runnable';
  } catch {
    // The disk does not give or take a file: nothing is known of this one.
    return 'not-runnable';
  } finally {
    await putBack().catch(() => 0);
  }
}

/** Never through a link. */
function writeMutant(path: string, text: string): void {
  const file = openSync(path, constants.O_WRONLY | constants.O_TRUNC | constants.O_NOFOLLOW);
  try {
    writeSync(file, text);
  } finally {
    closeSync(file);
  }
}
