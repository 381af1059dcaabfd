// Counts a turn's tokens once, whatever the agent tells them by: calls, its own sum at the end, its saved state.

export class TokenMeter {
  /** What the agent's saved state held when the turn began: a resumed task carries its earlier segments. */
  readonly #before: number;
  #counted = 0;

  constructor(before: number) {
    this.#before = before;
  }

  /** One more call. Gives what is new. */
  add(tokens: number): number {
    const more = Math.max(0, Math.round(tokens));
    this.#counted += more;
    return more;
  }

  /**
   * The task's sum so far, earlier segments included, as the saved state and the result of a run tell it. A sum below
   * what was counted already changes nothing: spent is spent.
   */
  total(tokens: number): number {
    return this.add(tokens - this.#before - this.#counted);
  }
}
