// The circuit breaker of one instance, as a state machine that is told the time.
//
//              failures reach the limit            open time is over
//   closed ───────────────────────────────► open ───────────────────► half_open
//      ▲                                     ▲                          │    │
//      │                                     └──────── trial fails ─────┘    │
//      └────────────────────────────────────────────── trial succeeds ───────┘

/** @typedef {'success' | 'failure' | 'abandoned'} Outcome abandoned: it ended early and says nothing of the instance */

/**
 * @typedef {{ name: 'closed', failures: number }
 *   | { name: 'open', failures: number, openedAt: number }
 *   | { name: 'on_trial', failures: number, openedAt: number }} BreakerState
 */

/**
 * Makes a closed breaker.
 * @param {{ now: () => number, failuresToOpen: number, openMs: number }} settings
 */
export function createBreaker({ now, failuresToOpen, openMs }) {
  /** @type {BreakerState} */
  let state = { name: 'closed', failures: 0 };
  let changes = 0;

  function enter(next) {
    if (next.name !== state.name) changes += 1;
    state = next;
  }

  function fail() {
    const failures = state.failures + 1;
    if (state.name === 'closed' && failures < failuresToOpen) enter({ name: 'closed', failures });
    else enter({ name: 'open', failures, openedAt: now() });
  }

  const isOver = ({ openedAt }) => now() - openedAt >= openMs;

  return {
    /** True when the instance may be called now. */
    admits: () => state.name === 'closed' || (state.name === 'open' && isOver(state)),

    /**
     * Counts an admitted call as begun; half open, it is the one trial.
     * @returns {(outcome: Outcome) => void} to be told, once, how the call ended
     */
    begin() {
      if (state.name === 'open') enter({ ...state, name: 'on_trial' });
      const changesBefore = changes;
      return (outcome) => {
        // A call that began before the last change of state says nothing about the instance of now.
        if (changes !== changesBefore) return;
        if (outcome === 'success') enter({ name: 'closed', failures: 0 });
        else if (outcome === 'failure') fail();
        else if (state.name === 'on_trial') enter({ ...state, name: 'open' });
      };
    },

    /** What the API shows. An open breaker reads half open as soon as it would admit a trial. */
    describe() {
      const waits = state.name === 'open' && !isOver(state);
      return {
        state: state.name === 'closed' ? 'closed' : waits ? 'open' : 'half_open',
        consecutive_failures: state.failures,
        opened_at: state.openedAt ?? null,
      };
    },
  };
}
