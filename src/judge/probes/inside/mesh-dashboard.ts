// ServiceMesh's dashboard from outside: the page without a script, text from outside escaped, and its figures.
import { isDeepStrictEqual } from 'node:util';
import { holds, matches, type Suite, same, until } from './check.ts';
import { http, type Json, jsonOf, listIn } from './http.ts';
import { BAD, openInstance, register } from './mesh-instance.ts';
import type { Stage } from './stage.ts';

export const MESH_DASHBOARD: Suite = {
  component: 'dashboard',
  checks: [
    { name: 'the page shows services, instances and breakers', run: page },
    { name: 'text from outside is escaped', run: escapes },
    { name: 'the overview agrees with what happened', run: overview },
    { name: 'without DASHBOARD_PORT it is one above the main port', run: byDefault },
  ],
};

async function page(stage: Stage): Promise<void> {
  const { port, dashboard } = await stage.shared();
  const service = stage.name('on-the-page-');
  await register(port, service, 'instance-of-the-page', { port: 9_123 });
  const answer = await http(dashboard, '/');
  same('status of GET /', answer.status, 200);
  matches('content type of GET /', answer.headers['content-type'], /^text\/html\b/i);
  for (const text of [service, 'instance-of-the-page', '127.0.0.1', '9123', 'closed'])
    holds(answer.text.includes(text), `GET / does not contain ${text}`);
}

async function escapes(stage: Stage): Promise<void> {
  const { port, dashboard } = await stage.shared();
  const script = '<script>alert(1)</script>';
  await register(port, stage.name('shop'), 'a', { port: 9_001, metadata: { note: script } });
  const { text } = await http(dashboard, '/');
  holds(!text.includes(script), 'metadata stands on the page unescaped');
  holds(text.includes('alert(1)'), 'metadata does not stand on the page');
}

async function overview(stage: Stage): Promise<void> {
  const { port, dashboard } = await stage.start({ env: { MESH_BREAKER_FAILURES: '2' } });
  const read = async () => jsonOf(await http(dashboard, '/api/overview'), 'GET /api/overview');
  const instance = await openInstance(stage, BAD);
  await register(port, 'shop', 'a', { port: instance.port });
  const before = (await read()).totals as Json;
  same('services, instances and open breakers', picked(before), [1, 1, 0]);
  for (let count = 0; count < 2; count++) await http(port, '/proxy/shop/x');
  const totals = async () => (await read()).totals as Json;
  const shows = (what: string, ask: () => Promise<readonly unknown[]>, wanted: readonly unknown[]) =>
    until(5_000, what, ask, (got) => isDeepStrictEqual(got, wanted));
  await shows('the same after two failures', async () => picked(await totals()), [1, 1, 1]);
  const counted = async () => {
    const now = await totals();
    return [Number(now.requests) - Number(before.requests), now.errors, now.failovers];
  };
  await shows('requests, errors and failovers', counted, [2, 2, 0]);
  await register(port, 'pair', 'a', { port: instance.port });
  await register(port, 'pair', 'b', { port: (await openInstance(stage)).port });
  let failovers = 0;
  for (let count = 0; count < 2; count++)
    failovers += Number((await http(port, '/proxy/pair/x')).headers['x-mesh-attempts']) - 1;
  holds(failovers > 0, 'two requests never met the bad one of two instances');
  await shows('the same after a failover', counted, [4, 2, failovers]);
  const after = await read();
  const main = jsonOf(await http(port, '/v1/services/shop'), 'GET of a service');
  const shown = listIn(after, 'services', 'GET /api/overview').find(({ name }) => name === 'shop');
  const named = (table: Json | undefined) => listIn(table ?? {}, 'instances', 'a service').map(namedFields);
  same('instances on both ports', named(shown), named(main));
}

/** Objects may have more fields, and those may say what changes with time. */
function namedFields(instance: Json): Json {
  return Object.fromEntries(NAMED.map((key) => [key, instance[key]]));
}

const NAMED = 'service id address port weight ttl_ms metadata registered_at expires_at healthy requests failures'.split(
  ' ',
);

function picked({ services, instances, open_breakers }: Json): readonly unknown[] {
  return [services, instances, open_breakers];
}

async function byDefault(stage: Stage): Promise<void> {
  const { port } = await stage.start({ env: { DASHBOARD_PORT: undefined } });
  same('status of GET / one port above', (await http(port + 1, '/')).status, 200);
}
