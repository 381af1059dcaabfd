// The restore drill: every checkpoint is read back and its snapshot verified content by content, as a restore would.
import { checkpointNumbers, readCheckpoint } from '../store/checkpoint-file.ts';
import type { Layout } from '../store/layout.ts';
import { thinnedNumbers } from '../store/thinned.ts';
import { verifySnapshot } from '../workspace/restore.ts';
import type { DrillFact } from './facts.ts';

/** Looks at the newest first; what time does not suffice for is left, and said. Never throws for what is damaged. */
export async function restoreDrill(
  layout: Layout,
  session: string,
  { upTo, maxMs }: { readonly upTo: number; readonly maxMs: number },
): Promise<DrillFact> {
  const endMs = performance.now() + maxMs;
  // Those were given up on purpose: there is nothing to prove.
  const thinned = thinnedNumbers(layout);
  const numbers = checkpointNumbers(layout)
    .filter((number) => number <= upTo && !thinned.has(number))
    .reverse();
  const bad: string[] = [];
  let proven = 0;
  for (const [at, number] of numbers.entries()) {
    if (performance.now() > endMs) return { proven, bad, left: numbers.length - at };
    const reading = readCheckpoint(layout, session, number);
    if (reading.is === 'damaged') bad.push(`checkpoint ${number}: ${reading.reason}`);
    else {
      const wrong = await verifySnapshot(layout.snapshots, reading.checkpoint.workspace.commit).then(
        () => null,
        (error: unknown) => (error as Error).message.slice(0, 150),
      );
      if (wrong === null) proven++;
      else bad.push(`checkpoint ${number}: ${wrong}`);
    }
  }
  return { proven, bad, left: 0 };
}
