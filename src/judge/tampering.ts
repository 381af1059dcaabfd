// Tamper evidence of a session: the judged copy against checkpoints before it, read from the store of snapshots.
import { checkpointNumbers, readCheckpoint } from '../store/checkpoint-file.ts';
import type { Layout } from '../store/layout.ts';
import { thinnedNumbers } from '../store/thinned.ts';
import { type TamperFinding, tamperingSince } from './tamper.ts';
import { readSnapshotTree, type Tree } from './tree.ts';

/** So many earlier checkpoints are compared, spread over the session; each costs a read of its texts. */
const MOST = 6;

/** What tests, and settings about them, are in; sources count because Rust keeps its tests there. */
const ABOUT_TESTS =
  /\.(?:[cm]?[jt]sx?|py|rs|go|json|toml|cfg|ini|ya?ml)$|(^|\/)(?:Makefile|justfile|\.coveragerc|\.\w*rc|\.cargo\/config)$/;

/** Null when there is no earlier checkpoint that can be read. */
export async function tamperingOf(
  layout: Layout,
  session: string,
  judged: { readonly checkpoint: number; readonly tree: Tree },
): Promise<readonly TamperFinding[] | null> {
  const thinned = thinnedNumbers(layout);
  const numbers = checkpointNumbers(layout).filter((number) => number < judged.checkpoint && !thinned.has(number));
  const trees: Tree[] = [];
  for (const number of spread(numbers)) {
    const reading = readCheckpoint(layout, session, number);
    if (reading.is === 'damaged') continue;
    const { commit } = reading.checkpoint.workspace;
    const tree = await readSnapshotTree(layout.snapshots, commit, (path) => ABOUT_TESTS.test(path)).catch(() => null);
    if (tree !== null) trees.push(tree);
  }
  return trees.length === 0 ? null : tamperingSince(trees, judged.tree);
}

/** The newest and others at equal distances. */
function spread(numbers: readonly number[]): readonly number[] {
  if (numbers.length <= MOST) return numbers;
  const step = (numbers.length - 1) / (MOST - 1);
  return Array.from({ length: MOST }, (_, at) => numbers[Math.round(at * step)] ?? 0);
}
