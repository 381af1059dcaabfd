// Cuts a byte stream into lines with flat memory: a line without an end is cut at a limit, bad bytes are counted.

/** A line is cut here: a result with its whole answer fits, and memory stays flat. */
const LONGEST_LINE = 1024 * 1024;

export interface Line {
  readonly text: string;
  /** Bytes that are no text: invalid UTF-8, control characters. */
  readonly garbage: number;
}

export class LineSplitter {
  #rest: Buffer = Buffer.alloc(0);
  /** In the middle of a line that was cut: what follows up to the next newline is dropped. */
  #dropping = false;

  push(chunk: Buffer): readonly Line[] {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      this.#take(chunk.subarray(start, end), lines);
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start), lines);
    return lines;
  }

  end(): readonly Line[] {
    const lines = this.#rest.length > 0 ? [lineOf(this.#rest)] : [];
    this.#rest = Buffer.alloc(0);
    return lines;
  }

  #take(part: Buffer, lines: Line[]): void {
    if (this.#dropping) this.#dropping = false;
    else {
      const line = this.#rest.length === 0 ? part : Buffer.concat([this.#rest, part]);
      lines.push(lineOf(line.subarray(0, LONGEST_LINE)));
    }
    this.#rest = Buffer.alloc(0);
  }

  #keep(part: Buffer, lines: Line[]): void {
    if (this.#dropping) return;
    this.#rest = this.#rest.length === 0 ? Buffer.from(part) : Buffer.concat([this.#rest, part]);
    if (this.#rest.length <= LONGEST_LINE) return;
    lines.push(lineOf(this.#rest.subarray(0, LONGEST_LINE)));
    this.#rest = Buffer.alloc(0);
    this.#dropping = true;
  }
}

const DECODER = new TextDecoder('utf-8');

function lineOf(bytes: Buffer): Line {
  const text = DECODER.decode(bytes);
  return { text, garbage: isClean(text) ? 0 : garbageIn(text) };
}

/** Replacement characters and control characters other than tab, carriage return and escape. */
const GARBAGE = /[\ufffd\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]/;

function isClean(text: string): boolean {
  return !GARBAGE.test(text);
}

function garbageIn(text: string): number {
  let count = 0;
  for (const char of text) if (GARBAGE.test(char)) count++;
  return count;
}
