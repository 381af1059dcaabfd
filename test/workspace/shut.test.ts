// Folders and files that shut their owner out are restored all the same; as root nothing is shut, so it is put off here.
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ContentCache } from '../../src/workspace/content.ts';
import { createStore } from '../../src/workspace/git.ts';
import { restore } from '../../src/workspace/restore.ts';
import { SnapshotStore } from '../../src/workspace/snapshot.ts';
import { scratch, withoutRoot } from '../store/scratch.ts';
import { treeOf } from '../support/tree.ts';

test.each([
  ['the project may not be looked into', '', 0],
  ['the project may not be changed', '', 0o500],
  ['a folder may not be looked into', 'src', 0],
  ['a folder may be listed and not entered', 'src', 0o600],
  ['a folder may not be changed', 'src', 0o500],
  ['a folder in a folder may not be looked into', 'src/deep', 0],
  ['a file may not be read', 'src/a.js', 0],
])('%s: it is restored', async (_, path, mode) => {
  for (const keepsNew of [true, false]) {
    withoutRoot();
    const home = scratch();
    const project = join(home, 'project');
    mkdirSync(join(project, 'src/deep'), { recursive: true });
    for (const name of ['top', 'src/a.js', 'src/deep/b.js']) writeFileSync(join(project, name), name);
    const store = join(home, 'snapshots.git');
    await createStore(store);
    const contents = new ContentCache();
    const source = { name: 'project', root: project, exclude: [], only: null, keepsNew };
    const { commit } = await new SnapshotStore(store, contents).take('refs/checkpoints/1', [source], 1);
    const before = treeOf(project);
    writeFileSync(join(project, 'src/a.js'), 'changed');
    writeFileSync(join(project, 'top'), 'changed');
    chmodSync(join(project, path), mode);
    await restore(store, commit, [source], contents);
    expect(treeOf(project)).toEqual(before);
    expect(statSync(project).mode & 0o700).toBe(0o700);
  }
});
