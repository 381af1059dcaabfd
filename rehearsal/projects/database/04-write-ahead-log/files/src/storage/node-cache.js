// The cache of decoded pages: keeps those used last, forgets the others.

/** Half of what is kept, in pages; see `get` for why it is a half. */
const GENERATION_PAGES = 2048;

/** Two generations instead of a list of uses: cheap, and nearly as good at keeping what is hot. */
export class NodeCache {
  #young = new Map();
  #old = new Map();

  /**
   * @param {string} key
   * @returns {import('./page.js').Node | undefined}
   */
  get(key) {
    const node = this.#young.get(key) ?? this.#old.get(key);
    if (node !== undefined && !this.#young.has(key)) this.set(key, node);
    return node;
  }

  /**
   * @param {string} key names one version of one page
   * @param {import('./page.js').Node} node
   */
  set(key, node) {
    this.#young.set(key, node);
    if (this.#young.size < GENERATION_PAGES) return;
    this.#old = this.#young;
    this.#young = new Map();
  }

  /** Forgets everything. */
  clear() {
    this.#young.clear();
    this.#old.clear();
  }
}
