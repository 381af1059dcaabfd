// What one request to one upstream used, told once when it is over: as reported, or estimated where nothing was.
import { cleaned } from '../text/clean.ts';
import { tokensOf, tokensOfRequest } from './estimate.ts';
import { type CalledFact, costOf, type Outcome, type Tokens, type Upstream } from './facts.ts';
import type { Call, Room } from './room.ts';

export interface End {
  readonly outcome: Outcome;
  readonly status: number | null;
  readonly text: string | null;
  /** Null when the answer had none. */
  readonly usage?: Tokens | null;
  /** The usage is that of the whole answer, not of its beginning. */
  readonly whole?: boolean;
  readonly model?: string | null;
  /** What came of the answer. */
  readonly seen?: string;
  /** The upstream had the request and may have worked for it. */
  readonly worked: boolean;
}

export class Account {
  readonly #room: Room;
  readonly #call: Call;
  readonly #upstream: Upstream;
  readonly #beganMs: number;
  #firstByteMs: number | null = null;

  constructor(room: Room, call: Call, upstream: Upstream) {
    this.#room = room;
    this.#call = call;
    this.#upstream = upstream;
    this.#beganMs = room.parts.clock.nowMs();
  }

  /** A piece of the answer's body came. */
  byte(): void {
    this.#firstByteMs ??= this.#room.parts.clock.nowMs() - this.#beganMs;
  }

  async tell(end: End): Promise<void> {
    const { entry, asked, fault } = this.#call;
    // Lists cost nothing, and neither does whatever only reads.
    if (entry.kind === 'list' || (entry.kind === 'other' && entry.method !== 'POST')) return;
    const tookMs = this.#room.parts.clock.nowMs() - this.#beganMs;
    const { source, ...tokens } = await this.#tokens(end);
    const fact: CalledFact = {
      is: 'called',
      ...entry.caller,
      upstream: this.#upstream.name,
      asked: named(asked?.model),
      answered: named(end.model),
      status: end.status,
      outcome: end.outcome,
      ...tokens,
      source,
      costUsd: costOf(this.#upstream, tokens),
      firstByteMs: this.#firstByteMs,
      tookMs,
      injected: fault !== null,
      text: end.text === null ? null : this.clean(end.text),
    };
    this.#room.parts.tell(fact);
  }

  /** One line without our key. */
  clean(text: string): string {
    const key = this.#upstream.keyOf();
    return cleaned(key === undefined || key === '' ? text : text.replaceAll(key, '***'));
  }

  async #tokens(end: End): Promise<Tokens & Pick<CalledFact, 'source'>> {
    const { usage = null, whole = false, seen = '' } = end;
    if (usage !== null && whole) return { ...usage, source: 'reported' };
    if (!end.worked) return { prompt: 0, completion: 0, source: 'estimated' };
    const prompt = usage?.prompt ?? (await tokensOfRequest(this.#call.body));
    const completion = Math.max(usage?.completion ?? 0, await tokensOf(seen));
    return { prompt, completion, source: 'estimated' };
  }
}

/** A model's name comes from outside, and may be anything. */
function named(model: string | null | undefined): string | null {
  return typeof model === 'string' ? cleaned(model, 200) : null;
}
