// Shows which headers continue a trace, and what a trace tells about a request, its attempts and their order.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSpans } from '../src/tracing/spans.js';
import { formatTraceparent, parseTraceparent } from '../src/tracing/traceparent.js';
import { findDeadPort, startBackend } from '../testing/backend.js';
import { startTestMesh } from '../testing/mesh.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

test('a valid header is read, and written as it was', () => {
  const header = `00-${TRACE}-${SPAN}-00`;
  assert.deepEqual(parseTraceparent(header), { traceId: TRACE, spanId: SPAN, flags: '00' });
  assert.equal(formatTraceparent(parseTraceparent(header)), header);
});

test('a header of a later version is read as far as it is known', () => {
  assert.equal(parseTraceparent(`cc-${TRACE}-${SPAN}-01-what-the-future-holds`).traceId, TRACE);
});

test('whatever is not exactly right begins a new trace', () => {
  for (const header of [
    undefined,
    '',
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`,
  ]) {
    assert.equal(parseTraceparent(header), null, header);
  }
});

async function meshWithBackend(t) {
  const mesh = await startTestMesh(t);
  const backend = await startBackend(t);
  await mesh.register('shop', 'b', backend.port);
  const spansOf = async (traceId) => (await mesh.call('GET', `/v1/traces/${traceId}`)).json.spans;
  return { mesh, backend, spansOf };
}

test('the trace of the caller is continued to the instance, span under span', async (t) => {
  const { mesh, backend, spansOf } = await meshWithBackend(t);
  const headers = { traceparent: `00-${TRACE}-${SPAN}-00`, tracestate: 'vendor=1' };
  const reply = await mesh.call('GET', '/proxy/shop/items?page=2', undefined, headers);
  assert.equal(reply.headers['x-mesh-trace-id'], TRACE);
  const [request, attempt] = await spansOf(TRACE);
  assert.deepEqual(
    [request.kind, request.parent_id, attempt.kind, attempt.parent_id],
    ['request', SPAN, 'attempt', request.span_id],
  );
  const sent = backend.received[0].headers;
  assert.deepEqual(parseTraceparent(sent.traceparent), { traceId: TRACE, spanId: attempt.span_id, flags: '00' });
  assert.equal(sent.tracestate, 'vendor=1');
  for (const span of [request, attempt]) {
    const { trace_id, service, instance, name, status, error, start_ms } = span;
    assert.deepEqual([trace_id, service, instance, name], [TRACE, 'shop', 'b', 'GET /items']);
    assert.deepEqual([status, error, start_ms], [200, null, mesh.clock.now()]);
  }
  assert.ok(request.duration_ms >= attempt.duration_ms && attempt.duration_ms > 0);
});

test('without a valid header a new trace begins, and old state is dropped', async (t) => {
  const { mesh, backend, spansOf } = await meshWithBackend(t);
  const reply = await mesh.call('GET', '/proxy/shop/', undefined, { traceparent: 'nonsense', tracestate: 'vendor=1' });
  const traceId = reply.headers['x-mesh-trace-id'];
  assert.equal((await spansOf(traceId))[0].parent_id, null);
  const { traceparent, tracestate } = backend.received[0].headers;
  assert.deepEqual([parseTraceparent(traceparent).traceId, tracestate], [traceId, undefined]);
});

test('a caller cannot keep the trace from the instance by calling it a header of the connection', async (t) => {
  const { mesh, backend } = await meshWithBackend(t);
  await mesh.call('GET', '/proxy/shop/', undefined, { connection: 'close, traceparent' });
  assert.ok(parseTraceparent(backend.received[0].headers.traceparent));
});

test('a failover shows as two attempts of one request', async (t) => {
  const { mesh, spansOf } = await meshWithBackend(t);
  await mesh.register('shop', 'a', await findDeadPort());
  const reply = await mesh.call('GET', '/proxy/shop/');
  const [request, ...attempts] = await spansOf(reply.headers['x-mesh-trace-id']);
  const short = ({ instance, status, error }) => [instance, status, error];
  assert.deepEqual(short(request), ['b', 200, null]);
  assert.deepEqual(attempts.map(short), [
    ['a', null, 'connect_failed'],
    ['b', 200, null],
  ]);
  assert.ok(attempts.every(({ parent_id }) => parent_id === request.span_id));
});

test('a refused request has a span too', async (t) => {
  const { mesh, spansOf } = await meshWithBackend(t);
  const reply = await mesh.call('GET', '/proxy/ghost/');
  const [{ status, error, instance }, ...others] = await spansOf(reply.headers['x-mesh-trace-id']);
  assert.deepEqual([status, error, instance, others.length], [503, 'no_instance', null, 0]);
});

test('the latest requests are listed newest first, as many as asked for', async (t) => {
  const { mesh } = await meshWithBackend(t);
  for (const path of ['/one', '/two', '/three']) await mesh.call('GET', `/proxy/shop${path}`);
  const names = async (query) => (await mesh.call('GET', `/v1/traces${query}`)).json.traces.map(({ name }) => name);
  assert.deepEqual(await names('?limit=2'), ['GET /three', 'GET /two']);
  for (const query of ['', '?limit=0', '?limit=all']) assert.equal((await names(query)).length, 3, query);
  assert.equal((await mesh.call('GET', `/v1/traces/${TRACE}`)).json.error, 'unknown_trace');
});

test('beyond its limit the store forgets the oldest spans, and traces that have none left', () => {
  const spans = createSpans({ limit: 3 });
  const add = (trace_id, span_id) => spans.add({ trace_id, span_id, kind: 'request' });
  for (const [index, trace] of [...'ababb'].entries()) add(trace, index + 1);
  const idsOf = (trace) => spans.trace(trace)?.map(({ span_id }) => span_id);
  assert.deepEqual([idsOf('a'), idsOf('b')], [[3], [4, 5]]);
  add('c', 6);
  assert.deepEqual([idsOf('a'), spans.latestRequests(2).map(({ span_id }) => span_id)], [undefined, [6, 5]]);
});
