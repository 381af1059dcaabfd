// ServiceMesh's discovery from outside: registering, listing, renewing, expiry, and what a restart keeps.
import { holds, type Suite, same, until } from './check.ts';
import { http, type Json, jsonOf, listIn } from './http.ts';
import { instanceOf, openInstance, pathOf, put, refused, register } from './mesh-instance.ts';
import type { Stage } from './stage.ts';

export const MESH_DISCOVERY: Suite = {
  component: 'discovery',
  checks: [
    { name: 'an instance is registered with its defaults', run: registers },
    { name: 'a wrong registration is refused', run: refuses },
    { name: 'live instances are listed by id', run: lists },
    { name: 'an instance expires unless it is renewed', run: expires },
    { name: 'a deregistered instance gets no request', run: leaves },
    { name: 'registrations survive SIGTERM and kill -9', run: survives },
  ],
};

async function registers(stage: Stage): Promise<void> {
  const { port } = await stage.shared();
  const path = pathOf(stage.name('shop'), 'a');
  const body = { address: '127.0.0.1', port: 9_001 };
  const first = await put(port, path, body);
  same('status of the first PUT', first.status, 201);
  const { address, port: own, weight, ttl_ms: ttl, healthy } = jsonOf(first, 'PUT of an instance');
  const wanted = { address: '127.0.0.1', own: 9_001, weight: 1, ttl: 30_000, healthy: true };
  same('the instance object', { address, own, weight, ttl, healthy }, wanted);
  same('status of the same PUT again', (await put(port, path, body)).status, 200);
}

async function refuses(stage: Stage): Promise<void> {
  const { port } = await stage.shared();
  const service = stage.name('shop');
  const good = { address: '127.0.0.1', port: 9_001 };
  for (const [what, body] of [
    ['without a port', { address: '127.0.0.1' }],
    ['with weight 0', { ...good, weight: 0 }],
    ['with ttl_ms 10', { ...good, ttl_ms: 10 }],
  ] as const)
    refused(`a registration ${what}`, await put(port, pathOf(service, 'a'), body), 400, 'invalid_registration');
  refused('the id -a', await put(port, pathOf(service, '-a'), good), 400, 'invalid_name');
  const list = jsonOf(await http(port, `/v1/services/${service}`), 'GET of a service');
  same('instances afterwards', listIn(list, 'instances', 'GET of a service'), []);
}

async function idsOf(port: number, service: string): Promise<readonly unknown[]> {
  const what = 'GET of a service';
  const answer = await http(port, `/v1/services/${service}`);
  same(`status of ${what}`, answer.status, 200);
  return listIn(jsonOf(answer, what), 'instances', what).map(({ id }) => id);
}

async function lists(stage: Stage): Promise<void> {
  const { port } = await stage.shared();
  const service = stage.name('shop');
  for (const id of ['b', 'c', 'a']) await register(port, service, id, { port: 9_001 });
  same('ids in the list', await idsOf(port, service), ['a', 'b', 'c']);
  const all = listIn(jsonOf(await http(port, '/v1/services'), 'GET /v1/services'), 'services', 'GET /v1/services');
  same('its entry in GET /v1/services', all.find(({ name }) => name === service)?.instances, 3);
}

const TTL_MS = 2_000;

async function expires(stage: Stage): Promise<void> {
  const { port } = await stage.shared();
  const service = stage.name('shop');
  const [kept, short] = [await openInstance(stage), await openInstance(stage)];
  await register(port, service, 'kept', { port: kept.port, ttl_ms: 60_000 });
  const { expires_at: first } = await register(port, service, 'renewed', { port: 9_001, ttl_ms: TTL_MS });
  await register(port, service, 'short', { port: short.port, ttl_ms: 300 });
  await until(
    5_000,
    'ids after 300 ms',
    () => idsOf(port, service),
    (ids) => !ids.includes('short'),
  );
  const renew = await http(port, `${pathOf(service, 'short')}/renew`, { method: 'POST' });
  refused('renewing an expired instance', renew, 404, 'unknown_instance');
  // A busy machine may have used the time up.
  if (Date.now() < Number(first) - TTL_MS / 4) await outlives(port, service, Number(first));
  await until(
    5_000,
    'ids after a while',
    () => idsOf(port, service),
    (ids) => ids.join() === 'kept',
  );
  for (let count = 0; count < 3; count++) await http(port, `/proxy/${service}/x`);
  same('requests that reached each', [kept.received.length, short.received.length], [3, 0]);
}

/** Renewed in time, it is still there after its first end. */
async function outlives(port: number, service: string, firstMs: number): Promise<void> {
  const endMs = Number((await renewed(port, service, 'renewed')).expires_at);
  holds(endMs > firstMs, `renew does not move expires_at: ${firstMs}, then ${endMs}`);
  holds(endMs < firstMs + TTL_MS, `renew moves expires_at from ${firstMs} to ${endMs}, not to ttl_ms from now`);
  const now = () => Promise.resolve(Date.now());
  await until(2 * TTL_MS, 'the time of its first end', now, (nowMs) => nowMs > firstMs);
  const ids = await idsOf(port, service);
  if (Date.now() < endMs) holds(ids.includes('renewed'), 'a renewed instance is gone at its first end');
}

async function renewed(port: number, service: string, id: string): Promise<Json> {
  const answer = await http(port, `${pathOf(service, id)}/renew`, { method: 'POST' });
  same('status of renew', answer.status, 200);
  return jsonOf(answer, 'renew');
}

async function leaves(stage: Stage): Promise<void> {
  const { port } = await stage.shared();
  const service = stage.name('shop');
  const instance = await openInstance(stage);
  await register(port, service, 'a', { port: instance.port });
  const remove = () => http(port, pathOf(service, 'a'), { method: 'DELETE' });
  same('status of DELETE', (await remove()).status, 204);
  refused('DELETE again', await remove(), 404, 'unknown_instance');
  refused('a request for it', await http(port, `/proxy/${service}/x`), 503, 'no_instance');
  same('requests that reached it', instance.received.length, 0);
}

async function survives(stage: Stage): Promise<void> {
  let program = await stage.start();
  await register(program.port, 'shop', 'a', { port: 9_001, ttl_ms: 600_000 });
  await register(program.port, 'shop', 'short', { port: 9_001, ttl_ms: 100 });
  const remove = (port: number) => http(port, pathOf('shop', 'gone'), { method: 'DELETE' });
  // What changed last is what a restart may have missed.
  for (const [signal, last] of [
    ['SIGTERM', 'renew'],
    ['SIGKILL', 'renew'],
    ['SIGKILL', 'DELETE'],
  ] as const) {
    await register(program.port, 'shop', 'gone', { port: 9_001, ttl_ms: 600_000 });
    if (last === 'renew') await remove(program.port);
    const { expires_at: expiry } = await renewed(program.port, 'shop', 'a');
    if (last === 'DELETE') await remove(program.port);
    const end = await program.end(signal);
    if (signal === 'SIGTERM') same('its end by SIGTERM', end, { code: 0, signal: null });
    program = await stage.start({ data: program.data });
    const { port } = program;
    await until(
      2_000,
      `ids after ${signal}`,
      () => idsOf(port, 'shop'),
      (ids) => ids.join() === 'a',
    );
    same(`expires_at after ${signal}`, (await instanceOf(port, 'shop', 'a')).expires_at, expiry);
  }
}
