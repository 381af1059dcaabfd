// Reads a stream while it passes: counts its tokens, keeps its text, and takes out the one event the client did not ask for.
import type { Tokens } from './facts.ts';
import { dataOf, EventCutter, type Piece } from './sse.ts';
import { read } from './usage.ts';

const DONE = '[DONE]';

export class StreamReader {
  readonly #cutter = new EventCutter();
  readonly #hides: boolean;
  readonly #text: string[] = [];
  usage: Tokens | null = null;
  model: string | null = null;
  /** The answer is whole: it said why it ends. */
  finished = false;
  /** The mark at the very end came. */
  done = false;
  error: string | null = null;
  /** Events that carried data. */
  events = 0;

  /** `hides`: the client did not ask for usage, so it does not see the event that has nothing else. */
  constructor(hides: boolean) {
    this.#hides = hides;
  }

  /**
   * What to pass on of this chunk, without a copy where possible. Where nothing is hidden it is the chunk itself, at once;
   * else an event waits until it is whole, for only then it is known whether it is the one.
   */
  push(chunk: Buffer): readonly Buffer[] {
    const passed = this.#cutter.push(chunk).filter((piece) => this.#see(piece));
    return this.#hides ? passed.map(({ bytes }) => bytes) : [chunk];
  }

  /** What is left at the end of the stream. */
  end(): readonly Buffer[] {
    const piece = this.#cutter.rest();
    if (piece === null || !this.#see(piece)) return [];
    return this.#hides ? [piece.bytes] : [];
  }

  /** Everything the model wrote so far. */
  text(): string {
    return this.#text.join('');
  }

  /** True when the piece is passed on. */
  #see({ bytes, whole }: Piece): boolean {
    const data = whole ? dataOf(bytes) : null;
    if (data === null) return true;
    if (data === DONE) {
      this.finished = true;
      this.done = true;
      return true;
    }
    const said = read(data);
    if (said === null) return true;
    this.events++;
    this.usage = said.usage ?? this.usage;
    this.model = said.model ?? this.model;
    this.finished ||= said.finished;
    this.error ??= said.error;
    if (said.text !== '') this.#text.push(said.text);
    return !said.onlyUsage;
  }
}
