// The journal: every event, one JSON a line, in a chain of checksums. It is the record of truth of a session.
import { crc32 } from 'node:zlib';
import { again } from '../host/again.ts';
import { isDiskTrouble } from '../host/disk.ts';
import type { StampedEvent } from '../session/event.ts';
import { type Files, OPEN } from './files.ts';
import type { Layout } from './layout.ts';

/** What of a session directory the journal needs. */
export type JournalPlace = Pick<Layout, 'journal' | 'files'>;

/** A place between two lines: how many bytes and events lie before it, and the checksum the next line builds on. */
export interface Position {
  readonly bytes: number;
  readonly seq: number;
  readonly crc: string;
}

export const BEGINNING: Position = { bytes: 0, seq: 0, crc: '00000000' };

/** One line: the event as JSON, closed by a checksum over it and the line before. */
export function encode(event: StampedEvent, before: string): { readonly line: string; readonly crc: string } {
  const { line, crc } = closed(event, Number.parseInt(before, 16));
  return { line, crc: shown(crc) };
}

function closed(event: StampedEvent, before: number): { readonly line: string; readonly crc: number } {
  const open = JSON.stringify(event).slice(0, -1);
  const crc = crc32(open, before);
  return { line: `${open},"crc":"${shown(crc)}"}\n`, crc };
}

function shown(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}

const END = /,"crc":"([0-9a-f]{8})"\}$/;

/** The event of a line, or null when the line is not exactly what was written after `before`. */
export function decode(line: string, before: string): { readonly event: StampedEvent; readonly crc: string } | null {
  const match = END.exec(line);
  if (match === null || match[1] === undefined) return null;
  const open = line.slice(0, match.index);
  if (shown(crc32(open, Number.parseInt(before, 16))) !== match[1]) return null;
  const event = parsed(`${open}}`);
  return event === null ? null : { event, crc: match[1] };
}

/** A checksum alone proves no event: that of nothing after a line is the line's own. */
function parsed(text: string): StampedEvent | null {
  try {
    return JSON.parse(text) as StampedEvent;
  } catch {
    return null;
  }
}

export interface JournalEnd {
  readonly position: Position;
  /** Bytes after the last whole line: a line cut by a crash, or damage. */
  readonly lost: number;
}

const CHUNK = 1024 * 1024;
/** No event is longer; a longer "line" is damage. */
const LONGEST_LINE = 4 * 1024 * 1024;

/**
 * Hands every whole event from a position on to `visit`, in order; tells where it ended. Memory stays flat. Throws what
 * the system says when the file cannot be read: what it does not give is not the same as damage.
 */
export function readJournal(
  { journal, files }: JournalPlace,
  from: Position,
  visit: (event: StampedEvent, after: Position) => void,
): JournalEnd {
  const file = again(() => files.open(journal, OPEN.read));
  try {
    const size = files.size(file);
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK, Math.max(1, size - from.bytes)));
    let position = from;
    let rest = Buffer.alloc(0);
    for (let offset = from.bytes; ; ) {
      const got = again(() => files.read(file, chunk, offset));
      if (got === 0) break;
      offset += got;
      const data = rest.length === 0 ? chunk.subarray(0, got) : Buffer.concat([rest, chunk.subarray(0, got)]);
      const end = visitLines(data, position, visit);
      position = end.position;
      rest = Buffer.from(data.subarray(end.used));
      if (end.damaged || rest.length > LONGEST_LINE) break;
    }
    return { position, lost: Math.max(0, size - position.bytes) };
  } finally {
    files.close(file);
  }
}

function visitLines(
  data: Buffer,
  from: Position,
  visit: (event: StampedEvent, after: Position) => void,
): { readonly position: Position; readonly used: number; readonly damaged: boolean } {
  let position = from;
  let start = 0;
  for (let end = data.indexOf(10); end !== -1; end = data.indexOf(10, start)) {
    const decoded = decode(data.toString('utf8', start, end), position.crc);
    // A journal that was begun anew after damage goes on with the numbers of the one before.
    const follows = position.bytes === 0 || decoded?.event.seq === position.seq + 1;
    if (decoded === null || !follows) return { position, used: start, damaged: true };
    position = { bytes: position.bytes + (end + 1 - start), seq: decoded.event.seq, crc: decoded.crc };
    start = end + 1;
    visit(decoded.event, position);
  }
  return { position, used: start, damaged: false };
}

/** Does a journal lead exactly up to a position? Only then may it be continued there. Throws when it cannot be read. */
export function leadsTo({ journal, files }: JournalPlace, { bytes, crc }: Position): boolean {
  if (bytes === 0) return true;
  const ending = `"crc":"${crc}"}\n`;
  const last = readPart({ journal, files }, bytes - ending.length, ending.length);
  return last !== null && last.toString('latin1') === ending;
}

/** Number of the first event in the file; null when its first line is not whole, or there is none. */
export function firstSeq(place: JournalPlace): number | null {
  const head = readPart(place, 0, CHUNK);
  const end = head === null ? -1 : head.indexOf(10);
  if (head === null || end === -1) return null;
  return decode(head.toString('utf8', 0, end), BEGINNING.crc)?.event.seq ?? null;
}

/** At most so many bytes from a place of the file; null when there is no such file or place. */
function readPart({ journal, files }: JournalPlace, position: number, most: number): Buffer | null {
  if (position < 0) return null;
  try {
    const file = again(() => files.open(journal, OPEN.read));
    try {
      const part = Buffer.alloc(most);
      return part.subarray(
        0,
        again(() => files.read(file, part, position)),
      );
    } finally {
      files.close(file);
    }
  } catch (error) {
    if (isDiskTrouble(error)) throw error;
    return null;
  }
}

/** Bytes kept in memory while the disk takes none; beyond that we would rather stop than forget. */
const MOST_PENDING = 64 * 1024 * 1024;
/** Room for new lines that is kept when all are on disk. */
const ROOM = 64 * 1024;
/** UTF-8 takes at most so many bytes for a unit of a text. */
const MOST_BYTES_A_UNIT = 3;

/** The journal open for appending, by the one process that owns the session. */
export class JournalWriter {
  readonly #files: Files;
  readonly #file: number;
  #seq: number;
  #crc: number;
  /** The lines that a power cut could still take, one after the other: `#used` bytes, `#written` of them in the file. */
  #tail = Buffer.allocUnsafe(ROOM);
  #used = 0;
  #written = 0;
  /** Where in the file they begin. */
  #start: number;

  /** Opens at a position that was read to; anything after it is cut off. Throws what the system says. */
  constructor({ journal, files }: JournalPlace, end: Position) {
    this.#files = files;
    this.#file = again(() => files.open(journal, OPEN.update, 0o644));
    try {
      again(() => files.truncate(this.#file, end.bytes));
    } catch (error) {
      files.close(this.#file);
      throw error;
    }
    this.#seq = end.seq;
    this.#crc = Number.parseInt(end.crc, 16);
    this.#start = end.bytes;
  }

  /** Where the next event will stand. */
  get end(): Position {
    return { bytes: this.#start + this.#used, seq: this.#seq, crc: shown(this.#crc) };
  }

  /** Are all events in the file? Not so while the disk is full. */
  get isFlushed(): boolean {
    return this.#written === this.#used;
  }

  /**
   * Appends an event. It counts from now on even when the disk does not take it yet: then the error is returned, the
   * line waits in memory and is written first as soon as there is space.
   */
  append(event: StampedEvent): Error | null {
    const { line, crc } = closed(event, this.#crc);
    this.#makeRoom(line.length * MOST_BYTES_A_UNIT);
    this.#used += this.#tail.write(line, this.#used);
    this.#seq = event.seq;
    this.#crc = crc;
    return this.flush();
  }

  #makeRoom(bytes: number): void {
    const needed = this.#used + bytes;
    if (needed <= this.#tail.length) return;
    const wider = Buffer.allocUnsafe(Math.max(needed, 2 * this.#tail.length));
    this.#tail.copy(wider, 0, 0, this.#used);
    this.#tail = wider;
  }

  flush(): Error | null {
    try {
      while (this.#written < this.#used) {
        const waiting = this.#tail.subarray(this.#written, this.#used);
        this.#written += this.#files.write(this.#file, waiting, this.#start + this.#written);
      }
      return null;
    } catch (error) {
      if (this.#used - this.#written > MOST_PENDING) throw error;
      return error as Error;
    }
  }

  /**
   * Makes everything appended so far survive a power cut. When that fails the error is returned, and the lines are
   * written again before the next try: after a failed fsync the system counts them as saved though they are not.
   */
  sync(): Error | null {
    const failure = this.flush();
    if (failure !== null || this.#used === 0) return failure;
    try {
      this.#files.syncData(this.#file);
    } catch (error) {
      this.#written = 0;
      return error as Error;
    }
    this.#start += this.#used;
    this.#used = 0;
    this.#written = 0;
    if (this.#tail.length > ROOM) this.#tail = Buffer.allocUnsafe(ROOM);
    return null;
  }

  close(): void {
    this.#files.close(this.#file);
  }
}
