// Tells the time and wakes callers: the one place with real timers, so that tests can bring their own.

// setTimeout takes a longer wait for no wait at all.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * @typedef {object} Clock
 * @property {() => number} now milliseconds since 1970
 * @property {(at: number, wake: () => void) => () => void} wakeAt calls `wake` once, at that time or earlier
 *   when it is more than 24 days ahead; returns a function that cancels it
 */

/** @type {Clock} */
export const systemClock = {
  now: () => Date.now(),
  wakeAt(at, wake) {
    const delayMs = Math.min(Math.max(at - Date.now(), 0), LONGEST_TIMER_MS);
    const timer = setTimeout(wake, delayMs);
    return () => clearTimeout(timer);
  },
};
