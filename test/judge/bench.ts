// A judge's bench on a project made for a test: real walls, real tools, a snapshot to put files back from.
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { pidsWithMarker } from '../../src/host/processes.ts';
import type { Bench } from '../../src/judge/command.ts';
import { type Commands, NO_COMMANDS } from '../../src/judge/ecosystems/configured.ts';
import type { GateName, GateResult } from '../../src/judge/gate.ts';
import { runGates } from '../../src/judge/run-gates.ts';
import { chooseConfinement } from '../../src/process/confinement.ts';
import { prepareJudgeCaches } from '../../src/process/environment.ts';
import { NO_GUARD } from '../../src/process/guard.ts';
import { killAll } from '../../src/process/tree.ts';
import { judgePlaces } from '../../src/runtime/places.ts';
import { ContentCache } from '../../src/workspace/content.ts';
import { createStore } from '../../src/workspace/git.ts';
import { restore } from '../../src/workspace/restore.ts';
import { SnapshotStore } from '../../src/workspace/snapshot.ts';
import { scratch } from '../store/scratch.ts';

const WALLS = await chooseConfinement({ level: 'auto', means: null });
let benches = 0;

export type Files = Readonly<Record<string, string>>;

export interface JudgedProject {
  readonly project: string;
  readonly bench: Bench;
  readonly putBack: () => Promise<number>;
  readonly gates: (
    only?: readonly GateName[],
    limits?: { testMaxMs?: number },
    env?: NodeJS.ProcessEnv,
  ) => Promise<readonly GateResult[]>;
}

/** A project of these files, ready to be judged. */
export async function judged(
  files: Files,
  overrides: Partial<Bench> = {},
  commands: Commands = NO_COMMANDS,
): Promise<JudgedProject> {
  if ('impossible' in WALLS) throw new Error(WALLS.impossible);
  const runs = realpathSync(scratch());
  const session = join(runs, 's1');
  const folder = join(session, 'judge');
  const project = join(folder, 'project');
  const own = join(folder, 'scratch');
  const caches = join(session, 'judge-caches');
  for (const one of [project, join(own, 'tmp'), caches]) mkdirSync(one, { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), text);
  }
  prepareJudgeCaches(caches, process.env);
  const marker = `judge-test-${process.pid}.${benches++}`;
  onTestFinished(() => void killAll(() => pidsWithMarker(marker)));
  const bench: Bench = {
    session: 's1',
    folder,
    project,
    scratch: own,
    caches,
    marker,
    walls: WALLS,
    guard: NO_GUARD,
    places: { ...judgePlaces({ root: session }, { folder, project, scratch: own }), runs },
    env: process.env,
    outputBytes: 8 * 1024 * 1024,
    memoryBytes: 4 * 1024 ** 3,
    diskBytes: 4 * 1024 ** 3,
    ...overrides,
  };
  const contents = new ContentCache();
  const store = join(session, 'snapshots.git');
  await createStore(store);
  const source = { name: 'project', root: project, exclude: ['node_modules'], only: null, keepsNew: true };
  const { commit } = await new SnapshotStore(store, contents).take('refs/checkpoints/1', [source], 1);
  const putBack = async () => (await restore(store, commit, [source], contents)).written;
  const targets = { coverage: 0.8, documentation: 0.8 };
  return {
    project,
    bench,
    putBack,
    gates: (only, limits = {}, env = process.env) =>
      runGates({
        bench: { ...bench, env },
        targets,
        commands,
        maxMs: 120_000,
        testMaxMs: limits.testMaxMs ?? 100_000,
        putBack,
        ...(only === undefined ? {} : { only }),
      }),
  };
}

export function gate(results: readonly GateResult[], name: GateName): GateResult {
  const found = results.find((one) => one.gate === name);
  if (found === undefined) throw new Error(`there is no result of ${name}`);
  return found;
}
