// The code being built, as a session uses it: looked at, kept, checked, counted, brought back.
import { existsSync } from 'node:fs';
import { ContentCache, type Source } from './content.ts';
import { type CodeCount, countCode } from './count.ts';
import { type Restored, restore } from './restore.ts';
import { type Snapshot, SnapshotStore } from './snapshot.ts';
import { checkSoundness, type Soundness } from './sound.ts';
import { snapshotReferences, thin, thinningNeedsBytes } from './thin.ts';

/** One project with its private store of snapshots. Calls must not overlap (see runtime/lane.ts). */
export interface Workspace {
  /** Is the project folder there? */
  isThere(): boolean;
  /** One hash over names, modes and contents of all files, and how many there are. */
  look(): Promise<{ readonly print: string; readonly files: number }>;
  /** Keeps folders as the next snapshot; when this returns it is on disk. */
  keep(reference: string, sources: readonly Source[], unixSeconds: number): Promise<Snapshot>;
  /** The same under a name of its own, beside the line of snapshots. */
  setAside(reference: string, sources: readonly Source[], unixSeconds: number): Promise<Snapshot>;
  /** Puts folders back to what a snapshot holds. Throws DamagedSnapshot when it cannot, and has touched nothing then. */
  restore(commit: string, sources: readonly Source[]): Promise<Restored>;
  /** Is the project's repository whole after a crash? */
  check(): Promise<Soundness>;
  count(): Promise<CodeCount>;
  /** References of all snapshots that are still there. */
  references(): Promise<ReadonlySet<string>>;
  /** Takes snapshots out of the store, with all that only they hold. */
  thin(references: readonly string[]): Promise<void>;
  /** Bytes that this needs for a while, at most. */
  thinningNeedsBytes(): number;
  /** Joins small packs of the store. */
  tidy(): Promise<void>;
}

export function gitWorkspace(store: string, project: Source): Workspace {
  const contents = new ContentCache();
  const snapshots = new SnapshotStore(store, contents);
  return {
    isThere: () => existsSync(project.root),
    look: () => contents.fingerprint(project),
    keep: (reference, sources, unixSeconds) => snapshots.take(reference, sources, unixSeconds),
    setAside: (reference, sources, unixSeconds) => snapshots.setAside(reference, sources, unixSeconds),
    restore: (commit, sources) => restore(store, commit, sources, contents),
    check: () => checkSoundness(project.root, store),
    count: () => countCode(project),
    references: () => snapshotReferences(store),
    thin: (references) => thin(store, references),
    thinningNeedsBytes: () => thinningNeedsBytes(store),
    tidy: () => snapshots.tidy(),
  };
}
