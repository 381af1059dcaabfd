// Judges one snapshot: copied out beside the session's files, asked every gate there, within a time limit.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { projectOf } from '../config/projects.ts';
import type { Config } from '../config/schema.ts';
import { removeTree } from '../host/remove.ts';
import { projectAtStart } from '../judge/beginning.ts';
import type { Bench } from '../judge/command.ts';
import { restoreDrill } from '../judge/drill.ts';
import { measured, unknown } from '../judge/facts.ts';
import { type GateName, worstOf } from '../judge/gate.ts';
import type { Judged } from '../judge/judged.ts';
import { type Mutation, type MutationRun, tryMutants, untried } from '../judge/mutation.ts';
import { isAsked, type Probed, type ProbeRun, runProbes } from '../judge/probes/run-probes.ts';
import { type Rules, rulesOf } from '../judge/rules.ts';
import { type GateRun, runGates } from '../judge/run-gates.ts';
import { programSize } from '../judge/size.ts';
import { tamperingOf } from '../judge/tampering.ts';
import { readTree } from '../judge/tree.ts';
import type { Confinement } from '../process/confinement.ts';
import { prepareJudgeCaches } from '../process/environment.ts';
import type { Guard } from '../process/guard.ts';
import type { Layout } from '../store/layout.ts';
import { ContentCache } from '../workspace/content.ts';
import { countCode } from '../workspace/count.ts';
import { restore } from '../workspace/restore.ts';
import { projectSource, type SessionParts } from './parts.ts';
import { judgePlaces } from './places.ts';
import { VERSION } from './version.ts';

export interface SnapshotToJudge {
  readonly session: string;
  readonly layout: Layout;
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  readonly walls: Confinement;
  readonly guard: Guard;
  readonly marker: string;
  readonly commit: string;
  /** Its number; null when the snapshot is that of no checkpoint. */
  readonly checkpoint: number | null;
  /** Below the session directory, made and removed here. */
  readonly folder: string;
  readonly maxMs: number;
  /** Of everything that is run; an agent's if left out. */
  readonly niceness?: number;
  /** Only these gates, and nothing else: a look beside the work. */
  readonly only?: readonly GateName[];
  readonly isOver?: () => boolean;
  /** How many mutants are put before the tests; a sentence: why none are. Not asked for if left out. */
  readonly mutants?: number | string;
}

/** What judging takes from a running session. */
export function ofSession({ id, layout, config, env, walls, guard }: SessionParts) {
  return { session: id, layout, config, env, walls, guard };
}

/** Of the whole time, for the drill and for everything that is no gate. */
const DRILL_SHARE = 0.1;
/** Of what is then left, for asking the built program from outside. */
const PROBE_SHARE = 0.25;
const DEFAULT_COVERAGE = 0.8;
const DEFAULT_DOCUMENTATION = 0.8;
const MIB = 1024 * 1024;

const NOT_PROBED: Probed = { lines: [], memory: unknown('not measured in a look beside the work') };

const NOT_COUNTED = { lines: null, files: 0, reason: 'not counted in a look beside the work' } as const;

/** Throws DamagedSnapshot when the snapshot cannot be restored. */
export async function judgeSnapshot(task: SnapshotToJudge): Promise<Judged> {
  const { session, layout, config, env, folder, commit, checkpoint, maxMs } = task;
  const startMs = performance.now();
  const project = join(folder, 'project');
  const scratch = join(folder, 'scratch');
  removeTree(folder);
  mkdirSync(scratch, { recursive: true });
  prepareJudgeCaches(layout.judgeCaches, env);
  try {
    const contents = new ContentCache();
    const source = { ...projectSource({ layout, config }), root: project };
    await restore(layout.snapshots, commit, [source], contents);
    const light = task.only !== undefined;
    const lines = light ? NOT_COUNTED : await countCode(source);
    const drill =
      checkpoint === null || light
        ? null
        : await restoreDrill(layout, session, { upTo: checkpoint, maxMs: maxMs * DRILL_SHARE });
    const tree = light ? null : readTree(project).tree;
    const tampering =
      checkpoint === null || tree === null ? null : await tamperingOf(layout, session, { checkpoint, tree });
    const bench = benchOf(task, project, scratch);
    const probed = probedProject(config);
    const putBack = async () =>
      (await restore(layout.snapshots, commit, [{ ...source, keepsNew: true }], contents)).written;
    const leftMs = () => Math.max(1_000, maxMs - (performance.now() - startMs));
    const mutantsMs = typeof task.mutants === 'number' ? leftMs() * config.judge.mutant_share : 0;
    const gates = await runGates({
      ...(task.only === undefined ? {} : { only: task.only }),
      ...(task.isOver === undefined ? {} : { isOver: task.isOver }),
      bench,
      ...askedBy(config),
      maxMs: (leftMs() - mutantsMs) * (isAsked(probed) ? 1 - PROBE_SHARE : 1),
      putBack,
    });
    // After the gates: they have built what is started now. A look beside the work starts nothing.
    const probes = light
      ? NOT_PROBED
      : await runProbes({
          bench,
          project: probed,
          built: worstOf(gates.filter(({ gate }) => gate === 'build').map(({ verdict }) => verdict)),
          maxMs: Math.max(1_000, leftMs() - mutantsMs),
        });
    // A build of its own: only where somebody wants to know.
    const isSized = !light && config.project.performance.binary_size_mb !== undefined;
    const size = isSized ? await programSize(bench, leftMs()) : unknown('no size is to be reached');
    const mutation = await mutationOf(task, {
      bench,
      gates,
      putBack,
      tree: tree ?? new Map(),
      maxMs: Math.min(mutantsMs, leftMs()),
    });
    return {
      checkpoint,
      commit,
      rules: rulesNow(config),
      gates,
      probes: probes.lines,
      memory: probes.memory,
      size,
      drill,
      tampering,
      files: tree === null ? null : [...tree.keys()],
      mutation,
      lines: lines.lines === null ? unknown(lines.reason) : measured(lines.lines),
    };
  } finally {
    try {
      removeTree(folder);
    } catch {
      // What was found counts all the same; the next judging tries again, and says so when it cannot.
    }
  }
}

/** What the configuration has to say about the gates. */
function askedBy({ judge, limits, project }: Config): Pick<GateRun, 'targets' | 'commands' | 'testMaxMs'> {
  const { test_coverage, documentation_coverage } = project.target;
  return {
    targets: {
      coverage: test_coverage ?? DEFAULT_COVERAGE,
      documentation: documentation_coverage ?? DEFAULT_DOCUMENTATION,
    },
    commands: { build: judge.build_command, test: judge.test_command, lint: judge.lint_command },
    testMaxMs: limits.max_test_runtime_min * 60_000,
  };
}

/** For a session: how many mutants, or why none. */
export function mutantsFor({ judge }: Config, sessionMs: number): number | string {
  if (judge.mutants === 0) return 'switched off (judge.mutants)';
  const isShort = sessionMs < judge.light_from_minutes * 60_000;
  return isShort ? `not in sessions under ${judge.light_from_minutes} min (judge.light_from_minutes)` : judge.mutants;
}

async function mutationOf(
  { session, layout, config, commit, mutants }: SnapshotToJudge,
  run: Pick<MutationRun, 'bench' | 'gates' | 'putBack' | 'tree' | 'maxMs'>,
): Promise<Mutation | null> {
  if (mutants === undefined) return null;
  if (typeof mutants === 'string') return untried(mutants);
  const before = await projectAtStart(layout, session);
  return tryMutants({ ...askedBy(config), ...run, before, seed: commit, most: mutants });
}

function rulesNow(config: Config): Rules {
  const { project_type: type } = config.session;
  return rulesOf({ config, project: projectOf(config, type), version: VERSION });
}

function benchOf(task: SnapshotToJudge, project: string, scratch: string): Bench {
  const { session, layout, config, env, folder, walls, guard, marker } = task;
  return {
    session,
    folder,
    project,
    scratch,
    caches: layout.judgeCaches,
    marker,
    walls,
    guard,
    places: {
      ...judgePlaces(layout, { folder, project, scratch }),
      ...(task.niceness === undefined ? {} : { niceness: task.niceness }),
    },
    env,
    outputBytes: config.judge.output_limit_mb * MIB,
    memoryBytes: config.judge.memory_limit_mb * MIB,
    diskBytes: config.judge.disk_limit_mb * MIB,
  };
}

/** A configuration may put a project of its own under a shipped name: nobody knows how that one is asked. */
function probedProject(config: Config): ProbeRun['project'] {
  const { project_type: type } = config.session;
  const { specification, components } = projectOf(config, type);
  return { type, isShipped: config.projects[type] === undefined, specification, components };
}
