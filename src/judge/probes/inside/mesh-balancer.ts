// ServiceMesh's load balancer from outside: what is forwarded, to whom, and what happens when an instance fails.
import { holds, type Suite, same, shown } from './check.ts';
import { http } from './http.ts';
import { BAD, type Behaviour, BREAKS, CUTS, openInstance, refused, register, SILENT } from './mesh-instance.ts';
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

/** Longer than what is read at once; not all its characters are single bytes. */
const LONG_BODY = Array.from({ length: 20_000 }, (_, index) => `${index} tea-ä;`.padStart(14)).join('');

async function forwards(stage: Stage): Promise<void> {
  const { port } = await stage.shared();
  const service = stage.name('shop');
  const answering = { status: 418, headers: { 'x-own': 'kept' }, body: LONG_BODY };
  const instance = await openInstance(stage, () => answering);
  await register(port, service, 'pot', { port: instance.port });
  const headers = { 'x-probe': 'sent', 'content-type': 'text/plain' };
  const answer = await http(port, `/proxy/${service}/a/b%20c?q=1&r=%2F`, { method: 'POST', headers, body: LONG_BODY });
  const [got] = instance.received;
  same('method and path', [got?.method, got?.url], ['POST', '/a/b%20c?q=1&r=%2F']);
  holds(got?.body === LONG_BODY, 'a body of 300,000 bytes did not reach the instance unchanged');
  same('headers', [got?.headers['x-probe'], got?.headers['content-type']], ['sent', 'text/plain']);
  same('host', got?.headers.host, `127.0.0.1:${instance.port}`);
  same('status and header of the answer', [answer.status, answer.headers['x-own']], [418, 'kept']);
  holds(answer.text === LONG_BODY, 'a body of 300,000 bytes did not come back unchanged');
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
  const turns = await turnsOf(port, service, 16);
  same(
    'requests of 16 with weights 3 and 1',
    [heavy.received.length, light.received.length, turns.filter((id) => id === 'light').length],
    [12, 4, 4],
  );
  for (let from = 0; from <= 12; from++)
    same(
      `light ones of the 4 from number ${from}`,
      turns.slice(from, from + 4).filter((id) => id === 'light').length,
      1,
    );
  const even = stage.name('shop');
  for (const id of ['a', 'b']) await register(port, even, id, { port: heavy.port, weight: 2 });
  const order = (await turnsOf(port, even, 8)).join('');
  holds(order === 'abababab' || order === 'babababa', `weights 2 and 2: turns are not spread out: ${order}`);
}

async function turnsOf(port: number, service: string, count: number): Promise<readonly unknown[]> {
  const turns: unknown[] = [];
  while (turns.length < count) turns.push((await http(port, `/proxy/${service}/x`)).headers['x-mesh-instance']);
  return turns;
}

const FAULTS: readonly (readonly [string, Behaviour | 'dead'])[] = [
  ['502', () => ({ status: 502 })],
  ['503', () => ({ status: 503 })],
  ['504', () => ({ status: 504 })],
  ['dead', 'dead'],
  ['broken', BREAKS],
];

async function failsOver(stage: Stage): Promise<void> {
  const { port } = await stage.start({ env: PATIENT });
  for (const [fault, behave] of FAULTS) {
    const service = stage.name('shop');
    const [good, bad] = [await openInstance(stage), behave === 'dead' ? null : await openInstance(stage, behave)];
    await register(port, service, 'good', { port: good.port });
    await register(port, service, 'bad', { port: bad?.port ?? (await listenOnce(0)) });
    const seen: unknown[] = [];
    for (const method of ['GET', 'PUT', 'GET', 'PUT']) {
      const { status, headers } = await http(port, `/proxy/${service}/x`, { method });
      same(`${method} beside ${fault}: status and instance`, [status, headers['x-mesh-instance']], [200, 'good']);
      seen.push(headers['x-mesh-attempts']);
    }
    const [once = 0, twice = 0] = ['1', '2'].map((attempts) => seen.filter((one) => one === attempts).length);
    holds(once + twice === 4 && twice > 0, `attempts of four requests beside ${fault}: ${shown(seen)}`);
    if (bad !== null) same(`requests that reached ${fault}`, bad.received.length, twice);
    const before = good.received.length + (bad?.received.length ?? 0);
    const posts: unknown[] = [];
    for (let count = 0; count < 4; count++)
      posts.push(
        (await http(port, `/proxy/${service}/x`, { method: 'POST', body: 'once' })).headers['x-mesh-attempts'],
      );
    same(`attempts of four POST beside ${fault}`, posts, ['1', '1', '1', '1']);
    if (bad !== null)
      same('requests that reached instances for 4 POST', good.received.length + bad.received.length - before, 4);
  }
}

async function passesOn(stage: Stage): Promise<void> {
  const { port } = await stage.shared();
  const [broken, nobody, dead] = [stage.name('shop'), stage.name('shop'), stage.name('shop')];
  const instance = await openInstance(stage, () => ({ status: 500, body: 'own fault' }));
  for (const id of ['a', 'b']) await register(port, broken, id, { port: instance.port });
  const passed = await http(port, `/proxy/${broken}/x`);
  const seen = [passed.status, passed.text, passed.headers['x-mesh-attempts']];
  same('two instances that answer 500', seen, [500, 'own fault', '1']);
  await staysBroken(stage, port);
  await giveUp(stage, port);
  const none = await http(port, `/proxy/${nobody}/x`);
  refused('a service without an instance', none, 503, 'no_instance');
  same('its x-mesh-attempts', none.headers['x-mesh-attempts'], '0');
  await register(port, dead, 'gone', { port: await listenOnce(0) });
  refused('a service with a dead instance', await http(port, `/proxy/${dead}/x`), 502, 'connect_failed');
}

/** Nothing whole comes, or it is told: a mesh may have read all of it first. */
async function staysBroken(stage: Stage, port: number): Promise<void> {
  const service = stage.name('shop');
  await register(port, service, 'a', { port: (await openInstance(stage, CUTS)).port });
  const answer = await http(port, `/proxy/${service}/x`, { method: 'POST' }).catch((error: Error) => error);
  if ('status' in answer) return refused('a reply that broke off', answer, 502, 'broken_reply');
  holds(!/nothing within/.test(answer.message), `a reply that broke off: ${answer.message}`);
}

async function giveUp(stage: Stage, port: number): Promise<void> {
  const service = stage.name('shop');
  const bad = await openInstance(stage, BAD);
  for (const id of ['a', 'b', 'c', 'd']) await register(port, service, id, { port: bad.port });
  const { status, headers } = await http(port, `/proxy/${service}/x`);
  same(
    'four instances that answer 503: status, attempts and requests',
    [status, headers['x-mesh-attempts'], bad.received.length],
    [503, '3', 3],
  );
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
