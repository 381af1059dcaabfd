// ServiceMesh's tracing from outside: traces go on, begin, and tell every attempt.
import { holds, matches, type Suite, same, until } from './check.ts';
import { type Answer, http, type Json, jsonOf, listIn } from './http.ts';
import { BAD, openInstance, refused, register } from './mesh-instance.ts';
import type { Stage } from './stage.ts';

export const MESH_TRACING: Suite = {
  component: 'tracing',
  checks: [
    { name: 'the trace of a caller goes on to the instance', run: goesOn },
    { name: 'a request without a valid trace begins one', run: begins },
    { name: 'each attempt has its span', run: attempts },
    { name: 'the latest requests are listed, an unknown trace is told', run: latest },
  ],
};

async function shop(stage: Stage) {
  const { port } = await stage.shared();
  const service = stage.name('shop');
  const instance = await openInstance(stage);
  await register(port, service, 'a', { port: instance.port });
  return { port, service, instance, path: `/proxy/${service}/items?x=1` };
}

/** Its spans, once they are complete. */
async function spansOf(port: number, trace: string): Promise<readonly Json[]> {
  const what = `GET /v1/traces/${trace}`;
  const read = async () => {
    const answer = await http(port, `/v1/traces/${trace}`);
    // Spans may come a second after the answer.
    if (answer.status === 404) return [];
    same(`status of ${what}`, answer.status, 200);
    return listIn(jsonOf(answer, what), 'spans', what);
  };
  const isComplete = ({ duration_ms: ms }: Json) => typeof ms === 'number' && ms >= 0;
  return until(5_000, 'spans with a duration', read, (spans) => spans.length > 0 && spans.every(isComplete));
}

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

async function goesOn(stage: Stage): Promise<void> {
  const { port, service, instance, path } = await shop(stage);
  const answer = await http(port, path, { headers: { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: 'own=1' } });
  same('x-mesh-trace-id', answer.headers['x-mesh-trace-id'], TRACE);
  const got = instance.received[0]?.headers;
  matches('traceparent at the instance', got?.traceparent, new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
  same('tracestate at the instance', got?.tracestate, 'own=1');
  const id = String(got?.traceparent).split('-')[2];
  holds(id !== PARENT, 'the instance got the span of the caller, not a new one');
  const spans = await spansOf(port, TRACE);
  const request = spans.find(({ kind }) => kind === 'request');
  const attempt = spans.find(({ kind }) => kind === 'attempt');
  same('request span: parent, service, status, name', fieldsOf(request, 'parent_id'), [
    PARENT,
    service,
    200,
    'GET /items',
  ]);
  same('attempt span: id, service, status, name', fieldsOf(attempt, 'span_id'), [id, service, 200, 'GET /items']);
  same('parent of the attempt', attempt?.parent_id, request?.span_id);
  await http(port, path, { headers: { traceparent: `00-${TRACE}-${PARENT}-00` } });
  matches(
    'traceparent with flags 00',
    instance.received[1]?.headers.traceparent,
    new RegExp(`^00-${TRACE}-\\w{16}-00$`),
  );
}

function fieldsOf(span: Json | undefined, key: string): readonly unknown[] {
  return [span?.[key], span?.service, span?.status, span?.name];
}

function traceOf({ headers }: Answer): string {
  const trace = headers['x-mesh-trace-id'];
  matches('x-mesh-trace-id', trace, /^[0-9a-f]{32}$/);
  return String(trace);
}

async function begins(stage: Stage): Promise<void> {
  const { port, instance, path } = await shop(stage);
  const wrong = '00-00000000000000000000000000000000-b7ad6b7169203331-01';
  const traces: string[] = [];
  for (const own of [{}, { traceparent: wrong }, { traceparent: 'nonsense' }]) {
    const headers = { ...own, tracestate: 'own=1' };
    const trace = traceOf(await http(port, path, { headers }));
    traces.push(trace);
    matches(
      'traceparent at the instance',
      instance.received.at(-1)?.headers.traceparent,
      new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`),
    );
    const request = (await spansOf(port, trace)).find(({ kind }) => kind === 'request');
    same('parent of the request span', request?.parent_id, null);
    same('tracestate without a valid traceparent', instance.received.at(-1)?.headers.tracestate, undefined);
  }
  same('different traces', new Set(traces).size, 3);
}

async function attempts(stage: Stage): Promise<void> {
  const { port, service, path } = await shop(stage);
  const bad = await openInstance(stage, BAD);
  await register(port, service, 'bad', { port: bad.port });
  let answer = await http(port, path);
  if (answer.headers['x-mesh-attempts'] === '1') answer = await http(port, path);
  same('attempts of one of two requests', answer.headers['x-mesh-attempts'], '2');
  const spans = await spansOf(port, traceOf(answer));
  const request = spans.find(({ kind }) => kind === 'request');
  const tried = spans.filter(({ kind }) => kind === 'attempt');
  same(
    'instances of the attempts',
    tried.map(({ instance }) => instance),
    ['bad', 'a'],
  );
  same(
    'parents of the attempts',
    tried.map(({ parent_id }) => parent_id),
    [request?.span_id, request?.span_id],
  );
  same(
    'errors of the attempts',
    tried.map(({ error }) => error),
    ['failed_status', null],
  );
  same('status of the second attempt', tried[1]?.status, 200);
}

async function latest(stage: Stage): Promise<void> {
  const { port, path } = await shop(stage);
  await http(port, path);
  const trace = traceOf(await http(port, path));
  await spansOf(port, trace);
  const list = listIn(jsonOf(await http(port, '/v1/traces?limit=1'), 'GET /v1/traces'), 'traces', 'GET /v1/traces');
  same(
    'traces with limit=1',
    list.map(({ trace_id }) => trace_id),
    [trace],
  );
  refused('an unknown trace', await http(port, `/v1/traces/${'0'.repeat(31)}1`), 404, 'unknown_trace');
}
