// The project as it was when the session began, read from its first checkpoint: what is not in it the session wrote.
import { checkpointNumbers, readCheckpoint } from '../store/checkpoint-file.ts';
import type { Layout } from '../store/layout.ts';
import { languageOf } from './code-only.ts';
import { readSnapshotTree, type Tree } from './tree.ts';

/** Its source files; null when the first checkpoint is not that of the start, or cannot be read any more. */
export async function projectAtStart(layout: Layout, session: string): Promise<Tree | null> {
  const [first] = checkpointNumbers(layout);
  if (first === undefined) return null;
  const reading = readCheckpoint(layout, session, first);
  if (reading.is === 'damaged' || reading.checkpoint.trigger !== 'start') return null;
  const { commit } = reading.checkpoint.workspace;
  return readSnapshotTree(layout.snapshots, commit, (path) => languageOf(path) !== null).catch(() => null);
}
