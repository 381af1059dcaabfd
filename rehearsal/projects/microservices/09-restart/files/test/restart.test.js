// Shows what a restart of the mesh keeps: all that was answered, and nothing that is over.
import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { registrationFile } from '../src/discovery/registration-file.js';
import { createDataDir } from '../testing/data-dir.js';
import { callsTo, startTestMesh } from '../testing/mesh.js';
import { startProgram } from '../testing/program.js';

test('a new mesh on the same folder knows every live instance with its expiry', async (t) => {
  const DATA_DIR = await createDataDir(t);
  const first = await startTestMesh(t, { DATA_DIR });
  await first.register('shop', 'short', 9001, { ttl_ms: 1000 });
  await first.register('shop', 'long', 9002, { ttl_ms: 5000, weight: 7, metadata: { zone: 'north' } });
  await first.register('cart', 'left', 9003);
  await first.call('DELETE', '/v1/services/cart/instances/left');
  first.clock.advance(800);
  await first.call('POST', '/v1/services/shop/instances/long/renew');
  const [known] = await first.instances('shop');
  await first.close();
  first.clock.advance(200);
  const second = await startTestMesh(t, { DATA_DIR }, first.clock);
  assert.deepEqual(await second.instances('shop'), [known]);
  assert.deepEqual((await second.call('GET', '/v1/services')).json.services, [{ name: 'shop', instances: 1 }]);
});

test('after kill -9 the program still knows what it answered', async (t) => {
  const DATA_DIR = await createDataDir(t);
  const first = await startProgram(t, { DATA_DIR });
  const { json: registered } = await callsTo(first.apiUrl).register('shop', 'a', 9001);
  first.child.kill('SIGKILL');
  await first.ended;
  const second = await startProgram(t, { DATA_DIR });
  assert.deepEqual(await callsTo(second.apiUrl).instances('shop'), [registered]);
});

test('a damaged file is set aside, and the mesh starts empty and works', async (t) => {
  const log = t.mock.method(console, 'error', () => {});
  const DATA_DIR = await createDataDir(t);
  const saved = { service: 'shop', id: 'a', address: '127.0.0.1', port: 9001, registered_at: 1, expires_at: 'never' };
  for (const damaged of ['{"instances": [', '{}', JSON.stringify({ instances: [saved] })]) {
    await writeFile(path.join(DATA_DIR, 'registrations.json'), damaged);
    const mesh = await startTestMesh(t, { DATA_DIR });
    assert.deepEqual((await mesh.call('GET', '/v1/services')).json.services, []);
    assert.equal(await readFile(path.join(DATA_DIR, 'registrations.json.damaged'), 'utf8'), damaged);
    assert.equal((await mesh.register('shop', 'a', 9001)).status, 201);
    await mesh.close();
  }
  assert.equal(log.mock.callCount(), 3);
  assert.deepEqual((await readdir(DATA_DIR)).sort(), ['registrations.json', 'registrations.json.damaged']);
});

test('changes that come while a write runs share the next one', async (t) => {
  const file = registrationFile(await createDataDir(t));
  let lists = 0;
  const list = () => {
    lists += 1;
    return [];
  };
  await file.load();
  await Promise.all(Array.from({ length: 50 }, () => file.save(list)));
  assert.equal(lists, 1);
  const running = file.save(list);
  await new Promise(setImmediate);
  await Promise.all([running, ...Array.from({ length: 50 }, () => file.save(list))]);
  assert.equal(lists, 3);
});

test('a change that cannot be saved is an error, and the next one is tried again', async (t) => {
  const log = t.mock.method(console, 'error', () => {});
  const DATA_DIR = await createDataDir(t);
  const mesh = await startTestMesh(t, { DATA_DIR });
  await rm(DATA_DIR, { recursive: true });
  assert.equal((await mesh.register('shop', 'a', 9001)).status, 500);
  assert.equal(log.mock.callCount(), 1);
  await registrationFile(DATA_DIR).load();
  assert.equal((await mesh.register('shop', 'a', 9001)).status, 200);
});
