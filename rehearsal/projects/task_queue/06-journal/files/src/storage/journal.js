// An append-only log on disk: what it has confirmed is still there after kill -9 or a power cut.

import { mkdir, open, rename } from "node:fs/promises";
import { join } from "node:path";
import { decodeRecord, encodeRecord } from "./record.js";

/** @typedef {import("../queue/book.js").JobRecord} JobRecord */

const LINES_PER_WRITE = 100;

/**
 * @typedef {object} JournalOptions
 * @property {(record: JobRecord) => void} apply called for every record found in the folder
 * @property {() => Iterable<JobRecord>} snapshot the fewest records that stand for all records so far
 * @property {(error: Error) => void} onFailure called when the disk fails; nothing is confirmed from then on
 */

/** Records are written in batches: one disk flush for all that came while the last one ran. */
export class Journal {
  #folder;
  #options;
  #file;
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
    this.#options = options;
  }

  /** @param {JobRecord} record */
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
        await this.#write(this.#current.lines);
        this.#current.confirm();
      }
      this.#isWriting = false;
    } catch (error) {
      this.#options.onFailure(error);
    }
  }

  async #write(lines) {
    for (let start = 0; start < lines.length; start += LINES_PER_WRITE) {
      await this.#file.appendFile(lines.slice(start, start + LINES_PER_WRITE).join(""));
    }
    await this.#file.datasync();
  }

  // Replaces what was found by what it comes to, under a new name first: a crash leaves the old file or the new one.
  async #compact() {
    const lines = Array.from(this.#options.snapshot(), encodeRecord);
    this.#file = await open(`${this.#path}.new`, "w", 0o600);
    await this.#write(lines);
    await rename(`${this.#path}.new`, this.#path);
    await flushFolder(this.#folder);
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
