// Work that must not overlap, done in the order it was asked for.

export class Lane {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `work` after everything that was asked for before. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work, work);
    this.#last = next.catch(() => undefined);
    return next;
  }
}
