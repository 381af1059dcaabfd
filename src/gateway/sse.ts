// Cuts a stream of server-sent events into whole events, as bytes: nothing is decoded, nothing is changed.

const LF = 10;
const CR = 13;
const DATA = Buffer.from('data:');
/** An event longer than this is let through in pieces and not read. */
export const LONGEST_EVENT_BYTES = 1024 * 1024;

/** Pieces of the stream in order: joined they are the stream. `whole` is false for pieces of an event too long to hold. */
export interface Piece {
  readonly bytes: Buffer;
  readonly whole: boolean;
}

export class EventCutter {
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** In the middle of an event whose beginning was let go. */
  #torn = false;

  /** The events that end in this chunk, each with the empty line that ends it. */
  push(chunk: Buffer): Piece[] {
    if (!chunk.includes(LF)) return this.#hold(chunk);
    const text = this.#heldBytes === 0 ? chunk : Buffer.concat([...this.#held, chunk]);
    // The last line break held may be the first half of an end.
    const from = Math.max(0, this.#heldBytes - 2);
    this.#held = [];
    this.#heldBytes = 0;
    const pieces: Piece[] = [];
    let start = 0;
    for (let end = endOfEvent(text, from); end !== -1; end = endOfEvent(text, start)) {
      pieces.push({ bytes: text.subarray(start, end), whole: !this.#torn });
      this.#torn = false;
      start = end;
    }
    return start === text.length ? pieces : [...pieces, ...this.#hold(text.subarray(start))];
  }

  /** What is left when the stream is over: a last event without its empty line. */
  rest(): Piece | null {
    if (this.#heldBytes === 0) return null;
    const bytes = Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    return { bytes, whole: !this.#torn };
  }

  #hold(bytes: Buffer): Piece[] {
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (this.#heldBytes <= LONGEST_EVENT_BYTES) return [];
    const piece = { bytes: Buffer.concat(this.#held), whole: false };
    // A line break stays, for it may be half of the end.
    const kept = /\n\r?$/.exec(piece.bytes.toString('latin1', piece.bytes.length - 2))?.[0].length ?? 0;
    this.#held = kept === 0 ? [] : [piece.bytes.subarray(-kept)];
    this.#heldBytes = kept;
    this.#torn = true;
    return [{ bytes: piece.bytes.subarray(0, piece.bytes.length - kept), whole: false }];
  }
}

/** Just behind the next empty line, or -1. Lines end in LF or CR LF. */
function endOfEvent(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(LF, from); at !== -1; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2;
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
  }
  return -1;
}

/** What an event carries: its `data` lines joined; null when it has none (a comment that keeps the line open). */
export function dataOf(event: Buffer): string | null {
  // Nearly every event is one line.
  if (event.indexOf(DATA) === 0 && event.indexOf(LF) >= event.length - 3)
    return event.toString('utf8', DATA.length).trim();
  const lines = event
    .toString('utf8')
    .split(/\r?\n/)
    .flatMap((line) => (line.startsWith('data:') ? [line.slice(5).trim()] : []));
  return lines.length === 0 ? null : lines.join('\n');
}
