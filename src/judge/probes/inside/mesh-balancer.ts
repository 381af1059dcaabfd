// ServiceMesh's load balancer from outside: what is forwarded, to whom, and what happens when an instance fails.
import { holds, type Suite, same } from './check.ts';
import { http } from './http.ts';
import { BAD, openInstance, refused, register, SILENT } from './mesh-instance.ts';
import { listenOnce } from './program.ts';
import type { Stage } from './stage.ts';

export const MESH_BALANCER: Suite = {
  component: 'balancer',
  checks: [
    { name: 'a request reaches an instance unchanged', run: forwards },
    { name: 'weights are kept exactly', run: weighs },
    { name: 'GET and PUT go on to another instance, POST does not', run: failsOver },
    { name: 'a status 500 is passed on; nobody to ask is told', run: passesOn },
    { name: 'a silent instance costs its time-out only', run: silent },
  ],
};

/** Failures of one check must not open breakers. */
const PATIENT = { MESH_BREAKER_FAILURES: '1000' };

async function forwards(stage: Stage): Promise<void> {
  const { port } = await stage.shared();
  const service = stage.name('shop');
  const answering = { status: 418, headers: { 'x-own': 'kept' }, body: 'tea' };
  const instance = await openInstance(stage, () => answering);
  await register(port, service, 'pot', { port: instance.port });
  const headers = { 'x-probe': 'sent', 'content-type': 'text/plain' };
  const answer = await http(port, `/proxy/${service}/a/b%20c?q=1&r=%2F`, { method: 'POST', headers, body: 'leaves' });
  const [got] = instance.received;
  same('method, path and body', [got?.method, got?.url, got?.body], ['POST', '/a/b%20c?q=1&r=%2F', 'leaves']);
  same('headers', [got?.headers['x-probe'], got?.headers['content-type']], ['sent', 'text/plain']);
  same('host', got?.headers.host, `127.0.0.1:${instance.port}`);
  same(
    'status, body and header of the answer',
    [answer.status, answer.text, answer.headers['x-own']],
    [418, 'tea', 'kept'],
  );
  same(
    'x-mesh-instance and x-mesh-attempts',
    [answer.headers['x-mesh-instance'], answer.headers['x-mesh-attempts']],
    ['pot', '1'],
  );
}

async function weighs(stage: Stage): Promise<void> {
  const { port } = await stage.shared();
  const service = stage.name('shop');
  const [heavy, light] = [await openInstance(stage), await openInstance(stage)];
  await register(port, service, 'heavy', { port: heavy.port, weight: 3 });
  await register(port, service, 'light', { port: light.port, weight: 1 });
  for (let round = 1; round <= 2; round++) {
    for (let count = 0; count < 8; count++) await http(port, `/proxy/${service}/x`);
    same(
      `requests of ${round * 8} with weights 3 and 1`,
      [heavy.received.length, light.received.length],
      [round * 6, round * 2],
    );
  }
}

async function failsOver(stage: Stage): Promise<void> {
  const { port } = await stage.start({ env: PATIENT });
  const service = stage.name('shop');
  const [good, bad] = [await openInstance(stage), await openInstance(stage, BAD)];
  await register(port, service, 'good', { port: good.port });
  await register(port, service, 'bad', { port: bad.port });
  let metBad = 0;
  for (const method of ['GET', 'PUT', 'GET', 'PUT', 'GET', 'PUT']) {
    const { status, headers } = await http(port, `/proxy/${service}/x`, { method });
    const met = bad.received.length > metBad;
    metBad = bad.received.length;
    same(
      `${method}: status, instance and attempts`,
      [status, headers['x-mesh-instance'], headers['x-mesh-attempts']],
      [200, 'good', met ? '2' : '1'],
    );
  }
  holds(metBad > 0, 'six requests never reached the second instance');
  const before = good.received.length + bad.received.length;
  for (let count = 0; count < 4; count++) await http(port, `/proxy/${service}/x`, { method: 'POST', body: 'once' });
  same('requests that reached instances for 4 POST', good.received.length + bad.received.length - before, 4);
}

async function passesOn(stage: Stage): Promise<void> {
  const { port } = await stage.shared();
  const [broken, nobody, dead] = [stage.name('shop'), stage.name('shop'), stage.name('shop')];
  const instance = await openInstance(stage, () => ({ status: 500, body: 'own fault' }));
  for (const id of ['a', 'b']) await register(port, broken, id, { port: instance.port });
  const passed = await http(port, `/proxy/${broken}/x`);
  const seen = [passed.status, passed.text, passed.headers['x-mesh-attempts']];
  same('two instances that answer 500', seen, [500, 'own fault', '1']);
  const none = await http(port, `/proxy/${nobody}/x`);
  refused('a service without an instance', none, 503, 'no_instance');
  same('its x-mesh-attempts', none.headers['x-mesh-attempts'], '0');
  await register(port, dead, 'gone', { port: await listenOnce(0) });
  refused('a service with a dead instance', await http(port, `/proxy/${dead}/x`), 502, 'connect_failed');
}

async function silent(stage: Stage): Promise<void> {
  const { port } = await stage.start({ env: { ...PATIENT, MESH_TIMEOUT_MS: '1500' } });
  const [mute, good] = [await openInstance(stage, SILENT), await openInstance(stage)];
  await register(port, 'alone', 'mute', { port: mute.port });
  refused('a silent instance alone', await http(port, '/proxy/alone/x'), 504, 'timeout');
  await register(port, 'both', 'mute', { port: mute.port });
  await register(port, 'both', 'good', { port: good.port });
  const answers = [await http(port, '/proxy/both/x'), await http(port, '/proxy/both/x')];
  same(
    'status with another instance',
    answers.map(({ status }) => status),
    [200, 200],
  );
  const attempts = answers.map(({ headers }) => headers['x-mesh-attempts']).sort();
  same('attempts with another instance', attempts, ['1', '2']);
}
