// Takes snapshots out of the private store, so that only what the others hold stays on disk. Cut off anywhere, the others are whole.
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { syncFolder, writeDurable } from '../store/durable.ts';
import { git, onStore } from './git.ts';

/** Bytes that a thinning needs beside what is there, at most: what stays is written anew before the old goes. */
export function thinningNeedsBytes(store: string): number {
  return packs(store).reduce((sum, name) => sum + statSync(join(store, 'objects/pack', name)).size, 0);
}

/** References of all snapshots that the store still has. */
export async function snapshotReferences(store: string): Promise<ReadonlySet<string>> {
  const names = await git(onStore(store, 'for-each-ref', '--format=%(refname)', 'refs/checkpoints'));
  return new Set(names.split('\n').filter((line) => line !== ''));
}

/** Removes references with everything that only they hold. Those that are not there are no mistake: an earlier try was cut off. */
export async function thin(store: string, references: readonly string[]): Promise<void> {
  const there = await snapshotReferences(store);
  for (const reference of references.filter((one) => there.has(one)))
    await git(onStore(store, 'update-ref', '--no-deref', '-d', reference));
  const refs = join(store, 'refs');
  for (const folder of [join(refs, 'checkpoints'), refs]) if (existsSync(folder)) syncFolder(folder);
  // Each snapshot names the one before it. git's own list of cut histories lets go of that without a changed commit.
  const kept = await git(onStore(store, 'for-each-ref', '--format=%(objectname)'));
  const commits = [...new Set(kept.split('\n').filter((line) => line !== ''))].sort();
  writeDurable(join(store, 'shallow'), commits.map((commit) => `${commit}\n`).join(''));
  try {
    await git(onStore(store, 'repack', '-a', '-d', '--quiet'));
  } catch (error) {
    // What did not fit is of no use to anybody, and takes the last space.
    for (const name of readdirSync(join(store, 'objects/pack')).filter((one) => one.startsWith('tmp_')))
      rmSync(join(store, 'objects/pack', name), { force: true });
    throw error;
  }
  syncFolder(join(store, 'objects/pack'));
}

function packs(store: string): readonly string[] {
  const folder = join(store, 'objects/pack');
  return existsSync(folder) ? readdirSync(folder).filter((name) => /\.(?:pack|idx|rev)$/.test(name)) : [];
}
