// The code being built, as a simulated night has it: a project that is only a number, homes, snapshots that can rot.
import type { Source } from '../src/workspace/content.ts';
import type { CodeCount } from '../src/workspace/count.ts';
import { DamagedSnapshot, type Restored } from '../src/workspace/restore.ts';
import type { Snapshot } from '../src/workspace/snapshot.ts';
import type { Soundness } from '../src/workspace/sound.ts';
import type { Workspace } from '../src/workspace/workspace.ts';
import type { Chance } from './chance.ts';
import type { SimDisk } from './disk.ts';

/** What an agent saved of its own task. */
export interface Saved {
  readonly task: string;
  readonly steps: number;
  readonly finished: boolean;
}

interface Contents {
  readonly project: number;
  readonly sound: boolean;
  readonly homes: ReadonlyMap<string, Saved | null>;
}

/** A project in the middle of being put back: no content any snapshot has. */
const HALF = -1;

/** The disk's part of the code: it outlives every life of the harness. */
export class Code {
  project = 1;
  sound = true;
  there = true;
  readonly homes = new Map<string, Saved | null>();
  readonly commits = new Map<string, Contents & { rotten: boolean }>();
  /** Troubles of the moment. */
  failingSnapshots = 0;
  slowFactor = 1;
  #next = 1;
  #kept = 0;
  readonly #named = new Map<string, string>();

  /** The agent changed something. */
  change(): void {
    this.there = true;
    this.project = ++this.#next;
  }

  keep(reference: string): string {
    const commit = `commit-${++this.#kept}`;
    this.#named.set(reference, commit);
    const { project, sound, homes } = this;
    this.commits.set(commit, { project, sound, homes: new Map(homes), rotten: false });
    return commit;
  }

  references(): ReadonlySet<string> {
    return new Set(this.#named.keys());
  }

  /** A snapshot is taken out of the store. */
  forget(reference: string): void {
    this.commits.delete(this.#named.get(reference) ?? '');
    this.#named.delete(reference);
  }

  /** What a restore leaves when it is cut in the middle. */
  beginRestore(sources: readonly Source[]): void {
    if (sources.some(({ name }) => name === 'project')) this.project = HALF;
  }

  restore(commit: string, sources: readonly Source[]): void {
    const kept = this.commits.get(commit);
    if (kept === undefined || kept.rotten) throw new DamagedSnapshot(`${commit} is damaged`);
    for (const { name } of sources) {
      if (name === 'project') {
        this.project = kept.project;
        this.sound = kept.sound;
        this.there = true;
      } else this.homes.set(name.slice('agents/'.length), kept.homes.get(name.slice('agents/'.length)) ?? null);
    }
  }

  get isHalfRestored(): boolean {
    return this.project === HALF;
  }
}

/** How a life of the harness waits for work on the disk: rejected, or never answered, when it dies meanwhile. */
export type Work = <T>(ms: number, work: () => T) => Promise<T>;

export function simWorkspace(
  code: Code,
  disk: SimDisk,
  { work, chance }: { readonly work: Work; readonly chance: Chance },
): Workspace {
  const typical = (ms: number) => chance.wait(ms) * code.slowFactor;
  const snapshot = (reference: string): Snapshot => {
    if (disk.trouble.spaceBytes < 100_000) throw new Error('fatal: write error: No space left on device');
    if (disk.trouble.refuses !== null)
      throw new Error(disk.trouble.refuses === 'EIO' ? 'fatal: Input/output error' : 'fatal: Read-only file system');
    if (code.failingSnapshots > 0) {
      code.failingSnapshots--;
      throw new Error('fatal: git was ended by SIGKILL');
    }
    const record = { files: 10, bytes: 10_000, excluded: [], skipped: [], repositories: ['.'] };
    return { commit: code.keep(reference), sources: { project: record } };
  };
  return {
    isThere: () => code.there,
    look: () => work(typical(20), () => ({ print: String(code.project), files: 10 })),
    keep: (reference) => work(typical(60), () => snapshot(reference)),
    setAside: (reference) => work(typical(60), () => snapshot(reference)),
    restore: async (commit, sources): Promise<Restored> => {
      await work(typical(30), () => {
        const kept = code.commits.get(commit);
        if (kept === undefined || kept.rotten) throw new DamagedSnapshot(`${commit} is damaged`);
        code.beginRestore(sources);
      });
      return work(typical(60), () => {
        code.restore(commit, sources);
        return { written: 1, removed: 0, kept: 9 };
      });
    },
    check: () => work(typical(20), (): Soundness => soundness(code)),
    count: () =>
      work(typical(300), (): CodeCount => ({ lines: Math.max(0, code.project) * 10, files: 10, reason: null })),
    references: () => work(typical(20), () => code.references()),
    thin: (references) =>
      work(typical(500), () => {
        for (const reference of references) code.forget(reference);
      }),
    thinningNeedsBytes: () => 0,
    tidy: () => work(typical(500), () => {}),
  };
}

function soundness({ there, sound, isHalfRestored }: Code): Soundness {
  if (!there) return { sound: false, reason: 'the project folder is gone', locksRemoved: 0 };
  if (isHalfRestored) return { sound: false, reason: 'its repository is damaged: half restored', locksRemoved: 0 };
  return sound
    ? { sound: true, reason: 'sound', locksRemoved: 0 }
    : { sound: false, reason: 'an operation was cut in the middle (MERGE_HEAD)', locksRemoved: 0 };
}
