// Begins and ends the spans of forwarded requests.
import { randomBytes } from 'node:crypto';
import { formatTraceparent, parseTraceparent } from './traceparent.js';

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;
const SAMPLED = '01';

/** @typedef {{ status: number | null, error: string | null, instance?: string | null }} SpanEnd */

/**
 * @param {{ spans: ReturnType<typeof import('./spans.js').createSpans>, now: () => number }} parts
 */
export function createTracer({ spans, now }) {
  function start(context, described) {
    const begun = performance.now();
    const spanId = newId(SPAN_ID_BYTES);
    const span = {
      trace_id: context.traceId,
      span_id: spanId,
      parent_id: context.spanId,
      ...described,
      status: null,
      error: null,
      start_ms: now(),
      duration_ms: null,
    };
    spans.add(span);
    return {
      context: { ...context, spanId },
      /** @param {SpanEnd} result */
      end: (result) => Object.assign(span, result, { duration_ms: roundToMicroseconds(performance.now() - begun) }),
    };
  }

  return {
    /**
     * Begins the span of a request, in its caller's trace when it names one.
     * @param {string | undefined} traceparent
     * @param {{ service: string, name: string }} described
     */
    startRequest(traceparent, described) {
      const caller = parseTraceparent(traceparent);
      const context = caller ?? { traceId: newId(TRACE_ID_BYTES), spanId: null, flags: SAMPLED };
      const request = start(context, { kind: 'request', instance: null, ...described });
      return {
        traceId: context.traceId,
        continuesCaller: caller !== null,
        end: request.end,

        /** Begins the span of one attempt, whose `traceparent` is for the instance. */
        startAttempt(instance) {
          const attempt = start(request.context, { kind: 'attempt', instance, ...described });
          return { traceparent: formatTraceparent(attempt.context), end: attempt.end };
        },
      };
    },
  };
}

function newId(bytes) {
  return randomBytes(bytes).toString('hex');
}

function roundToMicroseconds(ms) {
  return Math.round(ms * 1000) / 1000;
}
