// A clock that moves only when a test says so.

/**
 * @param {number} [start] milliseconds since the epoch
 * @returns {{ now: () => number, advance: (ms: number) => void }}
 */
export function createClock(start = 1_700_000_000_000) {
  let time = start;
  return {
    now: () => time,
    advance: (ms) => {
      time += ms;
    },
  };
}
