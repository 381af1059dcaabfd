// The tracing part of the API.
import { RequestError } from '../http/errors.js';

const USUAL_COUNT = 20;
const MOST = 100;

/**
 * @param {{ spans: ReturnType<typeof import('./spans.js').createSpans> }} parts
 * @returns {import('../http/router.js').Route[]}
 */
export function tracingRoutes({ spans }) {
  function findTrace({ params: { traceId } }) {
    const found = spans.trace(traceId);
    if (!found) throw new RequestError(404, 'unknown_trace', `there is no trace ${traceId}, or it is forgotten`);
    return { status: 200, json: { trace_id: traceId, spans: found } };
  }

  function listLatest({ query }) {
    return { status: 200, json: { traces: spans.latestRequests(readCount(query.get('limit'))) } };
  }

  return [
    { method: 'GET', path: '/v1/traces', handle: listLatest },
    { method: 'GET', path: '/v1/traces/:traceId', handle: findTrace },
  ];
}

function readCount(text) {
  const count = Number(text);
  return Number.isInteger(count) && count >= 1 && count <= MOST ? count : USUAL_COUNT;
}
