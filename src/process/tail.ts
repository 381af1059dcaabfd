// Follows a growing file: quiet it costs nothing, busy it is read in large pieces, and it is kept below a cap.
import { closeSync, constants, type FSWatcher, fstatSync, openSync, readSync, watch } from 'node:fs';
import { runTool } from '../host/tool.ts';

/** One read; several make a turn of the event loop. */
const PIECE = 1024 * 1024;
const PIECES_A_BREATH = 4;
/** How often a busy file is looked at, and after how many empty looks it counts as quiet again. */
const POLL_MS = 25;
const EMPTY_LOOKS = 20;

export class Tail {
  readonly #path: string;
  readonly #capBytes: number;
  readonly #take: (chunk: Buffer) => void;
  readonly #piece = Buffer.allocUnsafe(PIECE);
  #file: number | null;
  #offset: number;
  #punchedTo: number;
  #watcher: FSWatcher | null = null;
  #timer: NodeJS.Timeout | null = null;
  #emptyLooks = 0;
  #skipped = 0;

  /** Follows the file from a place, or from its present end; `take` gets every byte once, in order. */
  constructor(path: string, capBytes: number, take: (chunk: Buffer) => void, from: number | null = null) {
    this.#path = path;
    this.#capBytes = capBytes;
    this.#take = take;
    const { O_RDONLY, O_CREAT, O_NOFOLLOW } = constants;
    this.#file = openSync(path, O_RDONLY | O_CREAT | O_NOFOLLOW, 0o600);
    this.#offset = from ?? fstatSync(this.#file).size;
    this.#punchedTo = Math.floor(this.#capBytes / 2);
    this.#rest();
    if (from !== null) this.#wake();
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
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  /** Quiet: one inotify watch, no timer. */
  #rest(): void {
    this.#watcher = watch(this.#path, { persistent: false }, () => this.#wake());
    this.#watcher.on('error', () => this.#wake());
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
    if (fstatSync(this.#file).size > this.#offset) this.#wake();
  }

  #read(): number {
    if (this.#file === null) return 0;
    const got = readSync(this.#file, this.#piece, 0, PIECE, this.#offset);
    if (got > 0) this.#take(this.#piece.subarray(0, got));
    this.#offset += got;
    return got;
  }

  /**
   * Keeps the head and the tail of a file that outgrew its cap: the middle becomes a hole, which takes no disk. The
   * writer notices nothing, and nothing it writes from now on is lost.
   */
  #keepBelowCap(): void {
    if (this.#file === null) return;
    const { size } = fstatSync(this.#file);
    const half = Math.floor(this.#capBytes / 2);
    const upTo = size - half;
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
