// Asks every gate about the judged copy, one after the other; what one of them does never keeps the next from being asked.
import { cleaned } from '../text/clean.ts';
import { type Bench, type Ran, runCommand } from './command.ts';
import type { Ecosystem, EcosystemGate, Targets } from './ecosystem.ts';
import { type Commands, configured, NO_COMMANDS } from './ecosystems/configured.ts';
import { GO } from './ecosystems/go.ts';
import { NODE } from './ecosystems/node.ts';
import { PYTHON } from './ecosystems/python.ts';
import { RUST } from './ecosystems/rust.ts';
import { GATES, type GateName, type GateResult } from './gate.ts';
import { foldersWith, type Ground, groundOf } from './ground.ts';
import { type GatePlan, inconclusive, type Reading } from './plan.ts';
import { decisiveLines } from './readings.ts';
import { secretsIn } from './secrets.ts';
import { runPlan, verdictOf } from './steps.ts';
import { type ReadTree, readTree } from './tree.ts';

export const ECOSYSTEMS: readonly Ecosystem[] = [RUST, NODE, PYTHON, GO];

export interface GateRun {
  readonly bench: Bench;
  readonly targets: Targets;
  /** What the session's configuration runs instead of what an ecosystem does. */
  readonly commands?: Commands;
  /** For all gates together, and for one run of the project's tests. */
  readonly maxMs: number;
  readonly testMaxMs: number;
  /** Only these; all if left out. */
  readonly only?: readonly GateName[];
  /** Nobody waits for the answers any more: no further command is begun. */
  readonly isOver?: () => boolean;
  /** Puts files of the snapshot back that a gate changed; gives how many those were. */
  readonly putBack: () => Promise<number>;
}

interface State extends GateRun {
  readonly endMs: number;
  readonly network: 'closed' | 'open';
}

/** Never throws for what the project does. */
export async function runGates(run: GateRun): Promise<readonly GateResult[]> {
  const endMs = performance.now() + run.maxMs;
  const read = readTree(run.bench.project);
  const wanted = (gate: GateName) => run.only === undefined || run.only.includes(gate);
  const results: GateResult[] = wanted('secrets') ? [await secretsGate(read)] : [];
  const grounds = groundsOf(run, read);
  if (grounds.length === 0)
    return [...results, ...GATES.filter((gate) => gate !== 'secrets' && wanted(gate)).map(unknown)];
  const state: State = { ...run, endMs, network: await networkOf(run.bench) };
  for (const { ecosystem, ground } of grounds) {
    let blocked: string | null = null;
    let unfetched: string | null = null;
    for (const gate of GATES) {
      if (gate === 'secrets' || !(wanted(gate) || gate === 'fetch')) continue;
      const plan = ecosystem.gates[gate](ground, run.targets);
      const result: GateResult = await oneGate(state, { ecosystem, ground, gate, plan, blocked, unfetched });
      if (gate === 'fetch' && plan.is === 'run' && result.verdict !== 'passed')
        blocked = 'the dependencies could not be fetched';
      if (gate === 'fetch' && plan.is === 'settled' && result.verdict !== 'passed') unfetched = result.reason;
      if (wanted(gate)) results.push(result);
    }
  }
  return results;
}

export interface Place {
  readonly ecosystem: Ecosystem;
  readonly ground: Ground;
}

/** Every manifest with its ecosystem; configured commands take the place of what the project's root would do. */
export function groundsOf(
  { bench, commands = NO_COMMANDS }: Pick<GateRun, 'bench' | 'commands'>,
  { tree }: Pick<ReadTree, 'tree'>,
): readonly Place[] {
  const found = ECOSYSTEMS.flatMap((ecosystem) =>
    foldersWith(tree, ecosystem.manifests, ecosystem.isApart).map((folder) => ({
      ecosystem,
      ground: groundOf(bench, tree, folder),
    })),
  );
  if (Object.values(commands).every((argv) => argv.length === 0)) return found;
  const root = found.find(({ ground }) => ground.folder === '.');
  const own = { ecosystem: configured(commands, root?.ecosystem ?? null), ground: groundOf(bench, tree, '.') };
  return [own, ...found.filter((one) => one !== root)];
}

interface Asked {
  readonly ecosystem: Ecosystem;
  readonly ground: Ground;
  readonly gate: EcosystemGate;
  readonly plan: GatePlan;
  readonly blocked: string | null;
  /** Why dependencies were not even tried to be fetched: the rest is run, since they may not matter. */
  readonly unfetched: string | null;
}

async function oneGate(
  state: State,
  { ecosystem, ground, gate, plan, blocked, unfetched }: Asked,
): Promise<GateResult> {
  const about = { gate, ecosystem: ecosystem.name, folder: ground.folder };
  if (plan.is === 'settled') return { ...about, ...completed(plan), evidence: null, notes: [] };
  if (blocked !== null && gate !== 'security')
    return { ...about, ...completed(inconclusive(blocked)), evidence: null, notes: [] };
  if (performance.now() >= state.endMs || state.isOver?.() === true)
    return { ...about, ...completed(inconclusive('the judge’s time was used up')), evidence: null, notes: [] };
  const limitMs = gate === 'test' || gate === 'coverage' ? state.testMaxMs : state.maxMs;
  const maxMs = Math.min(state.endMs - performance.now(), limitMs);
  const { ran, last, ...told } = await runPlan(plan, { ...state, ground, maxMs });
  const notes = [...told.notes];
  const said = verdictOf(last, plan);
  const reading = gate === 'fetch' ? asFetch(said) : unfetched === null ? said : withoutAny(said, last, unfetched);
  const changed = await state.putBack().catch((error: unknown) => {
    notes.push(`what it changed could not be put back: ${cleaned((error as Error).message, 150)}`);
    return 0;
  });
  if (changed > 0) notes.push(`it changed ${changed} files of the project; they were put back`);
  const durationMs = ran.reduce((sum, one) => sum + one.durationMs, 0);
  const peakBytes = Math.max(...ran.map((one) => one.peakBytes));
  const { figures, ...rest } = completed(reading);
  return {
    ...about,
    ...rest,
    figures: { ...figures, durationMs, ...(peakBytes === 0 ? {} : { peakBytes }) },
    evidence: {
      command: last.argv.map((word) => cleaned(word, 200)).slice(0, 40),
      exitCode: last.exit?.code ?? null,
      lines: decisiveLines(last),
      durationMs,
    },
    notes,
  };
}

/** What cannot be fetched says nothing about the code. */
function asFetch(reading: Reading): Reading {
  return reading.verdict === 'failed'
    ? inconclusive(`dependencies could not be fetched (${reading.reason})`)
    : { verdict: reading.verdict, reason: reading.reason };
}

/** What fails without its dependencies might not fail with them; what did not end, or left its place, says enough. */
function withoutAny(reading: Reading, { cut, replaced }: Ran, why: string): Reading {
  if (reading.verdict !== 'failed' || cut !== null || replaced.length > 0) return reading;
  const { figures = {} } = reading;
  return { ...inconclusive(`${reading.reason}, maybe for want of dependencies: ${why}`), figures };
}

function completed({ verdict, reason, figures = {}, findings = [] }: Reading) {
  return { verdict, reason: cleaned(reason, 300), figures, findings };
}

const KNOWN = ECOSYSTEMS.flatMap(({ manifests }) => manifests).join(', ');

function unknown(gate: GateName): GateResult {
  const reason = `no ${KNOWN}: there is nothing we know how to judge`;
  return { gate, ecosystem: null, folder: '.', ...completed(inconclusive(reason)), evidence: null, notes: [] };
}

async function secretsGate({ tree, unread }: ReadTree): Promise<GateResult> {
  const startMs = performance.now();
  const findings = await secretsIn(tree);
  const seen = `${tree.size} files`;
  const notes =
    unread.length === 0 ? [] : [`${unread.length} files were not read, like ${cleaned(unread[0] ?? '', 100)}`];
  return {
    gate: 'secrets',
    ecosystem: null,
    folder: '.',
    verdict: findings.length === 0 ? 'passed' : 'failed',
    reason: findings.length === 0 ? `no secret in ${seen}` : `${findings.length} secrets in ${seen}`,
    evidence: null,
    figures: { findings: findings.length, durationMs: Math.round(performance.now() - startMs) },
    findings,
    notes,
  };
}

const TRIAL_MS = 10_000;
const TRIALS = 3;

/**
 * Found out by trying: kernels and containers forbid network namespaces, too. A trial that does not end says nothing, and
 * then it is closed: what cannot be started is inconclusive, but nothing that is judged reaches the network unsaid.
 */
export async function networkOf(bench: Bench, trialMs = TRIAL_MS): Promise<'closed' | 'open'> {
  if (!bench.walls.closesNetwork) return 'open';
  const argv = ['/bin/sh', '-c', 'exit 0'];
  for (let trial = 0; trial < TRIALS; trial++) {
    const { exit, cut } = await runCommand(bench, { argv, cwd: bench.project, network: 'closed', maxMs: trialMs });
    if (cut === null) return exit?.code === 0 ? 'closed' : 'open';
  }
  return 'closed';
}
