// What is in the files of a folder, read no more often than needed: a file whose stat is the same has the same content.
import { createHash } from 'node:crypto';
import { blobId, readEntry } from './blob.ts';
import { type BytePath, type Entry, type LeftOut, nothingLeftOut, type WalkRules, walk } from './walk.ts';

/** A folder to look at or keep, under its own name in snapshots. */
export interface Source extends WalkRules {
  readonly name: string;
  readonly root: string;
  /** Restoring leaves alone what the snapshot does not know, where it is not in the way. */
  readonly keepsNew?: boolean;
}

/** Content of one entry; `bytes` only when it had to be read for this answer. */
export interface Content {
  readonly blob: string;
  readonly bytes: Buffer | null;
}

/** Files larger than this are listed, not kept. */
const LARGEST_FILE = 1024 * 1024 * 1024;
/** A file changed so shortly before it was read could change again within the same tick of its clock. */
const RACY_MS = 50;
/** Entries looked at before other work of the process gets its turn. */
const ENTRIES_A_BREATH = 2_000;

interface Seen {
  readonly entry: Entry;
  readonly blob: string;
}

export class ContentCache {
  readonly #seen = new Map<string, Map<BytePath, Seen>>();

  /** The content of an entry: from memory when its stat is unchanged, else read. A reason when it cannot be had. */
  of(source: Source, entry: Entry): Content | { readonly reason: string } {
    const seen = this.#seen.get(source.root)?.get(entry.path);
    if (seen !== undefined && isSame(seen.entry, entry)) return { blob: seen.blob, bytes: null };
    return this.read(source, entry);
  }

  /** The content with its bytes, read now. */
  read(source: Source, entry: Entry): (Content & { readonly bytes: Buffer }) | { readonly reason: string } {
    if (entry.size > LARGEST_FILE) return { reason: `larger than ${LARGEST_FILE / 1024 ** 2} MiB` };
    const nowMs = Date.now();
    const content = readEntry(source.root, entry);
    if ('reason' in content) return content;
    const blob = blobId(content.bytes);
    const settled = !content.torn && Math.max(entry.mtimeMs, entry.ctimeMs) < nowMs - RACY_MS;
    this.#remember(source, entry, settled ? blob : null);
    return { blob, bytes: content.bytes };
  }

  #remember(source: Source, entry: Entry, blob: string | null): void {
    let seen = this.#seen.get(source.root);
    if (seen === undefined) {
      seen = new Map();
      this.#seen.set(source.root, seen);
    }
    if (blob === null) seen.delete(entry.path);
    else seen.set(entry.path, { entry, blob });
  }

  /** One hash over names, modes and contents of all files, git's own folders left out; and how many files there are. */
  async fingerprint(source: Source): Promise<{ readonly print: string; readonly files: number }> {
    const hash = createHash('sha1');
    let files = 0;
    for await (const entry of entries(source, nothingLeftOut())) {
      if (entry.kind === 'folder' || /(^|\/)\.git(\/|$)/.test(entry.path)) continue;
      const content = this.of(source, entry);
      hash.update(`${entry.path}\0${gitMode(entry)}\0${'reason' in content ? content.reason : content.blob}\n`);
      files++;
    }
    return { print: hash.digest('hex'), files };
  }
}

/** The entries of a folder, with a pause for the rest of the process now and then. */
export async function* entries(source: Source, left: LeftOut): AsyncGenerator<Entry> {
  let count = 0;
  for (const entry of walk(source.root, source, left)) {
    if (++count % ENTRIES_A_BREATH === 0) await new Promise((resolve) => setImmediate(resolve));
    yield entry;
  }
}

function isSame(before: Entry, now: Entry): boolean {
  return (
    before.kind === now.kind &&
    before.size === now.size &&
    before.mtimeMs === now.mtimeMs &&
    before.ctimeMs === now.ctimeMs &&
    before.ino === now.ino
  );
}

export function gitMode({ kind, mode }: Pick<Entry, 'kind' | 'mode'>): string {
  if (kind === 'link') return '120000';
  return (mode & 0o111) === 0 ? '100644' : '100755';
}

/** The permission bits a restored entry gets when the manifest says nothing else. */
export function usualMode({ kind, mode }: Pick<Entry, 'kind' | 'mode'>): number {
  if (kind === 'folder') return 0o755;
  return (mode & 0o111) === 0 ? 0o644 : 0o755;
}
