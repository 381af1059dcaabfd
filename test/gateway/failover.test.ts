// An upstream that fails is replaced by the next, and comes back after its cool-down; nothing of it reaches the agent.
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import type { Upstream } from '../../src/gateway/facts.ts';
import { TestClock } from './clock.ts';
import { ask, HELLO, rowOf, scripted, startGate } from './gate.ts';
import { answer, fail, type Script } from './upstream.ts';

const good: Script = (heard) => answer(heard);

test('one upstream that answers: the answer as it is, counted as it was reported', async () => {
  const [upstream, row] = await scripted('main', good);
  const gate = await startGate([{ ...row, promptUsdPerMillion: 2, completionUsdPerMillion: 10 }]);
  const reply = await ask(gate);
  expect([reply.status, JSON.parse(reply.text).choices[0].message.content]).toEqual([200, 'Hello there']);
  expect(upstream.heard[0]?.body).toEqual({ ...HELLO, model: 'main-model' });
  expect(gate.facts).toMatchObject([
    {
      is: 'called',
      agent: 'alice',
      turn: 1,
      upstream: 'main',
      asked: 'whatever',
      answered: 'main-model',
      status: 200,
      outcome: 'answered',
      prompt: 10,
      completion: 5,
      source: 'reported',
      costUsd: 0.00007,
      injected: false,
      text: null,
    },
  ]);
});

const broken: [string, Script][] = [
  ['500', (heard) => fail(heard, 500)],
  ['503 from a proxy', (heard) => heard.response.writeHead(503).end('<html>busy</html>')],
  ['429', (heard) => fail(heard, 429)],
  ['an unpaid bill', (heard) => fail(heard, 402)],
  ['a body that is no JSON', (heard) => heard.response.writeHead(200).end('{"id":"x","choi')],
  ['an empty body', (heard) => heard.response.writeHead(200).end()],
  ['an error as an answer', (heard) => heard.response.writeHead(200).end('{"error":{"message":"overloaded"}}')],
  [
    'a body torn off',
    (heard) => heard.response.writeHead(200, { 'content-length': 99 }).write('{', () => heard.response.destroy()),
  ],
  ['a connection closed without a word', (heard) => heard.response.destroy()],
];

test.each(broken)('%s from the primary: the backup answers, and the agent sees nothing of it', async (_, script) => {
  const [, first] = await scripted('first', script);
  const [backup, second] = await scripted('second', good);
  const gate = await startGate([first, second]);
  expect((await ask(gate)).status).toBe(200);
  expect(backup.heard[0]?.body.model).toBe('second-model');
  expect(gate.facts).toMatchObject([
    { is: 'called', upstream: 'first', outcome: 'failed' },
    { is: 'called', upstream: 'second', outcome: 'answered', prompt: 10, completion: 5, source: 'reported' },
    { is: 'switched', from: 'first', to: 'second' },
  ]);
});

test.each([
  ['an error as the first event', 'data: {"error":{"message":"overloaded"}}\n\n'],
  ['a stream without anything', ''],
])('%s: the backup answers', async (_, events) => {
  const [, first] = await scripted('first', ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(events);
  });
  const [, second] = await scripted('second', good);
  const gate = await startGate([first, second]);
  const reply = await ask(gate, { body: { ...HELLO, stream: true } });
  expect(reply.text).toContain('data: [DONE]');
  expect(gate.called().map(({ outcome }) => outcome)).toEqual(['failed', 'answered']);
});

test('a primary that never answers: after its time the backup is asked', async () => {
  const clock = new TestClock();
  const [silent, first] = await scripted('first', () => {});
  const [, second] = await scripted('second', good);
  const gate = await startGate([first, second], { clock, limits: { firstByteMs: 30_000 } });
  const reply = ask(gate);
  const heard = await silent.arrived(0);
  clock.advance(30_000);
  expect((await reply).status).toBe(200);
  await heard.hungUp;
  expect(gate.called()[0]).toMatchObject({
    outcome: 'failed',
    status: null,
    source: 'estimated',
    text: 'no answer within 30 s',
  });
  // It may have worked on it all the time: the prompt counts.
  expect(gate.called()[0]?.prompt).toBeGreaterThan(3);
});

test('nobody listens at the primary: the backup answers, nothing is counted for the primary', async () => {
  const [, second] = await scripted('second', good);
  const gate = await startGate([rowOf('first', `http://127.0.0.1:${await closedPort()}/v1`), second]);
  expect((await ask(gate)).status).toBe(200);
  expect(gate.called()[0]).toMatchObject({ upstream: 'first', prompt: 0, completion: 0, status: null });
});

test('after failures in a row the primary is left alone, tried once after its cool-down, and is the primary again', async () => {
  const clock = new TestClock();
  let broke = true;
  const [primary, first] = await scripted('first', (heard) => (broke ? fail(heard, 500) : answer(heard)));
  const [, second] = await scripted('second', good);
  const gate = await startGate([first, second], { clock, limits: { coolDownMs: 60_000 } });
  for (let call = 0; call < 5; call++) await ask(gate);
  expect(primary.heard).toHaveLength(3);
  clock.advance(59_999);
  await ask(gate);
  expect(primary.heard).toHaveLength(3);
  clock.advance(1);
  await ask(gate);
  expect(primary.heard).toHaveLength(4);
  broke = false;
  clock.advance(60_000);
  await ask(gate);
  await ask(gate);
  expect(
    gate
      .called()
      .slice(-2)
      .map(({ upstream }) => upstream),
  ).toEqual(['first', 'first']);
  const switches = gate.facts.filter(({ is }) => is === 'switched');
  expect(switches).toMatchObject([
    { from: 'first', to: 'second' },
    { from: 'second', to: 'first' },
  ]);
});

test('two upstreams at once: many calls each fail over by themselves, none is lost', async () => {
  const [, first] = await scripted('first', (heard, nth) => (nth % 2 === 0 ? fail(heard, 500) : answer(heard)));
  const [, second] = await scripted('second', good);
  const gate = await startGate([first, second], { limits: { breakerFailures: 1_000 } });
  const replies = await Promise.all(Array.from({ length: 60 }, () => ask(gate)));
  expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
  const answered = gate.called().filter(({ outcome }) => outcome === 'answered');
  expect(answered).toHaveLength(60);
  expect(new Set(answered.map(({ upstream }) => upstream))).toEqual(new Set(['first', 'second']));
});

test('an only upstream is asked three times; then its own last answer is passed on, and that is told once', async () => {
  const [upstream, row] = await scripted('main', (heard, nth) => fail(heard, 500, {}, `failure ${nth + 1}`));
  const gate = await startGate([row], { limits: { breakerFailures: 1_000 } });
  const reply = await ask(gate);
  expect([reply.status, JSON.parse(reply.text)]).toMatchObject([500, { error: { message: 'failure 3' } }]);
  await ask(gate);
  expect(upstream.heard).toHaveLength(6);
  expect(gate.facts.filter(({ is }) => is === 'exhausted')).toEqual([
    { is: 'exhausted', agent: 'alice', turn: 1, text: '500: failure 3' },
  ]);
});

test('an only upstream that is left alone is asked all the same: there is nobody else', async () => {
  let broke = true;
  const [, row] = await scripted('main', (heard) => (broke ? fail(heard, 500) : answer(heard)));
  const gate = await startGate([row]);
  expect((await ask(gate)).status).toBe(500);
  broke = false;
  expect((await ask(gate)).status).toBe(200);
  broke = true;
  await ask(gate);
  expect(gate.facts.filter(({ is }) => is === 'exhausted')).toHaveLength(2);
});

test.each([
  ['seconds', '7', 7_000],
  ['a date', new Date(Date.UTC(2026, 0, 1, 0, 0, 9)).toUTCString(), 9_000],
])('an only upstream is left alone for as long as its Retry-After says: %s', async (_, value, waitMs) => {
  const clock = new TestClock();
  const [upstream, row] = await scripted('main', (heard, nth) =>
    nth === 0 ? fail(heard, 429, { 'retry-after': value }) : answer(heard),
  );
  const gate = await startGate([row], { clock });
  const reply = ask(gate);
  await clock.fire(waitMs);
  expect((await reply).status).toBe(200);
  expect(upstream.heard).toHaveLength(2);
});

test('a Retry-After too long to wait for is passed on to the agent', async () => {
  const [upstream, row] = await scripted('main', (heard) => fail(heard, 429, { 'retry-after': '300' }));
  const reply = await ask(await startGate([row]));
  expect([reply.status, reply.headers['retry-after'], upstream.heard.length]).toEqual([429, '300', 1]);
});

test('a closed usage window is told with its wait, and the backup answers until it opens', async () => {
  const clock = new TestClock();
  const [primary, first] = await scripted('first', (heard) =>
    fail(heard, 429, {}, 'Usage limit reached. Try again in 3h.'),
  );
  const [, second] = await scripted('second', good);
  const gate = await startGate([first, second], { clock });
  await ask(gate);
  expect(await gate.fact('window-closed')).toEqual({
    is: 'window-closed',
    agent: 'alice',
    turn: 1,
    upstream: 'first',
    waitMs: 3 * 3_600_000,
    text: '429: Usage limit reached. Try again in 3h.',
  });
  clock.advance(3 * 3_600_000 - 1);
  await ask(gate);
  expect(primary.heard).toHaveLength(1);
  clock.advance(1);
  await ask(gate);
  expect(primary.heard).toHaveLength(2);
});

test('a closed usage window of an only upstream: a paused session holds the call, which is answered when it opens', async () => {
  const clock = new TestClock();
  let [open, held] = [false, false];
  const [upstream, row] = await scripted('main', (heard) =>
    open ? answer(heard) : fail(heard, 429, { 'retry-after': '7200' }),
  );
  const gate = await startGate([row], {
    clock,
    limits: { holdMs: 250 },
    tell: (fact) => {
      held ||= fact.is === 'window-closed';
    },
    allowanceOf: () => (held ? { is: 'hold', reason: 'paused' } : { is: 'go', tokensLeft: null }),
  });
  const reply = ask(gate);
  await clock.fire(250);
  await clock.fire(250);
  clock.advance(7_200_000);
  [open, held] = [true, false];
  await clock.fire(250);
  expect((await reply).status).toBe(200);
  expect(upstream.heard).toHaveLength(2);
});

test('a closed usage window of an only upstream, and nobody pauses: its answer is passed on', async () => {
  const [, row] = await scripted('main', (heard) => fail(heard, 429, { 'retry-after': '7200' }));
  const gate = await startGate([row]);
  expect((await ask(gate)).status).toBe(429);
  expect(gate.facts.map(({ is }) => is)).toEqual(['called', 'window-closed']);
});

test.each([400, 401, 403, 404, 413, 422])(
  '%i is hopeless: passed on unchanged, nobody else is asked',
  async (status) => {
    const [upstream, first] = await scripted('first', (heard) => fail(heard, status, { 'x-note': 'kept' }, 'it is so'));
    const [backup, second] = await scripted('second', good);
    const gate = await startGate([first, second]);
    const reply = await ask(gate);
    expect([reply.status, reply.headers['x-note']]).toEqual([status, 'kept']);
    expect(JSON.parse(reply.text)).toEqual({ error: { message: 'it is so', type: 'error', code: status } });
    expect([upstream.heard.length, backup.heard.length]).toEqual([1, 0]);
    const text = status === 401 || status === 403 ? /^the upstream does not accept our key: / : /: it is so$/;
    expect(gate.facts).toMatchObject([{ is: 'called', outcome: 'refused', status, text: expect.stringMatching(text) }]);
  },
);

test('everybody fails: each is tried twice, then the agent gets the last error', async () => {
  const [one, first] = await scripted('first', (heard) => fail(heard, 500));
  const [two, second] = await scripted('second', (heard) => fail(heard, 503, {}, 'also'));
  const gate = await startGate([first, second]);
  const reply = await ask(gate);
  expect([reply.status, one.heard.length, two.heard.length]).toEqual([503, 2, 2]);
  expect(await gate.fact('exhausted')).toMatchObject({ text: '503: also' });
});

test('a probe whose client leaves does not keep the upstream from being tried again', async () => {
  const clock = new TestClock();
  const [primary, first] = await scripted('first', (heard, nth) =>
    nth < 3 ? fail(heard, 500) : nth > 3 && answer(heard),
  );
  const [, second] = await scripted('second', good);
  const gate = await startGate([first, second], { clock, limits: { coolDownMs: 60_000 } });
  for (let call = 0; call < 3; call++) await ask(gate);
  clock.advance(60_000);
  const probe = ask(gate, { onRequest: (sent) => void primary.arrived(3).then(() => sent.destroy()) });
  await probe;
  await gate.fact('called', 6);
  await ask(gate);
  expect(gate.called().at(-1)).toMatchObject({ upstream: 'first', outcome: 'answered' });
});

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

test('a kept connection that the upstream has closed meanwhile is no failure', async () => {
  const [upstream, row] = await scripted('main', (heard, nth) => {
    if (nth === 1 && heard.response.req.socket === upstream.heard[0]?.response.req.socket)
      heard.response.req.socket.resetAndDestroy();
    else answer(heard);
  });
  const gate = await startGate([row] satisfies Upstream[]);
  await ask(gate);
  expect((await ask(gate)).status).toBe(200);
  expect(gate.called().map(({ outcome }) => outcome)).toEqual(['answered', 'answered']);
});
