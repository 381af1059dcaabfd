// Takes snapshots of folders into the private git store: one git process a snapshot, only what changed is read.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { syncFolder } from '../store/durable.ts';
import { toStored } from './blob.ts';
import { type ContentCache, entries, gitMode, type Source, usualMode } from './content.ts';
import { FastImport } from './fast-import.ts';
import { git, onStore } from './git.ts';
import { type BytePath, type Entry, type LeftOut, nothingLeftOut, toText } from './walk.ts';

export interface Snapshot {
  readonly commit: string;
  readonly sources: Readonly<Record<string, SourceRecord>>;
}

export interface SourceRecord {
  readonly files: number;
  readonly bytes: number;
  readonly excluded: readonly string[];
  readonly skipped: readonly string[];
  readonly repositories: readonly string[];
}

/** What git trees cannot hold, kept as a file of the snapshot: unusual modes and empty folders, by stored source. */
export interface Manifest {
  readonly sources: Readonly<Record<string, SourceManifest>>;
}

export interface SourceManifest {
  readonly modes: Readonly<Record<BytePath, number>>;
  readonly emptyFolders: readonly BytePath[];
}

export const MANIFEST = 'manifest.json';

/** What the last snapshot holds of a source: stored mode and content by path. */
type Tree = Map<BytePath, { readonly mode: string; readonly blob: string }>;

export class SnapshotStore {
  readonly #path: string;
  readonly #contents: ContentCache;
  #last: { readonly commit: string; readonly trees: ReadonlyMap<string, Tree> } | null = null;

  constructor(path: string, contents: ContentCache) {
    this.#path = path;
    this.#contents = contents;
  }

  /** Takes a snapshot; when this returns it is on disk. Throws with git's words, or what the system says. */
  async take(reference: string, sources: readonly Source[], unixSeconds: number): Promise<Snapshot> {
    return this.#take(reference, sources, unixSeconds, false);
  }

  /** Keeps folders under a name of their own, beside the line of snapshots. */
  async setAside(reference: string, sources: readonly Source[], unixSeconds: number): Promise<Snapshot> {
    return this.#take(reference, sources, unixSeconds, true);
  }

  async #take(reference: string, sources: readonly Source[], unixSeconds: number, aside: boolean): Promise<Snapshot> {
    const importer = new FastImport(this.#path);
    try {
      importer.beginCommit(reference, reference, unixSeconds, this.#last?.commit ?? null);
      const records: Record<string, SourceRecord> = {};
      const manifests: Record<string, SourceManifest> = {};
      const trees = new Map<string, Tree>();
      for (const source of sources) {
        const taken = await this.#takeSource(importer, source);
        records[source.name] = taken.record;
        manifests[source.name] = taken.manifest;
        trees.set(source.name, taken.tree);
      }
      for (const name of this.#last?.trees.keys() ?? []) if (!aside && !trees.has(name)) await importer.remove(name);
      const manifest: Manifest = { sources: manifests };
      await importer.file(MANIFEST, '100644', Buffer.from(`${JSON.stringify(manifest)}\n`));
      const commit = await importer.finish();
      this.#syncNames();
      if (!aside) this.#last = { commit, trees };
      return { commit, sources: records };
    } catch (error) {
      importer.abort();
      throw error;
    }
  }

  async #takeSource(importer: FastImport, source: Source): Promise<Taken> {
    const before = this.#last?.trees.get(source.name);
    const left = nothingLeftOut();
    const tree: Tree = new Map();
    const modes: Record<BytePath, number> = {};
    const empty = new Set<BytePath>();
    let bytes = 0;
    for await (const entry of entries(source, left)) {
      noteFolder(empty, entry);
      if (entry.kind !== 'link' && entry.mode !== usualMode(entry)) modes[entry.path] = entry.mode;
      if (entry.kind === 'folder') continue;
      const stored = await this.#takeFile(importer, source, entry, before, left);
      if (stored === null) continue;
      tree.set(entry.path, stored);
      bytes += entry.size;
    }
    for (const path of before?.keys() ?? [])
      if (!tree.has(path)) await importer.remove(`${source.name}/${toStored(path)}`);
    const record = { files: tree.size, bytes, ...inWords(left) };
    return { record, manifest: { modes, emptyFolders: [...empty].sort() }, tree };
  }

  async #takeFile(importer: FastImport, source: Source, entry: Entry, before: Tree | undefined, left: LeftOut) {
    const mode = gitMode(entry);
    const old = before?.get(entry.path);
    let content = old === undefined ? this.#contents.read(source, entry) : this.#contents.of(source, entry);
    if ('blob' in content && old !== undefined && old.blob === content.blob && old.mode === mode) return old;
    if ('blob' in content && content.bytes === null) content = this.#contents.read(source, entry);
    if ('reason' in content || content.bytes === null) {
      // A file that vanished meanwhile is simply not there; anything else is worth a line in the checkpoint.
      if ('reason' in content && content.reason !== 'ENOENT')
        left.skipped.push(`${toText(entry.path)}: ${content.reason}`);
      return null;
    }
    await importer.file(`${source.name}/${toStored(entry.path)}`, mode, content.bytes);
    return { mode, blob: content.blob };
  }

  /** git fsyncs what it writes into files, not the folders that hold their names. */
  #syncNames(): void {
    for (const folder of ['objects/pack', 'refs/checkpoints', 'refs/rescued', 'refs']) {
      const path = join(this.#path, folder);
      if (existsSync(path)) syncFolder(path);
    }
  }

  /** Joins small packs, so that a session of a thousand checkpoints stays quick. */
  async tidy(): Promise<void> {
    await git(onStore(this.#path, 'repack', '--geometric=2', '-d', '--quiet'));
  }
}

interface Taken {
  readonly record: SourceRecord;
  readonly manifest: SourceManifest;
  readonly tree: Tree;
}

function inWords(left: LeftOut): Pick<SourceRecord, 'excluded' | 'skipped' | 'repositories'> {
  return {
    excluded: left.excluded.map(toText),
    skipped: left.skipped,
    repositories: left.repositories.map((path) => (path === '' ? '.' : toText(path))),
  };
}

/** Keeps in `empty` the folders that have nothing in them: git trees know none. */
function noteFolder(empty: Set<BytePath>, entry: Entry): void {
  const slash = entry.path.lastIndexOf('/');
  if (slash !== -1) empty.delete(entry.path.slice(0, slash));
  if (entry.kind === 'folder') empty.add(entry.path);
}
