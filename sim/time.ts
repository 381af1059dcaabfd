// Virtual time: what is to happen stands in a queue; time jumps from one thing to the next.

interface Item {
  readonly atMs: number;
  readonly order: number;
  call: (() => void) | null;
}

/** A binary heap by time; what was asked for first happens first. */
export class VirtualTime {
  nowMs = 0;
  #order = 0;
  readonly #heap: Item[] = [];

  /** Calls back after so long; the answer cancels it. */
  after(ms: number, call: () => void): () => void {
    const item: Item = { atMs: this.nowMs + Math.max(0, ms), order: this.#order++, call };
    this.#push(item);
    return () => {
      item.call = null;
    };
  }

  /** When something happens next; infinity when nothing will. */
  get nextMs(): number {
    while (this.#heap[0]?.call === null) this.#pop();
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /** Lets the next thing happen. False when there is none. */
  step(): boolean {
    if (this.nextMs === Number.POSITIVE_INFINITY) return false;
    const item = this.#pop();
    this.nowMs = Math.max(this.nowMs, item.atMs);
    item.call?.();
    return true;
  }

  #push(item: Item): void {
    const heap = this.#heap;
    let index = heap.push(item) - 1;
    for (let parent = (index - 1) >> 1; index > 0; parent = (index - 1) >> 1) {
      const above = heap[parent] as Item;
      if (!isBefore(item, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = item;
  }

  #pop(): Item {
    const heap = this.#heap;
    const first = heap[0] as Item;
    const last = heap.pop() as Item;
    if (heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Item, heap[child] as Item)) child++;
      if (!isBefore(heap[child] as Item, last)) break;
      heap[index] = heap[child] as Item;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(one: Item, other: Item): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}
