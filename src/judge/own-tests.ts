// Runs the project's own tests on a judged copy: found by its manifest, within a time limit, never believed unseen.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Confinement } from '../process/confinement.ts';
import { environmentOf } from '../process/environment.ts';
import type { Guard } from '../process/guard.ts';
import type { Exit, Places } from '../process/launch.ts';
import { startProcess } from '../process/spawn.ts';
import { ECOSYSTEMS, type Ecosystem, type TestCounts } from './ecosystems.ts';

/** What running the tests found. */
export interface TestResult {
  readonly verdict: 'passed' | 'failed' | 'inconclusive';
  readonly text: string;
  readonly ecosystem: string | null;
  readonly command: readonly string[] | null;
  readonly exitCode: number | null;
  readonly tests: number | null;
  readonly failed: number | null;
  readonly durationMs: number | null;
}

export interface TestRun {
  readonly session: string;
  /** The copy to judge; it may be changed. */
  readonly project: string;
  /** Folder for homes and output of the judged commands. */
  readonly scratch: string;
  readonly caches: string;
  readonly marker: string;
  readonly walls: Confinement;
  readonly guard: Guard;
  readonly places: Places;
  readonly maxMs: number;
  readonly env: NodeJS.ProcessEnv;
}

export async function runOwnTests(run: TestRun): Promise<TestResult> {
  const ecosystem = ECOSYSTEMS.find(({ manifest }) => existsSync(join(run.project, manifest)));
  if (ecosystem === undefined)
    return inconclusive(
      `no ${ECOSYSTEMS.map(({ manifest }) => manifest).join(', ')}: there is nothing we know how to test`,
    );
  const startMs = performance.now();
  for (const command of ecosystem.prepare(run.project)) {
    const { exit, timedOut } = await runCommand(run, command, leftMs(run, startMs));
    if (timedOut || exit?.code !== 0)
      return inconclusive(
        `dependencies could not be fetched (${command.join(' ')}: ${ended(exit, timedOut)})`,
        ecosystem.name,
      );
  }
  const { exit, timedOut, output } = await runCommand(run, ecosystem.test, leftMs(run, startMs));
  const counts = ecosystem.count(output);
  return { ...judge(ecosystem, exit, timedOut, counts), durationMs: Math.round(performance.now() - startMs) };
}

function leftMs({ maxMs }: TestRun, startMs: number): number {
  return Math.max(1_000, maxMs - (performance.now() - startMs));
}

function judge(ecosystem: Ecosystem, exit: Exit | null, timedOut: boolean, counts: TestCounts | null): TestResult {
  const facts = {
    ecosystem: ecosystem.name,
    command: ecosystem.test,
    exitCode: exit?.code ?? null,
    tests: counts?.tests ?? null,
    failed: counts?.failed ?? null,
    durationMs: null,
  };
  const shown = ecosystem.test.join(' ');
  if (exit === null && !timedOut) return { ...facts, verdict: 'inconclusive', text: `${shown} could not be started` };
  if (timedOut) return { ...facts, verdict: 'failed', text: `${shown} did not end within its time` };
  if (exit?.code !== 0)
    return { ...facts, verdict: 'failed', text: `${shown}: ${ended(exit, false)}${failing(counts)}` };
  if (counts === null) return { ...facts, verdict: 'inconclusive', text: `${shown} told no number of tests` };
  if (counts.tests === 0) return { ...facts, verdict: 'failed', text: `${shown} found no tests` };
  if (counts.failed > 0) return { ...facts, verdict: 'failed', text: `${shown}:${failing(counts)}` };
  return { ...facts, verdict: 'passed', text: `${shown}: ${counts.tests} tests passed` };
}

function failing(counts: TestCounts | null): string {
  return counts === null ? '' : ` ${counts.failed} of ${counts.tests} tests failed`;
}

function ended(exit: Exit | null, timedOut: boolean): string {
  if (timedOut) return 'not within its time';
  if (exit === null) return 'it could not be started';
  return exit.signal === null ? `exit code ${exit.code};` : `ended by ${exit.signal};`;
}

function inconclusive(text: string, ecosystem: string | null = null): TestResult {
  return {
    verdict: 'inconclusive',
    text,
    ecosystem,
    command: null,
    exitCode: null,
    tests: null,
    failed: null,
    durationMs: null,
  };
}

/** The end of a command's output is where results stand. */
const TAIL_BYTES = 1024 * 1024;

interface Ran {
  readonly exit: Exit | null;
  readonly timedOut: boolean;
  readonly output: string;
}

async function runCommand(run: TestRun, [file = '', ...args]: readonly string[], maxMs: number): Promise<Ran> {
  const home = join(run.scratch, 'home');
  mkdirSync(home, { recursive: true });
  const output = join(run.scratch, 'output.log');
  const input = join(run.scratch, 'empty');
  writeFileSync(input, '');
  writeFileSync(output, '');
  const env = environmentOf(
    { session: run.session, agent: 'judge', role: 'judge', turn: 0, home, caches: run.caches, pass: [] },
    run.env,
  );
  let timer: NodeJS.Timeout | null = null;
  let timedOut = false;
  const { marker, walls, places, guard } = run;
  const launch = { file, args, env: { ...env, CI: 'true' } };
  const files = { input, output, errors: output };
  try {
    const exit = await new Promise<Exit>((resolve, reject) => {
      startProcess({ launch, files, marker, walls, places }, resolve).then((started) => {
        guard.watch(started.pid);
        timer = setTimeout(() => {
          timedOut = true;
          started.signal('kill');
        }, maxMs);
      }, reject);
    });
    return { exit, timedOut, output: tailOf(output) };
  } catch {
    return { exit: null, timedOut: false, output: '' };
  } finally {
    if (timer !== null) clearTimeout(timer);
  }
}

function tailOf(path: string): string {
  return readFileSync(path).subarray(-TAIL_BYTES).toString('utf8');
}
