// Judging the rehearsed projects with all gates, beside the same tools run by hand one after the other.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { stepsOf, writeFileOfStep } from '../dist/agents/rehearsal/steps.js';
import { runGates } from '../dist/judge/run-gates.js';
import { chooseConfinement } from '../dist/process/confinement.js';
import { prepareJudgeCaches } from '../dist/process/environment.js';
import { NO_GUARD } from '../dist/process/guard.js';
import { judgePlaces } from '../dist/runtime/places.js';
import { ContentCache } from '../dist/workspace/content.js';
import { countCode } from '../dist/workspace/count.js';
import { createStore } from '../dist/workspace/git.js';
import { restore } from '../dist/workspace/restore.js';
import { SnapshotStore } from '../dist/workspace/snapshot.js';
import { alternate, run, scratch, show, timed } from './measure.js';

const ROUNDS = Number(process.env.JUDGE_ROUNDS ?? 3);
/** The goal is 1.2 x the bare tools and so much beside them. */
const BESIDE_MS = 3_000;
const GOAL = 1.2;

export async function judge() {
  const rows = [];
  for (const type of ['task_queue', 'database', 'microservices']) rows.push(await judgeOne(type));
  return rows;
}

async function judgeOne(type) {
  const runs = scratch();
  const session = join(runs, 's');
  const built = join(session, 'built');
  for (const step of stepsOf(type)) for (const file of step.files) writeFileOfStep(built, file);
  const store = join(session, 'snapshots.git');
  await createStore(store);
  const contents = new ContentCache();
  const source = { name: 'project', root: built, exclude: ['node_modules'], only: null };
  const { commit } = await new SnapshotStore(store, contents).take('refs/checkpoints/1', [source], 1);
  const walls = await chooseConfinement({ level: 'auto', means: null });
  const times = await alternate(
    ROUNDS,
    (round) => timed(() => gates({ session, runs, store, commit, contents, walls, round })),
    () => timed(() => bare(built)),
  );
  return {
    what: `judging the rehearsed ${type}, all gates`,
    ours: `${show(times.ours / 1_000)} s`,
    peer: `bare tools: ${show(times.peer / 1_000)} s`,
    ratio: (times.ours - BESIDE_MS) / times.peer,
    goal: GOAL,
    note: `without the 3 s that are allowed; with them ${show(times.ours / times.peer)}`,
  };
}

/** What the judge does with a snapshot: copied out, counted, asked every gate. */
async function gates({ session, runs, store, commit, contents, walls, round }) {
  const folder = join(session, `judge-${round}`);
  const project = join(folder, 'project');
  const own = join(folder, 'scratch');
  const caches = join(session, 'judge-caches');
  for (const one of [project, own]) mkdirSync(one, { recursive: true });
  prepareJudgeCaches(caches, process.env);
  const copy = { name: 'project', root: project, exclude: ['node_modules'], only: null };
  await restore(store, commit, [copy], contents);
  await countCode(copy);
  const results = await runGates({
    bench: {
      session: 's',
      folder,
      project,
      scratch: own,
      caches,
      marker: `bench-${process.pid}.${round}`,
      walls,
      guard: NO_GUARD,
      places: { ...judgePlaces({ root: session }, { folder, project, scratch: own }), runs },
      env: process.env,
      outputBytes: 64 * 1024 * 1024,
      memoryBytes: 8 * 1024 ** 3,
      diskBytes: 8 * 1024 ** 3,
    },
    targets: { coverage: 0.8, documentation: 0.8 },
    maxMs: 600_000,
    testMaxMs: 300_000,
    putBack: async () => (await restore(store, commit, [{ ...copy, keepsNew: true }], contents)).written,
  });
  if (!results.some(({ gate, figures }) => gate === 'coverage' && figures.total > 0))
    throw new Error('the judge measured nothing');
}

/** What a person would type: the tests, and the tests again for their coverage. Nothing compiles in these projects. */
async function bare(project) {
  const env = { ...process.env, CI: 'true' };
  await run('npm', ['test'], { cwd: project, env });
  const options = ['--experimental-test-coverage', '--test-reporter=lcov', '--test-reporter-destination=/dev/null'];
  await run('node', ['--test', ...options], { cwd: project, env });
}
