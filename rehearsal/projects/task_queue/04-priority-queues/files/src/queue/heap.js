// A binary heap: cheap access to the smallest of many items that come and go.

/** @template T */
export class Heap {
  /** @type {T[]} */
  #items = [];
  #isBefore;

  /** @param {(a: T, b: T) => boolean} isBefore whether `a` leaves the heap before `b` */
  constructor(isBefore) {
    this.#isBefore = isBefore;
  }

  /** @returns {number} */
  get size() {
    return this.#items.length;
  }

  /** @param {T} item */
  push(item) {
    const items = this.#items;
    let index = items.push(item) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#isBefore(items[index], items[parent])) break;
      this.#swap(index, parent);
      index = parent;
    }
  }

  /** @returns {T | undefined} the first item, taken out of the heap */
  pop() {
    const items = this.#items;
    if (items.length === 0) return undefined;
    this.#swap(0, items.length - 1);
    const first = items.pop();
    this.#sinkFirst();
    return first;
  }

  #sinkFirst() {
    let index = 0;
    for (;;) {
      let smallest = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < this.#items.length && this.#isBefore(this.#items[child], this.#items[smallest])) smallest = child;
      }
      if (smallest === index) return;
      this.#swap(index, smallest);
      index = smallest;
    }
  }

  #swap(a, b) {
    [this.#items[a], this.#items[b]] = [this.#items[b], this.#items[a]];
  }
}
