// Makes room on a full disk: removes what is ours and can be made again, never what anybody works with or restores from.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { freeBytes } from '../host/disk.ts';
import { statOf } from '../host/identity.ts';
import { realFolder } from '../host/real-folder.ts';
import { removeTree } from '../host/remove.ts';
import { prepareCaches } from '../process/environment.ts';
import type { SessionParts } from './parts.ts';
import type { Thinning } from './thinning.ts';

/** A disk pause ends with this much to spare (session/people.ts). */
const ENOUGH = 1.1;
/** Folders in which something is judged meanwhile. */
const BENCH = /^judge-(?:light|(\d+))$/;

/** Removes what `mega-test judge` left when it was killed: the folder is named by its pid. */
export function removeLeftBenches(root: string): void {
  for (const name of namesIn(root)) {
    const pid = BENCH.exec(name)?.[1];
    if (pid !== undefined && statOf(Number(pid)) === null) removeTree(join(root, name));
  }
}

type Parts = Pick<SessionParts, 'layout' | 'log' | 'post' | 'session' | 'env'>;

export class Cleaning {
  readonly #parts: Parts;
  readonly #thinning: Pick<Thinning, 'choose'>;
  readonly #pids: () => readonly number[];

  constructor(parts: Parts, thinning: Pick<Thinning, 'choose'>, pids: () => readonly number[]) {
    this.#parts = parts;
    this.#thinning = thinning;
    this.#pids = pids;
  }

  /** Answers with disk-freed when something was removed. */
  async free(): Promise<void> {
    const { layout, log, post, session } = this.#parts;
    const before = freeBytes(layout.root);
    const removed: string[] = [];
    const remove = (path: string, what: string) => {
      if (!existsSync(path)) return;
      try {
        removeTree(path);
        removed.push(what);
      } catch (error) {
        log.warn(`${path} could not be removed: ${(error as Error).message}`);
      }
    };
    if (session().stage.is !== 'judging') {
      remove(join(layout.root, 'judge'), 'the judge’s copy');
      removeLeftBenches(layout.root);
      // A look beside the work, or `mega-test judge`, may stand in the middle of a build: its caches are left to it.
      if (!namesIn(layout.root).some((name) => BENCH.test(name))) remove(layout.judgeCaches, 'the judge’s caches');
    }
    // A frozen agent may stand in the middle of a build: its caches are left to it.
    if (this.#pids().length === 0) this.#freeCaches(remove);
    const after = freeBytes(layout.root);
    const bytes = before === null || after === null ? 0 : Math.max(0, after - before);
    if (removed.length > 0) post({ type: 'disk-freed', bytes, what: removed.join(', ') });
    if (this.#isShort(after, bytes)) await this.#thinning.choose();
  }

  /** What can be made again goes first; snapshots only where that was not enough. */
  #isShort(free: number | null, freed: number): boolean {
    const { measured, plan } = this.#parts.session();
    const { diskFloorBytes, sessionBytes: limit } = plan.limits;
    if (free !== null && free < diskFloorBytes * ENOUGH) return true;
    return limit !== null && measured.sessionBytes !== null && (measured.sessionBytes - freed) * ENOUGH > limit;
  }

  #freeCaches(remove: (path: string, what: string) => void): void {
    const { layout, env, log } = this.#parts;
    // Not where a link leads that somebody put in its place.
    realFolder(layout.caches, layout.caches);
    for (const name of namesIn(layout.caches)) remove(join(layout.caches, name), `cache ${name}`);
    try {
      prepareCaches(layout.caches, env);
    } catch (error) {
      log.warn(`the caches could not be made again: ${(error as Error).message}`);
    }
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
