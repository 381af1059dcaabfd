// Who may come in, where to, and with what; what crosses in which direction.
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { enter, isRefusal } from '../../src/gateway/entrance.ts';
import { TurnTokens } from '../../src/gateway/tokens.ts';
import { runs } from '../fuzz/runs.ts';
import { ask, HELLO, KEY, rowOf, scripted, startGate } from './gate.ts';
import { answer, type Script } from './upstream.ts';

const good: Script = (heard) => answer(heard);

async function aGate() {
  const [upstream, row] = await scripted('main', good);
  return { upstream, gate: await startGate([row]) };
}

test.each([
  ['no token', { token: null }, 401],
  ['a wrong token', { token: 'x'.repeat(32) }, 401],
  ['the token on another agent’s path', { agent: 'bob' }, 401],
  ['another Host', { headers: { host: 'evil.example:80' } }, 403],
  ['an Origin', { headers: { origin: 'http://127.0.0.1' } }, 403],
  ['a cross-site fetch', { headers: { 'sec-fetch-site': 'cross-site' } }, 403],
  ['a path that climbs', { path: '/../admin' }, 400],
  ['a path that climbs in disguise', { path: '/%2e%2e/admin' }, 400],
  ['a path with a slash in disguise', { path: '/models%2f..%2f..' }, 400],
  ['a path with an empty part', { path: '//evil.example/v1' }, 400],
  ['GET where POST is needed', { method: 'GET' }, 405],
  ['a body that is no object', { body: [1] }, 400],
])('%s is refused, and no upstream hears of it', async (_, asking, status) => {
  const { upstream, gate } = await aGate();
  const reply = await ask(gate, asking);
  expect([reply.status, upstream.heard.length, gate.facts]).toEqual([status, 0, []]);
  expect(JSON.parse(reply.text).error.message).toMatch(/\w/);
});

test('a token ends with its turn, and the next turn of the agent has another', async () => {
  const { gate } = await aGate();
  const next = gate.tokens.issue({ agent: 'alice', turn: 2 });
  expect((await ask(gate)).status).toBe(401);
  expect((await ask(gate, { token: next })).status).toBe(200);
  expect(gate.called()).toMatchObject([{ agent: 'alice', turn: 2 }]);
  gate.tokens.end('alice');
  expect((await ask(gate, { token: next })).status).toBe(401);
  expect((await ask(gate, { token: gate.bobs, agent: 'bob' })).status).toBe(200);
});

test('the agent’s token never reaches the upstream, our key never the agent or a fact', async () => {
  const [upstream, row] = await scripted('main', ({ headers, response, body }, nth) => {
    const leak = `you sent ${headers.authorization}`;
    if (nth === 0) response.writeHead(401, { 'x-echo': leak }).end(JSON.stringify({ error: { message: leak } }));
    else response.writeHead(200).end(JSON.stringify({ model: leak, choices: [], echo: body }));
  });
  const gate = await startGate([row]);
  const replies = [await ask(gate, { headers: { 'x-api-key': gate.token, cookie: gate.token } }), await ask(gate)];
  for (const { headers, text } of replies) expect(JSON.stringify([headers, text])).not.toContain(KEY);
  expect(replies[0]?.text).toContain('***');
  expect(JSON.stringify(gate.facts.map((fact) => ({ ...fact, answered: null })))).not.toContain(KEY);
  for (const { headers } of upstream.heard) {
    expect(headers.authorization).toBe(`Bearer ${KEY}`);
    expect(JSON.stringify(headers)).not.toContain(gate.token);
  }
});

test('headers of one connection stay on it, others cross', async () => {
  const [upstream, row] = await scripted('main', (heard) => {
    heard.response.setHeader('connection', 'x-private');
    heard.response.setHeader('x-private', '1');
    heard.response.setHeader('x-request-id', '7');
    heard.response.setHeader('set-cookie', 'a=b');
    answer(heard);
  });
  const reply = await ask(await startGate([row]), {
    headers: { connection: 'close, x-mine', 'x-mine': '1', te: 'trailers', 'x-title': 'kept' },
  });
  expect(reply.headers['x-request-id']).toBe('7');
  expect([reply.headers['x-private'], reply.headers['set-cookie']]).toEqual([undefined, undefined]);
  const headers = upstream.heard[0]?.headers ?? {};
  expect([headers['x-title'], headers['x-mine'], headers.te]).toEqual(['kept', undefined, undefined]);
});

test('the models are listed free of charge; whatever else is below /v1 goes to the primary as it is', async () => {
  const [upstream, row] = await scripted('main', ({ response }) =>
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end('{"data":[],"usage":{"prompt_tokens":4,"total_tokens":4}}'),
  );
  const gate = await startGate([row]);
  expect((await ask(gate, { path: '/models?x=1', method: 'GET' })).text).toContain('"data"');
  expect(gate.facts).toEqual([]);
  const body = { model: 'mine', input: 'text' };
  expect((await ask(gate, { path: '/embeddings', body })).status).toBe(200);
  expect(upstream.heard.map(({ path }) => path)).toEqual(['/v1/models?x=1', '/v1/embeddings']);
  expect(upstream.heard[1]?.body).toEqual(body);
  expect(gate.called()).toMatchObject([{ outcome: 'answered', prompt: 4, completion: 0, source: 'reported' }]);
});

test('a body of 50 MB arrives as the very same bytes', async () => {
  const { upstream, gate } = await aGate();
  const content = `${'quote " and \\ backslash, Grüße '.repeat(1_450_000)}`;
  const body = Buffer.from(JSON.stringify({ ...HELLO, model: 'main-model', messages: [{ role: 'user', content }] }));
  expect(body.length).toBeGreaterThan(47e6);
  expect((await ask(gate, { body })).status).toBe(200);
  const hash = (bytes: Buffer | undefined) =>
    createHash('sha256')
      .update(bytes ?? '')
      .digest('hex');
  expect(hash(upstream.heard[0]?.bytes)).toBe(hash(body));
});

test('bodies beyond what may be in memory at once are refused, and what is over makes room', async () => {
  const waiting: (() => void)[] = [];
  const [upstream, row] = await scripted('main', (heard) => waiting.push(() => answer(heard)));
  const gate = await startGate([row], { limits: { heldBytes: 150_000 } });
  const body = { ...HELLO, padding: 'x'.repeat(90_000) };
  const first = ask(gate, { body });
  await upstream.arrived(0);
  expect(gate.gateway.openCalls('alice')).toBe(1);
  expect((await ask(gate, { body })).status).toBe(503);
  waiting[0]?.();
  expect((await first).status).toBe(200);
  const third = ask(gate, { body });
  await upstream.arrived(1);
  waiting[1]?.();
  expect((await third).status).toBe(200);
  expect(gate.gateway.openCalls('alice')).toBe(0);
});

test.each([
  ['said', {}],
  ['not said', { 'transfer-encoding': 'chunked', 'content-length': undefined }],
])('a body that is too long, its length %s, is refused with 413', async (_, headers) => {
  const [, row] = await scripted('main', good);
  const gate = await startGate([row], { limits: { requestBytes: 100_000 } });
  const reply = await ask(gate, { body: Buffer.alloc(100_001, ' '), headers });
  expect(reply.status).toBe(413);
});

test('200 connections at once are all answered', async () => {
  const [, row] = await scripted('main', (heard, nth) => {
    // Nobody is answered before all are there.
    waiting.push(() => answer(heard));
    if (nth === 199) for (const call of waiting) call();
  });
  const waiting: (() => void)[] = [];
  const gate = await startGate([row]);
  const replies = await Promise.all(Array.from({ length: 200 }, () => ask(gate)));
  expect(replies.filter(({ status }) => status === 200)).toHaveLength(200);
  expect(gate.called()).toHaveLength(200);
});

test('bytes that are no HTTP end their own connection only', async () => {
  const { gate } = await aGate();
  await new Promise<void>((resolve) => {
    const socket = connect(gate.gateway.port, '127.0.0.1', () => socket.end('\x16\x03\x01 hello\r\n\r\n'));
    socket.on('error', () => {});
    socket.once('close', () => resolve());
    socket.resume();
  });
  expect((await ask(gate)).status).toBe(200);
});

test('it listens on the loopback only, and says where', async () => {
  const gate = await startGate([rowOf('main', 'http://127.0.0.1:9/v1')]);
  expect(gate.gateway.urlOf('alice')).toBe(`http://127.0.0.1:${gate.gateway.port}/agents/alice/v1`);
  expect(new URL(gate.gateway.urlOf('a/b')).pathname).toBe('/agents/a%2Fb/v1');
});

test('whatever path is asked for: what is let in stays below the endpoint', () => {
  const tokens = new TurnTokens();
  const authorization = `Bearer ${tokens.issue({ agent: 'alice', turn: 1 })}`;
  const part = fc.oneof(
    fc.constantFrom('..', '.', '', '%2e%2e', '%2E.', '..%2f', '%5c', '\\', 'models', '%252e', '@evil', 'x?y', '#', ' '),
    fc.string({ maxLength: 6 }),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
      const url = `/agents/alice/v1/${parts.join('/')}`;
      const entry = enter({ url, method: 'POST', headers: { host: '127.0.0.1', authorization } }, tokens.callerOf);
      if (isRefusal(entry)) return;
      const target = new URL(`http://upstream.example/base/v1${entry.path}`);
      expect([target.host, target.pathname.startsWith('/base/v1/')]).toEqual(['upstream.example', true]);
      expect(target.pathname.replaceAll('%', '')).not.toMatch(/\/\.\.?(\/|$)|\\/);
    }),
    runs(),
  );
});
