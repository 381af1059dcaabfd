// An append-only log on disk: what it has confirmed is still there after kill -9 or a power cut.

import { mkdir, open, rename } from "node:fs/promises";
import { join } from "node:path";
import { decodeRecord, encodeRecord } from "./record.js";

/** @typedef {import("../queue/book.js").JobRecord} JobRecord */

const COMPACT_AFTER_BYTES = 16 * 1024 * 1024;
const LINES_PER_WRITE = 100;

/**
 * @typedef {object} JournalOptions
 * @property {(record: JobRecord) => void} apply called for every record found in the folder
 * @property {() => Iterable<JobRecord>} snapshot the fewest records that stand for all records so far
 * @property {(error: Error) => void} onFailure called when the disk fails; nothing is confirmed from then on
 * @property {number} [compactAfterBytes] growth after which the log is rewritten
 */

/** Records are written in batches: one disk flush for all that came while the last one ran. */
export class Journal {
  #folder;
  #options;
  #file;
  #sizeBytes = 0;
  #compactAtBytes = 0;
  #current = newBatch();
  #next = newBatch();
  #isWriting = false;

  /**
   * Opens the journal in a folder, which is made when missing, and replays it.
   *
   * @param {string} folder
   * @param {JournalOptions} options
   * @returns {Promise<Journal>}
   * @throws {Error} when the journal is damaged elsewhere than in its last line
   */
  static async open(folder, options) {
    await mkdir(folder, { recursive: true });
    const journal = new Journal(folder, options);
    await replay(journal.#path, options.apply);
    await journal.#compact();
    journal.#current.confirm();
    return journal;
  }

  /** Use `Journal.open`. @param {string} folder @param {JournalOptions} options */
  constructor(folder, options) {
    this.#folder = folder;
    this.#options = { compactAfterBytes: COMPACT_AFTER_BYTES, ...options };
  }

  /** @param {JobRecord} record one that the snapshot already includes */
  append(record) {
    this.#next.lines.push(encodeRecord(record));
    if (!this.#isWriting) this.#writeBatches();
  }

  /** @returns {Promise<void>} settles when everything appended so far is safe on disk */
  flushed() {
    return this.#next.lines.length > 0 ? this.#next.confirmed : this.#current.confirmed;
  }

  /** @returns {Promise<void>} */
  async close() {
    await this.flushed();
    await this.#file.close();
  }

  get #path() {
    return join(this.#folder, "journal.ndjson");
  }

  async #writeBatches() {
    this.#isWriting = true;
    try {
      // Starts after the running code, so that a pipeline of commands costs one flush and not two.
      await null;
      while (this.#next.lines.length > 0) {
        this.#current = this.#next;
        this.#next = newBatch();
        // The snapshot holds what this batch says, so rewriting the log takes the place of appending to it.
        if (this.#sizeBytes < this.#compactAtBytes) await this.#write(this.#current.lines);
        else await this.#compact();
        this.#current.confirm();
      }
      this.#isWriting = false;
    } catch (error) {
      this.#options.onFailure(error);
    }
  }

  async #write(lines) {
    for (let start = 0; start < lines.length; start += LINES_PER_WRITE) {
      const bytes = Buffer.from(lines.slice(start, start + LINES_PER_WRITE).join(""));
      await this.#file.appendFile(bytes);
      this.#sizeBytes += bytes.length;
    }
    await this.#file.datasync();
  }

  async #compact() {
    const lines = Array.from(this.#options.snapshot(), encodeRecord);
    await this.#file?.close();
    this.#file = await open(`${this.#path}.new`, "w", 0o600);
    this.#sizeBytes = 0;
    await this.#write(lines);
    await rename(`${this.#path}.new`, this.#path);
    await flushFolder(this.#folder);
    this.#compactAtBytes = Math.max(2 * this.#sizeBytes, this.#sizeBytes + this.#options.compactAfterBytes);
  }
}

function newBatch() {
  const batch = { lines: [] };
  batch.confirmed = new Promise((resolve) => {
    batch.confirm = resolve;
  });
  return batch;
}

async function replay(path, apply) {
  const file = await openIfThere(path);
  if (file === undefined) return;
  let number = 0;
  let cutLine = 0;
  for await (const line of file.readLines()) {
    number += 1;
    if (cutLine > 0) throw new Error(`${path} is damaged in line ${cutLine}`);
    const record = decodeOrNothing(line);
    // A crash may cut the last line short. Nobody was told that it is safe, so it may be left out.
    if (record === undefined) cutLine = number;
    else apply(record);
  }
}

async function openIfThere(path) {
  try {
    return await open(path, "r");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

function decodeOrNothing(line) {
  try {
    return decodeRecord(line);
  } catch {
    return undefined;
  }
}

// A new name in a folder is only as durable as the folder.
async function flushFolder(folder) {
  const handle = await open(folder, "r");
  await handle.sync();
  await handle.close();
}
