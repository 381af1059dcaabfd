// ServiceMesh's discovery from outside: registering, listing, renewing, expiry, and what a restart keeps.
import { holds, type Suite, same, until } from './check.ts';
import { http, jsonOf, listIn } from './http.ts';
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

async function expires(stage: Stage): Promise<void> {
  const { port } = await stage.shared();
  const service = stage.name('shop');
  const { expires_at: first } = await register(port, service, 'kept', { port: 9_001, ttl_ms: 60_000 });
  await register(port, service, 'short', { port: 9_001, ttl_ms: 300 });
  await until(
    5_000,
    'ids after 300 ms',
    () => idsOf(port, service),
    (ids) => !ids.includes('short'),
  );
  same('the instance of a minute after 300 ms', await idsOf(port, service), ['kept']);
  refused(
    'renewing an expired instance',
    await http(port, `${pathOf(service, 'short')}/renew`, { method: 'POST' }),
    404,
    'unknown_instance',
  );
  const renewed = await http(port, `${pathOf(service, 'kept')}/renew`, { method: 'POST' });
  same('status of renew', renewed.status, 200);
  const { expires_at: second } = jsonOf(renewed, 'renew');
  holds(Number(second) > Number(first), `renew does not move expires_at: ${first}, then ${second}`);
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
  const { expires_at: expiry } = await register(program.port, 'shop', 'a', { port: 9_001, ttl_ms: 600_000 });
  await register(program.port, 'shop', 'short', { port: 9_001, ttl_ms: 100 });
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
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
