// Keeps the latest spans in memory and finds them by trace.

/**
 * @typedef {object} Span in the words of the HTTP interface
 * @property {string} trace_id
 * @property {string} span_id
 * @property {string | null} parent_id
 * @property {'request' | 'attempt'} kind
 * @property {string} service
 * @property {string | null} instance
 * @property {string} name
 * @property {number | null} status
 * @property {string | null} error
 * @property {number} start_ms
 * @property {number | null} duration_ms null while it runs
 */

/**
 * Makes an empty store; beyond its limit the oldest spans are forgotten.
 * @param {{ limit: number }} settings
 */
export function createSpans({ limit }) {
  /** @type {Span[]} in the order in which they began */
  const all = [];
  /** @type {Map<string, Span[]>} the same spans by trace */
  const byTrace = new Map();

  function forgetOldest() {
    const { trace_id } = all.shift();
    const trace = byTrace.get(trace_id);
    trace.shift();
    if (trace.length === 0) byTrace.delete(trace_id);
  }

  return {
    /** @param {Span} span kept as this very object, so that its end is seen here */
    add(span) {
      all.push(span);
      if (byTrace.has(span.trace_id)) byTrace.get(span.trace_id).push(span);
      else byTrace.set(span.trace_id, [span]);
      if (all.length > limit) forgetOldest();
    },

    /** The spans of a trace in the order in which they began; undefined for an unknown trace. */
    trace: (traceId) => byTrace.get(traceId),

    /** The request spans of the latest requests, newest first. */
    latestRequests(count) {
      const found = [];
      for (let index = all.length - 1; index >= 0 && found.length < count; index -= 1) {
        if (all[index].kind === 'request') found.push(all[index]);
      }
      return found;
    },
  };
}
