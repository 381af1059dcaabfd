// Shows what the router answers when there is a handler, and when there is none.
import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';
import { readJson } from '../src/http/body.js';
import { closeServer, listen, urlOf } from '../src/http/listening.js';
import { createRouter } from '../src/http/router.js';
import { send } from '../testing/client.js';

async function serve(t, routes) {
  const server = http.createServer(createRouter(routes));
  await listen(server, 0, '127.0.0.1');
  t.after(() => closeServer(server, 0));
  return (path, options) => send(urlOf(server), path, options);
}

const greet = {
  method: 'GET',
  path: '/people/:name',
  handle: ({ params, query }) => ({ status: 200, json: { name: params.name, tone: query.get('tone') } }),
};
const echo = {
  method: 'PUT',
  path: '/people/:name',
  handle: async ({ request }) => ({ status: 201, json: await readJson(request) }),
};

test('a handler gets the decoded parameters and the query', async (t) => {
  const call = await serve(t, [greet]);
  assert.equal((await call('/people/Ada%20L?tone=kind')).text, '{"name":"Ada L","tone":"kind"}');
  assert.equal((await call('/people/%zz')).text, '{"name":"%zz","tone":null}');
});

test('HEAD is answered like GET, without the body', async (t) => {
  const reply = await (await serve(t, [greet]))('/people/Ada', { method: 'HEAD' });
  assert.deepEqual([reply.status, reply.text, reply.headers['content-length']], [200, '', '26']);
});

test('an unknown path is 404 and a wrong method 405, which names the right ones', async (t) => {
  const call = await serve(t, [greet, echo]);
  const unknown = await call('/animals/Rex');
  assert.deepEqual([unknown.status, unknown.json.error], [404, 'not_found']);
  const wrong = await call('/people/Ada', { method: 'POST' });
  assert.deepEqual([wrong.status, wrong.json.error, wrong.headers.allow], [405, 'method_not_allowed', 'GET, PUT']);
});

test('a body that is no JSON is 400 and one over 1 MiB is 413', async (t) => {
  const call = await serve(t, [echo]);
  assert.equal((await call('/people/Ada', { method: 'PUT', body: '{"age":' })).json.error, 'invalid_json');
  const large = await call('/people/Ada', { method: 'PUT', body: `"${'x'.repeat(1024 * 1024)}"` });
  assert.deepEqual([large.status, large.json.error], [413, 'body_too_large']);
});

test('a handler that fails is 500, says so on stderr and tells the caller nothing of the cause', async (t) => {
  const log = t.mock.method(console, 'error', () => {});
  const failing = { method: 'GET', path: '/', handle: () => assert.fail('a secret cause') };
  const reply = await (await serve(t, [failing]))('/');
  assert.deepEqual([reply.status, reply.json.error], [500, 'internal']);
  assert.doesNotMatch(reply.text, /secret/);
  assert.match(log.mock.calls[0].arguments[0].message, /a secret cause/);
});
