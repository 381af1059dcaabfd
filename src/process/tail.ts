// Follows a growing file: quiet it costs nothing, busy it is read in large pieces, and it is kept below a cap.
import { constants, type FSWatcher, fstatSync, openSync, readSync, watch } from 'node:fs';
import { again, letGo } from '../host/again.ts';
import { isDiskTrouble } from '../host/disk.ts';
import { runTool } from '../host/tool.ts';

/** One read; several make a turn of the event loop. */
const PIECE = 1024 * 1024;
const PIECES_A_BREATH = 4;
/** How often a busy file is looked at, and after how many empty looks it counts as quiet again. */
const POLL_MS = 25;
const EMPTY_LOOKS = 20;
/** The same where the kernel gives no watch: all that a user may have are taken (ENOSPC, EMFILE). */
const UNWATCHED_POLL_MS = 250;

/** What of the system can fail under a tail, so that it can be made to. */
export interface TailSystem {
  watch(path: string, changed: () => void): FSWatcher;
  read(file: number, into: Buffer, position: number): number;
}

const SYSTEM: TailSystem = {
  watch: (path, changed) => watch(path, { persistent: false }, changed),
  read: (file, into, position) => readSync(file, into, 0, into.length, position),
};

export interface TailOptions {
  /** Where in the file to begin; left out, at its present end. */
  readonly from?: number;
  readonly system?: TailSystem;
}

export class Tail {
  readonly #path: string;
  readonly #capBytes: number;
  readonly #take: (chunk: Buffer) => void;
  readonly #system: TailSystem;
  readonly #piece = Buffer.allocUnsafe(PIECE);
  #file: number | null;
  #offset: number;
  #punchedTo: number;
  #watcher: FSWatcher | null = null;
  #timer: NodeJS.Timeout | null = null;
  #emptyLooks = 0;
  #skipped = 0;

  /** Follows the file; `take` gets every byte once, in order. */
  constructor(path: string, capBytes: number, take: (chunk: Buffer) => void, options: TailOptions = {}) {
    const { from, system = SYSTEM } = options;
    this.#system = system;
    this.#path = path;
    this.#capBytes = capBytes;
    this.#take = take;
    const { O_RDONLY, O_CREAT, O_NOFOLLOW } = constants;
    this.#file = again(() => openSync(path, O_RDONLY | O_CREAT | O_NOFOLLOW, 0o600));
    this.#offset = from ?? fstatSync(this.#file).size;
    this.#punchedTo = Math.floor(this.#capBytes / 2);
    this.#rest();
    if (from !== undefined) this.#wake();
  }

  /** Bytes that went by unread because the file outgrew its cap faster than it was read. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Reads everything there is now and stops following. */
  close(): void {
    this.#stopWatching();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    // At the end of a turn there is at most a moment's output left; a flood is cut at what a second can bring.
    for (let pieces = 0; pieces < 256 && this.#read() > 0; pieces++);
    if (this.#file !== null) letGo(this.#file);
    this.#file = null;
  }

  /** Quiet: one inotify watch, no timer; where there is none, a slow timer. */
  #rest(): void {
    try {
      this.#watcher = this.#system.watch(this.#path, () => this.#wake());
      this.#watcher.on('error', () => this.#wake());
    } catch (error) {
      if (!isDiskTrouble(error) && (error as NodeJS.ErrnoException).code !== 'EMFILE') throw error;
      this.#timer = setTimeout(() => this.#look(), UNWATCHED_POLL_MS).unref();
    }
  }

  /** Busy: no watch (handling each event would slow the writer down), a timer. */
  #wake(): void {
    if (this.#watcher === null) return;
    this.#stopWatching();
    this.#emptyLooks = 0;
    this.#look();
  }

  #stopWatching(): void {
    this.#watcher?.close();
    this.#watcher = null;
  }

  #look(): void {
    this.#timer = null;
    if (this.#file === null) return;
    let pieces = 0;
    while (pieces < PIECES_A_BREATH && this.#read() > 0) pieces++;
    this.#keepBelowCap();
    this.#emptyLooks = pieces > 0 ? 0 : this.#emptyLooks + 1;
    if (this.#emptyLooks < EMPTY_LOOKS) {
      this.#timer = setTimeout(() => this.#look(), pieces === PIECES_A_BREATH ? 0 : POLL_MS);
      return;
    }
    this.#rest();
    // Something may have come between the last look and the watch.
    if (this.#size() > this.#offset) this.#wake();
  }

  #read(): number {
    if (this.#file === null) return 0;
    const file = this.#file;
    const got = orNothing(() => this.#system.read(file, this.#piece, this.#offset));
    if (got > 0) this.#take(this.#piece.subarray(0, got));
    this.#offset += got;
    return got;
  }

  #size(): number {
    const file = this.#file;
    return file === null ? 0 : orNothing(() => fstatSync(file).size);
  }

  /**
   * Keeps the head and the tail of a file that outgrew its cap: the middle becomes a hole, which takes no disk. The
   * writer notices nothing, and nothing it writes from now on is lost.
   */
  #keepBelowCap(): void {
    if (this.#file === null) return;
    const half = Math.floor(this.#capBytes / 2);
    const upTo = this.#size() - half;
    if (upTo - this.#punchedTo < Math.max(half / 4, PIECE)) return;
    if (this.#offset < upTo) {
      this.#skipped += upTo - this.#offset;
      this.#offset = upTo;
    }
    const args = [
      '--punch-hole',
      '--offset',
      String(this.#punchedTo),
      '--length',
      String(upTo - this.#punchedTo),
      this.#path,
    ];
    this.#punchedTo = upTo;
    void runTool('fallocate', args);
  }
}

/** What a failing disk does not give now, the next look asks for again. */
function orNothing(deed: () => number): number {
  try {
    return again(deed);
  } catch (error) {
    if (!isDiskTrouble(error)) throw error;
    return 0;
  }
}
