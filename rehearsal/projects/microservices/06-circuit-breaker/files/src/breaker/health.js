// What the mesh has learned about each instance from calling it.
import { createBreaker } from './breaker.js';

/**
 * Makes the health book of all instances. A page hangs on the instance's endpoint: it stays over a renewal and goes
 * with the endpoint, so that an instance at another address starts with a clean one.
 * @param {{ now: () => number, failuresToOpen: number, openMs: number }} breakerSettings
 */
export function createHealth(breakerSettings) {
  /** @type {WeakMap<object, { breaker: ReturnType<typeof createBreaker>, requests: number, failures: number }>} */
  const pages = new WeakMap();

  function pageOf({ endpoint }) {
    let page = pages.get(endpoint);
    if (!page) {
      page = { breaker: createBreaker(breakerSettings), requests: 0, failures: 0 };
      pages.set(endpoint, page);
    }
    return page;
  }

  return {
    /** True when the instance may be called now. */
    admits: (instance) => pageOf(instance).breaker.admits(),

    /**
     * Notes that a call of the instance begins.
     * @param {import('../discovery/registry.js').Instance} instance
     * @returns {(outcome: import('./breaker.js').Outcome) => void} to be told, once, how the call ended
     */
    begin(instance) {
      const page = pageOf(instance);
      const settle = page.breaker.begin();
      page.requests += 1;
      return (outcome) => {
        if (outcome === 'failure') page.failures += 1;
        settle(outcome);
      };
    },

    /** What the API shows. */
    describe(instance) {
      const { breaker, requests, failures } = pageOf(instance);
      const described = breaker.describe();
      return { healthy: described.state !== 'open', requests, failures, breaker: described };
    },
  };
}
