// The store: versions of pages. Readers see the one of their snapshot; a commit adds new ones through the log.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { syncFolder } from './disk.js';
import { NodeCache } from './node-cache.js';
import { decodePage, encodePage } from './page.js';
import { PageFile } from './page-file.js';
import { WriteAheadLog } from './write-ahead-log.js';

/** The page that knows how many there are, which are free and where the catalog is. */
export const META_PAGE = 0;

const CATALOG_ROOT = 1;

/** Where the pages of a database folder come from: the main file, and above it the log. */
export class Store {
  #file;
  #log;
  #cache = new NodeCache();
  /** For each page in the log: where its versions are, oldest first. */
  #versions = new Map();

  /** The number of the newest commit; it names the snapshot that includes it. */
  lastCommit = 0;

  /**
   * Opens the folder and recovers what a crash left in its log.
   * @param {string} folder created when it does not exist
   */
  constructor(folder) {
    mkdirSync(folder, { recursive: true });
    this.#file = new PageFile(join(folder, 'pages.db'));
    this.#log = new WriteAheadLog(join(folder, 'wal.log'));
    syncFolder(folder);
    for (const record of this.#log.recover()) this.#addVersions(record);
    this.checkpoint();
    if (this.#file.isEmpty) this.#format();
    this.read(META_PAGE, this.lastCommit); // refuses the file of another program at once
  }

  #format() {
    const meta = { kind: 'meta', pageCount: 2, freePage: 0, catalogRoot: CATALOG_ROOT };
    const catalog = { kind: 'leaf', keys: [], values: [] };
    this.commit(new Map([[META_PAGE, meta], [CATALOG_ROOT, catalog]]));
    this.checkpoint();
  }

  /** @returns {number} the length of the log */
  get logBytes() {
    return this.#log.bytes;
  }

  /**
   * @param {number} pageId
   * @param {number} snapshot a commit number; changes of later commits are not seen
   * @returns {import('./page.js').Node}
   */
  read(pageId, snapshot) {
    const version = this.#versions.get(pageId)?.findLast(({ commit }) => commit <= snapshot);
    const key = `${pageId}@${version?.commit ?? 'file'}`;
    const cached = this.#cache.get(key);
    if (cached !== undefined) return cached;
    const page = version === undefined ? this.#file.read(pageId) : this.#log.readPage(version.offset);
    const node = decodePage(page, pageId);
    this.#cache.set(key, node);
    return node;
  }

  /**
   * Makes the changes durable and visible to snapshots taken from now on.
   * @param {Map<number, import('./page.js').Node>} changes by page number
   */
  commit(changes) {
    const pages = Array.from(changes, ([pageId, node]) => [pageId, encodePage(node)]);
    this.#addVersions(this.#log.append(this.lastCommit + 1, pages));
  }

  #addVersions({ commit, pages }) {
    for (const { pageId, offset } of pages) {
      const versions = this.#versions.get(pageId);
      if (versions === undefined) this.#versions.set(pageId, [{ commit, offset }]);
      else versions.push({ commit, offset });
    }
    this.lastCommit = commit;
  }

  /**
   * Copies the newest pages into the main file and empties the log. A crash in between does no harm, because
   * the log is emptied last and can be copied again. Older snapshots cannot be read afterwards.
   */
  checkpoint() {
    for (const [pageId, versions] of this.#versions) {
      this.#file.write(pageId, this.#log.readPage(versions.at(-1).offset));
    }
    this.#file.sync();
    this.#log.reset();
    this.#versions.clear();
    this.#cache.clear();
  }

  /** Releases the files. What is in the log stays there for the next start. */
  close() {
    this.#file.close();
    this.#log.close();
  }
}
