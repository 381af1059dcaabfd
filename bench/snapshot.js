// The workspace part of checkpoints and of a restore, 1 % of the files changed, beside restic: 150 files and a large cache; 100,000.
import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createStore, initProject } from '../dist/workspace/git.js';
import { gitWorkspace } from '../dist/workspace/workspace.js';
import { alternate, has, ratio, run, scratch, timed } from './measure.js';

export async function snapshot() {
  const what = 'checkpoint of 150 files beside a 480 MB cache, workspace part';
  if (!has('restic')) return [{ what: 'checkpoint and restore of the workspace', left: NO_RESTIC }];
  const place = await placed(150, 150);
  const { folder, root, workspace, source, write } = place;
  mkdirSync(join(root, 'node_modules'));
  const cache = openSync(join(root, 'node_modules', 'cache.bin'), 'w');
  ftruncateSync(cache, 480e6);
  closeSync(cache);
  const change = (round) => {
    for (const n of [2 * round, 2 * round + 1]) write(n, `changed in round ${round}`);
  };
  const kept = await checkpoints(place, 9, change);
  const { commit } = await workspace.keep('refs/checkpoints/last', [source], 0);
  const target = join(folder, 'restored');
  const restored = await alternate(
    7,
    (round) => {
      change(round + 40);
      return timed(() => workspace.restore(commit, [source]));
    },
    () => {
      rmSync(target, { recursive: true, force: true });
      return timed(() => run('restic', ['restore', 'latest', '--quiet', '--target', target], { env: place.env }));
    },
  );
  return [
    ratio(what, kept, { peerName: 'restic backup', goal: 0.04 }),
    ratio('restore of the workspace', restored, {
      peerName: 'restic restore',
      goal: 0.03,
      note: 'ours puts back what changed in place, restic fills an empty folder',
    }),
  ];
}

const MANY = Number(process.env.MANY_FILES ?? 100_000);

export async function manyFiles() {
  const what = `checkpoint of ${MANY.toLocaleString('en')} files, 1 % changed, workspace part`;
  if (!has('restic')) return [{ what, left: NO_RESTIC }];
  const place = await placed(MANY, 300);
  const change = (round) => {
    for (let n = 0; n < MANY / 100; n++) place.write(n * 100 + round, `changed in round ${round}`);
  };
  const kept = await checkpoints(place, 5, change);
  return [ratio(what, kept, { peerName: 'restic backup', goal: 0.45 })];
}

const NO_RESTIC = 'restic is not installed (Debian has it as a package)';

/** A project of so many files, so many in a folder, with our store and restic's, both with everything in them. */
async function placed(files, inFolder) {
  const folder = scratch();
  const root = join(folder, 'project');
  const text = '{ work(); }\n'.repeat(files > 1_000 ? 20 : 150);
  const at = (n) => join(root, 'src', `part${Math.floor(n / inFolder)}`);
  const write = (n, said) => writeFileSync(join(at(n), `file${n}.rs`), `// file ${n}, ${said}\n${text}`);
  for (let n = 0; n < files; n += inFolder) mkdirSync(at(n), { recursive: true });
  for (let n = 0; n < files; n++) write(n, 'as it was');
  await initProject(root);
  const store = join(folder, 'store.git');
  await createStore(store);
  const source = { name: 'project', root, exclude: ['node_modules'], only: null };
  const workspace = gitWorkspace(store, source);
  const restic = { RESTIC_REPOSITORY: join(folder, 'restic'), RESTIC_CACHE_DIR: join(folder, 'cache') };
  const env = { ...process.env, ...restic, RESTIC_PASSWORD: 'x' };
  execFileSync('restic', ['init'], { env, stdio: 'ignore' });
  const backup = () => run('restic', ['backup', '--quiet', '--exclude', 'node_modules', root], { env });
  await workspace.keep('refs/checkpoints/0', [source], 0);
  await backup();
  return { folder, root, source, workspace, write, backup, env };
}

function checkpoints({ workspace, source, backup }, rounds, change) {
  return alternate(
    rounds,
    (round) => {
      change(round);
      return timed(() => workspace.keep(`refs/checkpoints/${round + 1}`, [source], round));
    },
    (round) => {
      change(round + 20);
      return timed(backup);
    },
  );
}
