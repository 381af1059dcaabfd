// Asks the built program from outside, component by component: behind the judge's walls, on a port and a folder of our own.
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../config/projects.ts';
import { cleaned } from '../../text/clean.ts';
import { type Bench, type Ran, runCommand } from '../command.ts';
import { type Measured, measured, unknown } from '../facts.ts';
import type { GateVerdict } from '../gate.ts';
import { networkOf } from '../run-gates.ts';
import { displaced } from '../steps.ts';
import { readTree, type Tree } from '../tree.ts';
import { dockerChecks } from './docker.ts';
import { linesOf, type Named, NOTHING, type Seen, unknownLines } from './lines.ts';
import { readStartFile, START_FILE } from './start-file.ts';
import { type Job, PROBED_TYPES, type ProbedType, type ProbeResult, TOLD, type Told } from './words.ts';

export interface ProbeRun {
  readonly bench: Bench;
  readonly project: {
    readonly type: string;
    readonly isShipped: boolean;
    readonly specification: string;
    readonly components: readonly Named[];
  };
  /** What the gate said: a program that was not built cannot be blamed for not starting. */
  readonly built: GateVerdict;
  readonly maxMs: number;
}

const PROGRAM = join(PACKAGE_ROOT, 'dist/judge/probes/inside/main.js');

export interface Probed {
  readonly lines: readonly ProbeResult[];
  /** Most memory that the program was seen to take in all its starts. */
  readonly memory: Measured;
}

/** One line a component. Never throws for what the project does. */
export async function runProbes(run: ProbeRun): Promise<Probed> {
  const { bench, project, built } = run;
  const { type, isShipped, components } = project;
  if (!isShipped || !isProbed(type))
    return unasked(unknownLines(components, `nobody knows how a ${type} is asked from outside`));
  const file = readStartFile(bench.project);
  if (file.is === 'missing')
    return unasked(unknownLines(components, `there is no ${START_FILE} that says how to start it`));
  if (file.is === 'wrong') {
    const seen: Seen = {
      ...NOTHING,
      startFailure: { verdict: 'failed', reason: file.reason },
      findings: file.findings,
    };
    return unasked(linesOf(components, seen));
  }
  const { tree } = readTree(bench.project);
  const docker = components.some(({ id }) => id === 'docker') ? await dockerChecks(tree, file.start) : [];
  const { ran, notes } = await ask(run, type, file.start.command, tree);
  const seen = seenOf(ran, built);
  const lines = linesOf(components, { ...seen, checked: [...seen.checked, ...docker], findings: file.findings, notes });
  const peakBytes = seen.startFailure === null ? (toldIn(ran.report)?.peakBytes ?? null) : null;
  return {
    lines,
    memory: peakBytes === null ? unknown('the built program was not seen running') : measured(peakBytes),
  };
}

function unasked(lines: readonly ProbeResult[]): Probed {
  return { lines, memory: unknown('the built program was not run') };
}

/** Is it known how it is asked? Everything else costs no time. */
export function isAsked({ type, isShipped }: Pick<ProbeRun['project'], 'type' | 'isShipped'>): boolean {
  return isShipped && isProbed(type);
}

function isProbed(type: string): type is ProbedType {
  return (PROBED_TYPES as readonly string[]).includes(type);
}

/** Beside the program, in the same closed network: it can be asked only from there. */
async function ask({ bench, project, maxMs }: ProbeRun, type: ProbedType, command: readonly string[], tree: Tree) {
  const endMs = performance.now() + maxMs;
  const leftMs = () => Math.max(1_000, endMs - performance.now());
  const network = await networkOf(bench);
  const notes = network === 'open' ? ['the network was open: these walls cannot close it'] : [];
  if (wantsRelease(tree, command)) {
    const argv = ['cargo', 'build', '--release', '--offline'];
    const built = await runCommand(bench, { argv, cwd: bench.project, network, maxMs: leftMs() });
    notes.push(`${built.shown} ${built.exit?.code === 0 ? 'ended well' : 'failed'}: it is started as a release build`);
  }
  const folder = join(bench.scratch, 'probes');
  const report = join(folder, 'told.json');
  const statements = statementsIn(project.specification);
  const components = project.components.map(({ id }) => id);
  const job: Job = {
    type,
    components,
    root: bench.project,
    command: [...command],
    scratch: folder,
    report,
    statements,
  };
  const argv = [process.execPath, PROGRAM, JSON.stringify(job)];
  const places = { ...bench.places, readable: [...bench.places.readable, PACKAGE_ROOT] };
  const order = { argv, shown: 'the probes', cwd: bench.project, network, report, maxMs: leftMs() };
  const ran = await runCommand({ ...bench, places }, order);
  return { ran, notes: ran.replaced.length === 0 ? notes : [...notes, displaced(ran)] };
}

/** The build gate builds without optimising; a project may want to be started the other way. */
function wantsRelease(tree: Tree, command: readonly string[]): boolean {
  const tools = ['redqueue-cli', 'minidb-cli'].map((name) => tree.get(name) ?? '');
  return tree.has('Cargo.toml') && [...command, ...tools].some((text) => /target\/release\/|--release\b/.test(text));
}

/** The lines of the specification that hold a statement and its known result. */
function statementsIn(specification: string): string[] {
  const [, block = ''] = /## Statements with known results[\s\S]*?```\n([\s\S]*?)```/.exec(specification) ?? [];
  return block.split('\n').filter((line) => line.includes(' => '));
}

function seenOf(ran: Ran, built: GateVerdict): Seen {
  const told = toldIn(ran.report);
  // Whoever ends them may have written what they tell, too.
  if (told === null || (ran.cut === null && ran.exit?.code !== 0)) {
    const said = ran.errors.trim().split('\n').at(-1) ?? '';
    const why = `the probes did not end well (${ran.cut ?? ran.exit?.signal ?? ran.exit?.code ?? 'not started'}) ${said}`;
    return { ...NOTHING, startFailure: { verdict: 'inconclusive', reason: cleaned(why, 300) } };
  }
  const { startFailure, checked } = told;
  if (startFailure === null) return { ...NOTHING, checked };
  // What could not be built cannot be blamed for not starting.
  const verdict = built === 'inconclusive' ? 'inconclusive' : 'failed';
  return { ...NOTHING, startFailure: { verdict, reason: cleaned(`it does not start: ${startFailure}`, 300) } };
}

function toldIn(report: string | null): Told | null {
  try {
    return TOLD.parse(JSON.parse(report ?? ''));
  } catch {
    // Nothing, or something else was put in its place.
    return null;
  }
}
