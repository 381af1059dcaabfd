// Thins old checkpoints on a full disk: told in the journal and on their list first, then their snapshots go.

import { thinnable } from '../session/thinning.ts';
import { checkpointNumbers, readCheckpoint } from '../store/checkpoint-file.ts';
import { markThinned } from '../store/thinned.ts';
import { showBytes } from '../text/size.ts';
import type { SessionParts } from './parts.ts';

type Parts = Pick<SessionParts, 'id' | 'layout' | 'journal' | 'lane' | 'workspace' | 'log' | 'post' | 'session'>;

export class Thinning {
  readonly #parts: Parts;
  readonly #freeBytes: () => number | null;

  constructor(parts: Parts, freeBytes: () => number | null) {
    this.#parts = parts;
    this.#freeBytes = freeBytes;
  }

  /** Answers with checkpoints-thinned where something can be given up. */
  async choose(): Promise<void> {
    const { id, layout, session, lane, workspace, log, post } = this.#parts;
    // What is on the list and still there was left by a thinning that was cut off: it is given up again.
    const there = await lane.run(() => workspace.references()).catch(() => new Set<string>());
    const kept = checkpointNumbers(layout).flatMap((number) => {
      if (!there.has(referenceOf(number))) return [];
      const reading = readCheckpoint(layout, id, number);
      return reading.is === 'good' ? [{ number, trigger: reading.checkpoint.trigger }] : [];
    });
    const numbers = thinnable(session(), kept);
    if (numbers.length === 0) return;
    const [needs, free] = [workspace.thinningNeedsBytes(), this.#freeBytes()];
    // Else it would take the last space from everybody and fail.
    if (free !== null && free < needs) {
      log.warn(
        `${numbers.length} snapshots could be removed, but that needs ${showBytes(needs)} for a while and ${showBytes(free)} are free`,
      );
      return;
    }
    post({ type: 'checkpoints-thinned', numbers });
  }

  /** Answers with disk-freed. What it could not do is done the next time. */
  async thin(numbers: readonly number[]): Promise<void> {
    const { layout, journal, lane, workspace, log, post } = this.#parts;
    try {
      // Nothing goes before it is known for good that it is gone on purpose.
      const unsaved = journal.sync();
      if (unsaved !== null) throw unsaved;
      markThinned(layout, numbers);
      const before = this.#freeBytes();
      await lane.run(() => workspace.thin(numbers.map(referenceOf)));
      const after = this.#freeBytes();
      const bytes = before === null || after === null ? 0 : Math.max(0, after - before);
      post({ type: 'disk-freed', bytes, what: `snapshots of ${numbers.length} old checkpoints` });
    } catch (error) {
      log.warn(`old snapshots could not be removed: ${(error as Error).message}`);
    }
  }
}

function referenceOf(number: number): string {
  return `refs/checkpoints/${number}`;
}
