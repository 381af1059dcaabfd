// The workspace part of a checkpoint and of a restore: 150 files beside a large cache, 1 % of them changed, beside restic.
import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createStore, initProject } from '../dist/workspace/git.js';
import { gitWorkspace } from '../dist/workspace/workspace.js';
import { alternate, has, ratio, run, scratch, timed } from './measure.js';

export async function snapshot() {
  if (!has('restic')) return [{ what: 'checkpoint and restore of the workspace', left: 'restic is not installed' }];
  const folder = scratch();
  const root = join(folder, 'project');
  mkdirSync(join(root, 'src'), { recursive: true });
  await initProject(root);
  const write = (n, text) =>
    writeFileSync(join(root, 'src', `file${n}.rs`), `// ${text}\n${'fn f() { work(); }\n'.repeat(100)}`);
  for (let n = 0; n < 150; n++) write(n, `file ${n}`);
  mkdirSync(join(root, 'node_modules'));
  const cache = openSync(join(root, 'node_modules', 'cache.bin'), 'w');
  ftruncateSync(cache, 480e6);
  closeSync(cache);
  const store = join(folder, 'store.git');
  await createStore(store);
  const source = { name: 'project', root, exclude: ['node_modules'], only: null };
  const workspace = gitWorkspace(store, source);
  const env = {
    ...process.env,
    RESTIC_REPOSITORY: join(folder, 'restic'),
    RESTIC_PASSWORD: 'x',
    RESTIC_CACHE_DIR: join(folder, 'cache'),
  };
  execFileSync('restic', ['init'], { env, stdio: 'ignore' });
  const backup = () => run('restic', ['backup', '--quiet', '--exclude', 'node_modules', root], { env });
  let { commit } = await workspace.keep('refs/checkpoints/0', [source], 0);
  await backup();
  const change = (round) => {
    for (const n of [2 * round, 2 * round + 1]) write(n, `changed in round ${round}`);
  };
  const kept = await alternate(
    9,
    async (round) => {
      change(round);
      return timed(async () => {
        ({ commit } = await workspace.keep(`refs/checkpoints/${round + 1}`, [source], round));
      });
    },
    (round) => {
      change(round + 20);
      return timed(backup);
    },
  );
  const target = join(folder, 'restored');
  const restored = await alternate(
    7,
    (round) => {
      change(round + 40);
      return timed(() => workspace.restore(commit, [source]));
    },
    () => {
      rmSync(target, { recursive: true, force: true });
      return timed(() => run('restic', ['restore', 'latest', '--quiet', '--target', target], { env }));
    },
  );
  return [
    ratio('checkpoint of 150 files beside a 480 MB cache, workspace part', kept, {
      peerName: 'restic backup',
      goal: 0.04,
    }),
    ratio('restore of the workspace', restored, {
      peerName: 'restic restore',
      goal: 0.03,
      note: 'ours puts back what changed in place, restic fills an empty folder',
    }),
  ];
}
