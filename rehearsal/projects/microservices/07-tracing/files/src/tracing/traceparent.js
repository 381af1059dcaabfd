// Reads and writes the header `traceparent` (W3C Trace Context).

const PATTERN = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const FORBIDDEN_VERSION = 'ff';
const OUR_VERSION = '00';
const ALL_ZEROS = /^0+$/;

/**
 * Reads a header; null when there is none or it is not valid, in which case a new trace is to begin.
 * @param {string | undefined} header
 * @returns {{ traceId: string, spanId: string, flags: string } | null}
 */
export function parseTraceparent(header = '') {
  const [, version, traceId, spanId, flags, rest] = PATTERN.exec(header) ?? [];
  if (version === undefined || version === FORBIDDEN_VERSION) return null;
  if (ALL_ZEROS.test(traceId) || ALL_ZEROS.test(spanId)) return null;
  // Later versions may append fields, ours has none.
  return version === OUR_VERSION && rest !== undefined ? null : { traceId, spanId, flags };
}

/**
 * @param {{ traceId: string, spanId: string, flags: string }} context
 * @returns {string}
 */
export function formatTraceparent({ traceId, spanId, flags }) {
  return `${OUR_VERSION}-${traceId}-${spanId}-${flags}`;
}
