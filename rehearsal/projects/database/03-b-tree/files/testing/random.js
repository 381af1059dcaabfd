// Random numbers that are the same in every run, so that a failure can be seen again.

/**
 * The generator known as mulberry32.
 * @param {number} seed
 * @returns {(limit: number) => number} gives whole numbers from 0 to below the limit
 */
export function seededRandom(seed) {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}
