// Shows which registrations are taken, and service discovery through the API: find, renew, expire, deregister.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkName, readRegistration } from '../src/discovery/registration.js';
import { startTestMesh } from '../testing/mesh.js';

const smallest = { address: '127.0.0.1', port: 9001 };

test('a registration without weight, time-to-live and metadata gets the defaults', () => {
  assert.deepEqual(readRegistration(smallest), { ...smallest, weight: 1, ttlMs: 30_000, metadata: {} });
});

test('the ends of each range are taken, what lies beyond is refused by name', () => {
  for (const [key, inside, outside] of [
    ['port', [1, 65535], [0, 65536, '80', 1.5]],
    ['weight', [1, 100], [0, 101, '1']],
    ['ttl_ms', [100, 86_400_000], [99, 86_400_001, Number.NaN]],
    ['address', ['::1', 'db-1.internal'], ['', 'a b', 'http://a', 7, undefined]],
    ['metadata', [{}, { zone: '<a>' }], ['zone', [], { zone: 1 }, { zone: 'x'.repeat(257) }]],
  ]) {
    for (const value of inside) assert.ok(readRegistration({ ...smallest, [key]: value }), `${key} ${value}`);
    for (const value of outside) {
      const refused = { status: 400, code: 'invalid_registration', message: new RegExp(`^${key} must be`) };
      assert.throws(() => readRegistration({ ...smallest, [key]: value }), refused, `${key} ${value}`);
    }
  }
});

test('a registration that is no object, or with 17 pairs of metadata, is refused', () => {
  const pairs = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`key${index}`, '']));
  for (const body of [null, [], 'text', { ...smallest, metadata: pairs }]) {
    assert.throws(() => readRegistration(body), { code: 'invalid_registration' });
  }
});

test('a name has 1 to 63 characters and begins with a letter or digit', () => {
  for (const name of ['a', '9', 'shop.v2_b-c', 'x'.repeat(63)]) assert.equal(checkName(name), name);
  for (const name of ['', '.', '-a', 'a b', 'a/b', 'ä', 'x'.repeat(64)]) {
    assert.throws(() => checkName(name), { status: 400, code: 'invalid_name' });
  }
});

const INSTANCE = '/v1/services/shop/instances/a';

test('a registered instance is answered with 201, then 200, and listed', async (t) => {
  const mesh = await startTestMesh(t);
  const first = await mesh.register('shop', 'a', 9001, { metadata: { zone: 'north' } });
  assert.equal(first.status, 201);
  const { service, id, address, port, weight, ttl_ms, metadata, registered_at, expires_at } = first.json;
  assert.deepEqual([service, id, address, port], ['shop', 'a', '127.0.0.1', 9001]);
  assert.deepEqual([weight, ttl_ms, metadata], [1, 30_000, { zone: 'north' }]);
  assert.deepEqual([registered_at, expires_at], [mesh.clock.now(), mesh.clock.now() + 30_000]);
  assert.equal((await mesh.register('shop', 'a', 9002)).status, 200);
  assert.equal((await mesh.call('GET', INSTANCE)).json.port, 9002);
});

test('services and instances are listed by name, unknown ones as empty', async (t) => {
  const mesh = await startTestMesh(t);
  for (const id of ['b', 'c', 'a']) await mesh.register('shop', id, 9001);
  await mesh.register('cart', 'a', 9001);
  assert.deepEqual(
    (await mesh.instances('shop')).map(({ id }) => id),
    ['a', 'b', 'c'],
  );
  assert.deepEqual((await mesh.call('GET', '/v1/services')).json, {
    services: [
      { name: 'cart', instances: 1 },
      { name: 'shop', instances: 3 },
    ],
  });
  assert.deepEqual((await mesh.call('GET', '/v1/services/ghost')).json, { service: 'ghost', instances: [] });
});

test('an instance lives until its time is over, and no millisecond longer', async (t) => {
  const mesh = await startTestMesh(t);
  await mesh.register('shop', 'a', 9001, { ttl_ms: 500 });
  mesh.clock.advance(499);
  assert.equal((await mesh.instances('shop')).length, 1);
  mesh.clock.advance(1);
  assert.deepEqual(await mesh.instances('shop'), []);
  assert.deepEqual((await mesh.call('GET', '/v1/services')).json, { services: [] });
  assert.equal((await mesh.call('POST', `${INSTANCE}/renew`)).json.error, 'unknown_instance');
  assert.equal((await mesh.register('shop', 'a', 9001)).status, 201);
});

test('renewing gives an instance its whole time again', async (t) => {
  const mesh = await startTestMesh(t);
  await mesh.register('shop', 'a', 9001, { ttl_ms: 500 });
  mesh.clock.advance(400);
  const renewed = await mesh.call('POST', `${INSTANCE}/renew`);
  assert.deepEqual([renewed.status, renewed.json.expires_at], [200, mesh.clock.now() + 500]);
  mesh.clock.advance(400);
  assert.equal((await mesh.instances('shop')).length, 1);
});

test('a deregistered instance is gone, and unknown the second time', async (t) => {
  const mesh = await startTestMesh(t);
  await mesh.register('shop', 'a', 9001);
  assert.equal((await mesh.call('DELETE', INSTANCE)).status, 204);
  const again = await mesh.call('DELETE', INSTANCE);
  assert.deepEqual([again.status, again.json.error], [404, 'unknown_instance']);
  assert.deepEqual(await mesh.instances('shop'), []);
});

test('names and registrations that cannot be are refused on every path', async (t) => {
  const mesh = await startTestMesh(t);
  assert.equal((await mesh.register('shop', 'a', 0)).json.error, 'invalid_registration');
  assert.equal((await mesh.register('a%20b', 'a', 9001)).json.error, 'invalid_name');
  assert.equal((await mesh.call('GET', '/v1/services/%2F')).json.error, 'invalid_name');
  assert.equal((await mesh.call('DELETE', '/v1/services/shop/instances/-')).json.error, 'invalid_name');
});
