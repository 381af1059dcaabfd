// Snapshots that are taken out of the store give their space back; every other one is restored as it was, also after a cut.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ContentCache } from '../../src/workspace/content.ts';
import { createStore } from '../../src/workspace/git.ts';
import { DamagedSnapshot, restore, verifySnapshot } from '../../src/workspace/restore.ts';
import { SnapshotStore } from '../../src/workspace/snapshot.ts';
import { thin, thinningNeedsBytes } from '../../src/workspace/thin.ts';
import { scratch } from '../store/scratch.ts';
import { treeOf } from '../support/tree.ts';

const LARGE = 200_000;

class Place {
  readonly root = scratch();
  readonly project = join(this.root, 'project');
  readonly store = join(this.root, 'snapshots.git');
  readonly source = { name: 'project', root: this.project, exclude: [], only: null };
  readonly contents = new ContentCache();
  readonly snapshots = new SnapshotStore(this.store, this.contents);
  readonly kept: { readonly commit: string; readonly tree: unknown }[] = [];

  /** A snapshot with something of its own that cannot be compressed, and something that all have. */
  async take(reference = `refs/checkpoints/${this.kept.length + 1}`): Promise<string> {
    writeFileSync(join(this.project, 'changes.bin'), randomBytes(LARGE));
    const take = reference.startsWith('refs/rescued') ? 'setAside' : 'take';
    const { commit } = await this.snapshots[take](reference, [this.source], 1);
    this.kept.push({ commit, tree: treeOf(this.project) });
    return commit;
  }

  git(...args: readonly string[]): string {
    return execFileSync('git', ['--git-dir', this.store, ...args], { encoding: 'utf8', stdio: 'pipe' });
  }

  /** Is every one of these (from 1) brought back exactly? */
  async restores(...numbers: readonly number[]): Promise<void> {
    for (const number of numbers) {
      const one = this.kept[number - 1];
      if (one === undefined) throw new Error(`there is no ${number}`);
      await verifySnapshot(this.store, one.commit);
      await restore(this.store, one.commit, [this.source], this.contents);
      expect(treeOf(this.project)).toEqual(one.tree);
    }
    expect(this.git('fsck', '--strict', '--connectivity-only', '--no-dangling')).toBe('');
  }

  async isGone(...numbers: readonly number[]): Promise<void> {
    for (const number of numbers)
      await expect(verifySnapshot(this.store, this.kept[number - 1]?.commit ?? '')).rejects.toThrow(DamagedSnapshot);
  }
}

async function withSnapshots(count: number): Promise<Place> {
  const place = new Place();
  mkdirSync(place.project);
  await createStore(place.store);
  writeFileSync(join(place.project, 'same.bin'), randomBytes(LARGE));
  for (let number = 1; number <= count; number++) await place.take();
  return place;
}

const names = (...numbers: readonly number[]) => numbers.map((number) => `refs/checkpoints/${number}`);

test('what only they held is gone from the disk, all others come back exactly, and work goes on', async () => {
  const place = await withSnapshots(6);
  await place.take('refs/rescued/turn-3');
  const before = thinningNeedsBytes(place.store);
  await thin(place.store, names(2, 3, 4, 5));
  await place.isGone(2, 3, 4, 5);
  await place.restores(1, 6, 7);
  expect(before - thinningNeedsBytes(place.store)).toBeGreaterThan(3.5 * LARGE);
  await place.take('refs/checkpoints/8');
  await place.snapshots.tidy();
  await thin(place.store, names(6));
  await place.restores(1, 7, 8);
  await place.isGone(6);
  const pack = join(place.store, 'objects/pack');
  expect(readdirSync(pack).filter((name) => name.startsWith('tmp_'))).toEqual([]);
  expect(readdirSync(pack).every((name) => statSync(join(pack, name)).isFile())).toBe(true);
});

test('a thinning that was cut off after any of its steps has harmed no other snapshot, and is done the next time', async () => {
  const place = await withSnapshots(5);
  place.git('update-ref', '-d', 'refs/checkpoints/2');
  await place.restores(1, 3, 4, 5);
  writeFileSync(
    join(place.store, 'shallow'),
    `${[1, 3, 4, 5]
      .map((n) => place.kept[n - 1]?.commit)
      .sort()
      .join('\n')}\n`,
  );
  await place.restores(1, 3, 4, 5);
  await place.take();
  await thin(place.store, names(2, 3));
  await place.isGone(2, 3);
  await place.restores(1, 4, 5, 6);
});

test('where there is no room for what stays, nothing is lost and no half file takes the last of it', async () => {
  const place = await withSnapshots(3);
  const pack = join(place.store, 'objects/pack');
  // As a git that was killed in its work leaves it.
  writeFileSync(join(pack, 'tmp_pack_abc'), 'half');
  // A broken object makes it fail as a full disk does: in the middle, after the references are gone.
  writeFileSync(join(place.store, 'refs/heads/broken'), `${'1'.repeat(40)}\n`);
  await expect(thin(place.store, names(2))).rejects.toThrow('git repack');
  expect(readdirSync(pack)).not.toContain('tmp_pack_abc');
  place.git('update-ref', '-d', 'refs/heads/broken');
  await place.restores(1, 3);
});
