// Snapshots bring a folder back to exactly what it was, its git repositories included.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ContentCache, type Source } from '../../src/workspace/content.ts';
import { createStore } from '../../src/workspace/git.ts';
import { DamagedSnapshot, restore, verifySnapshot } from '../../src/workspace/restore.ts';
import { SnapshotStore } from '../../src/workspace/snapshot.ts';
import { treeOf } from '../support/tree.ts';

let root: string;
let project: string;
let store: string;
let source: Source;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'mega-snapshot-'));
  project = join(root, 'project');
  store = join(root, 'snapshots.git');
  source = { name: 'project', root: project, exclude: ['node_modules'], only: null };
  mkdirSync(project);
  await createStore(store);
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function agentGit(...args: string[]): string {
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@b', '-c', 'commit.gpgsign=false'];
  return execFileSync('git', [...identity, ...args], {
    cwd: project,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function put(path: string, content: string | Buffer): void {
  const full = join(project, path);
  mkdirSync(join(full, '..'), { recursive: true });
  writeFileSync(full, content);
}

async function takeAndRestore(damage: () => void): Promise<void> {
  const contents = new ContentCache();
  const snapshot = await new SnapshotStore(store, contents).take('refs/checkpoints/1', [source], 1);
  const before = treeOf(project);
  damage();
  await restore(store, snapshot.commit, [source], contents);
  expect(treeOf(project)).toEqual(before);
}

describe('a snapshot restores the exact tree', () => {
  test('after files were changed, removed, added, and a file became a folder', async () => {
    put('a.txt', 'one\n');
    put('src/b.txt', 'two\r\n');
    put('src/deep/c.bin', Buffer.from([0, 255, 10, 13, 0]));
    put('name with "quotes" and \\ and\nnewline', 'x');
    put('ünïcode.txt', 'ü');
    writeFileSync(Buffer.concat([Buffer.from(`${project}/bad-`), Buffer.from([0xff, 0xfe])]), 'not UTF-8');
    mkdirSync(join(project, 'empty/inner'), { recursive: true });
    put('run.sh', '#!/bin/sh\n');
    chmodSync(join(project, 'run.sh'), 0o755);
    put('secret', 's');
    chmodSync(join(project, 'secret'), 0o600);
    symlinkSync('a.txt', join(project, 'link'));
    symlinkSync('/nonexistent/target', join(project, 'dangling'));
    await takeAndRestore(() => {
      writeFileSync(join(project, 'a.txt'), 'ONE\n');
      rmSync(join(project, 'src/deep'), { recursive: true });
      put('new/file', 'n');
      unlinkSync(join(project, 'link'));
      put('link/now-a-folder', 'x');
      chmodSync(join(project, 'run.sh'), 0o644);
      rmSync(join(project, 'empty'), { recursive: true });
    });
  });

  test('after the whole folder was removed', async () => {
    put('a/b/c', 'x');
    await takeAndRestore(() => rmSync(project, { recursive: true }));
  });

  test('after rm -rf .git: log, status, stash and index come back and fsck is clean', async () => {
    agentGit('init', '-q', '-b', 'main');
    put('kept.txt', 'v1\n');
    agentGit('add', '.');
    agentGit('commit', '-qm', 'first');
    put('kept.txt', 'v2\n');
    agentGit('stash', '-q');
    put('staged.txt', 'staged, never committed\n');
    agentGit('add', 'staged.txt');
    put('untracked.txt', 'u\n');
    put('.gitignore', 'ignored.txt\n');
    put('ignored.txt', 'i\n');
    const facts = () => [
      agentGit('log', '--format=%H %s'),
      agentGit('status', '--porcelain'),
      agentGit('stash', 'list'),
      agentGit('diff', '--cached'),
    ];
    const before = facts();
    await takeAndRestore(() => rmSync(join(project, '.git'), { recursive: true }));
    expect(facts()).toEqual(before);
    expect(agentGit('fsck', '--full')).toBe('');
    agentGit('stash', 'pop', '-q');
    expect(readFileSync(join(project, 'kept.txt'), 'utf8')).toBe('v2\n');
  });

  test('with a repository inside the repository, and names git would refuse', async () => {
    agentGit('init', '-q', '-b', 'main');
    mkdirSync(join(project, 'inner'));
    execFileSync('git', ['init', '-q', join(project, 'inner')]);
    put('inner/%odd', 'percent');
    put('GIT~1/x', 'short name');
    await takeAndRestore(() => rmSync(join(project, 'inner'), { recursive: true }));
  });

  test('leaving caches alone: node_modules by name, others by a valid CACHEDIR.TAG only', async () => {
    put('node_modules/m/index.js', 'm');
    put('target/CACHEDIR.TAG', 'Signature: 8a477f597d28d172789f06886806bc55\n');
    put('target/big', 'object');
    put('not-a-cache/CACHEDIR.TAG', 'something else');
    put('not-a-cache/file', 'kept');
    const contents = new ContentCache();
    const snapshot = await new SnapshotStore(store, contents).take('refs/checkpoints/1', [source], 1);
    expect(snapshot.sources.project?.excluded).toEqual(['node_modules', 'target']);
    rmSync(join(project, 'not-a-cache'), { recursive: true });
    put('target/big', 'rebuilt');
    await restore(store, snapshot.commit, [source], contents);
    expect(readFileSync(join(project, 'not-a-cache/file'), 'utf8')).toBe('kept');
    expect(readFileSync(join(project, 'target/big'), 'utf8')).toBe('rebuilt');
  });

  test('with a folder that was tagged as a cache only afterwards', async () => {
    put('src/a.js', 'ours');
    put('src/deep/b.js', 'ours');
    await takeAndRestore(() => {
      put('src/CACHEDIR.TAG', 'Signature: 8a477f597d28d172789f06886806bc55\n');
      put('src/a.js', 'changed');
      rmSync(join(project, 'src/deep'), { recursive: true });
      symlinkSync('/', join(project, 'src/deep'));
    });
  });
});

test('a file changed within the same clock tick as its snapshot is not taken for unchanged', async () => {
  const contents = new ContentCache();
  const snapshots = new SnapshotStore(store, contents);
  for (let n = 1; n <= 20; n++) {
    put('counter', String(n % 10));
    const snapshot = await snapshots.take(`refs/checkpoints/${n}`, [source], n);
    const shown = execFileSync('git', ['--git-dir', store, 'show', `${snapshot.commit}:project/counter`], {
      encoding: 'utf8',
    });
    expect(shown).toBe(String(n % 10));
  }
});

test('links and special files are never followed or read', async () => {
  writeFileSync(join(root, 'outside'), 'canary');
  symlinkSync(join(root, 'outside'), join(project, 'to-outside'));
  symlinkSync('/', join(project, 'to-root'));
  execFileSync('mkfifo', [join(project, 'pipe')]);
  const snapshot = await new SnapshotStore(store, new ContentCache()).take('refs/checkpoints/1', [source], 1);
  expect(snapshot.sources.project).toMatchObject({ files: 2, skipped: ['pipe: neither file, folder nor link'] });
  const all = execFileSync('git', ['--git-dir', store, 'cat-file', '--batch', '--batch-all-objects'], {
    encoding: 'latin1',
  });
  expect(all).not.toContain('canary');
});

test('a damaged snapshot is found before anything is touched', async () => {
  put('a', 'good\n');
  put('b', 'x'.repeat(5_000));
  const snapshot = await new SnapshotStore(store, new ContentCache()).take('refs/checkpoints/1', [source], 1);
  await verifySnapshot(store, snapshot.commit);
  put('a', 'changed later\n');
  put('b', 'changed later too\n');
  const pack = execFileSync('sh', ['-c', `ls ${store}/objects/pack/*.pack`], { encoding: 'utf8' }).trim();
  const bytes = readFileSync(pack);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  chmodSync(pack, 0o644);
  writeFileSync(pack, bytes);
  const before = treeOf(project);
  await expect(restore(store, snapshot.commit, [source], new ContentCache())).rejects.toThrow(DamagedSnapshot);
  expect(treeOf(project)).toEqual(before);
});

test.each(['blob', 'tree', 'commit'])(
  'any %s that is missing in the store is found before anything is touched',
  async (kind) => {
    put('src/deep/a', 'a\n');
    put('b', 'b\n');
    const snapshot = await new SnapshotStore(store, new ContentCache()).take('refs/checkpoints/1', [source], 1);
    const storeGit = (...args: string[]) => execFileSync('git', ['--git-dir', store, ...args], { encoding: 'utf8' });
    const objects = storeGit('cat-file', '--batch-check', '--batch-all-objects').split('\n');
    const [name = ''] = (objects.findLast((line) => line.includes(` ${kind} `)) ?? '').split(' ');
    execFileSync('sh', [
      '-c',
      `mv ${store}/objects/pack/*.pack ${root}/all && git --git-dir ${store} unpack-objects -q <${root}/all`,
    ]);
    rmSync(`${store}/objects/pack`, { recursive: true });
    await verifySnapshot(store, snapshot.commit);
    unlinkSync(join(store, 'objects', name.slice(0, 2), name.slice(2)));
    rmSync(project, { recursive: true });
    put('b', 'changed later\n');
    const before = treeOf(project);
    await expect(restore(store, snapshot.commit, [source], new ContentCache())).rejects.toThrow(DamagedSnapshot);
    await expect(verifySnapshot(store, snapshot.commit)).rejects.toThrow(DamagedSnapshot);
    expect(treeOf(project)).toEqual(before);
  },
);

test('more than is kept in memory comes back, also where the source before it needs nothing', async () => {
  const agent: Source = { name: 'agent', root: join(root, 'agent'), exclude: [], only: null };
  mkdirSync(agent.root);
  put('a.txt', 'one\n');
  const large = Buffer.alloc(33 * 1024 * 1024, 'x');
  writeFileSync(join(agent.root, 'state'), large);
  const contents = new ContentCache();
  const { commit } = await new SnapshotStore(store, contents).take('refs/checkpoints/1', [source, agent], 1);
  writeFileSync(join(agent.root, 'state'), 'damaged');
  await restore(store, commit, [source, agent], contents);
  expect(readFileSync(join(agent.root, 'state')).equals(large)).toBe(true);
});

test('hard links are kept as separate files of the same content', async () => {
  put('one', 'same');
  linkSync(join(project, 'one'), join(project, 'two'));
  await takeAndRestore(() => rmSync(join(project, 'two')));
});

test('what keeps new files gets only its own back: changed, gone, and behind something put in their place', async () => {
  put('src/a.js', 'a');
  put('src/deep/b.js', 'b');
  put('c.js', 'c');
  const contents = new ContentCache();
  const snapshot = await new SnapshotStore(store, contents).take('refs/checkpoints/1', [source], 1);
  put('dist/a.js', 'built');
  put('src/new.js', 'new');
  writeFileSync(join(project, 'src/a.js'), 'changed');
  unlinkSync(join(project, 'c.js'));
  put('c.js/in-the-way', 'x');
  rmSync(join(project, 'src/deep'), { recursive: true });
  symlinkSync('/', join(project, 'src/deep'));
  const { written } = await restore(store, snapshot.commit, [{ ...source, keepsNew: true }], contents);
  expect(written).toBe(3);
  const text = (path: string) => readFileSync(join(project, path), 'utf8');
  expect(['src/a.js', 'src/deep/b.js', 'c.js', 'dist/a.js', 'src/new.js'].map(text)).toEqual([
    'a',
    'b',
    'c',
    'built',
    'new',
  ]);
});
