// Streams pass byte for byte as they come, are counted on the way, and a torn one never looks whole.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { ClientRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { TestClock } from './clock.ts';
import { ask, HELLO, scripted, startGate } from './gate.ts';
import { answer, event, events, fail, type Style } from './upstream.ts';

const STREAM = { ...HELLO, stream: true };
const ASKING = { ...STREAM, stream_options: { include_usage: true } };
const SSE = { 'content-type': 'text/event-stream' };
const word = (content: string) => event({ model: 'm', choices: [{ index: 0, delta: { content } }] });
const STOP = event({ model: 'm', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
const DONE = 'data: [DONE]\n\n';

test.each(['vllm', 'ollama', 'llama.cpp'] satisfies Style[])(
  '%s: usage is asked for, counted, and hidden from a client that did not ask; all else is the same',
  async (style) => {
    const told = { style, prompt: 123, completion: 45, text: 'Grüße, 世界, and 👋 to all' };
    const [upstream, row] = await scripted('main', (heard) => answer(heard, told));
    const gate = await startGate([row]);
    const reply = await ask(gate, { body: STREAM });
    expect(upstream.heard[0]?.body.stream_options).toEqual({ include_usage: true });
    expect(reply.text).toBe(events({ model: 'main-model' }, told).join(''));
    expect(gate.called()).toMatchObject([
      { outcome: 'answered', prompt: 123, completion: 45, source: 'reported', answered: 'main-model' },
    ]);
  },
);

test('a client that asked for usage gets it', async () => {
  const [, row] = await scripted('main', (heard) => answer(heard));
  const reply = await ask(await startGate([row]), { body: ASKING });
  expect(reply.text).toBe(events({ ...ASKING, model: 'main-model' }, {}).join(''));
});

test('a stream whose server knows no usage is estimated by its text', async () => {
  const [, row] = await scripted('main', (heard) => answer(heard, { silent: true, text: 'one two three four five' }));
  const gate = await startGate([row]);
  await ask(gate, { body: STREAM });
  expect(gate.called()).toMatchObject([{ outcome: 'answered', completion: 5, source: 'estimated' }]);
  expect(gate.called()[0]?.prompt).toBeGreaterThan(3);
});

test('a server that refuses to be asked for usage is not asked again, and the agent hears nothing of it', async () => {
  const [upstream, row] = await scripted('main', (heard) =>
    'stream_options' in heard.body
      ? fail(heard, 422, {}, 'stream_options: extra inputs are not permitted')
      : answer(heard),
  );
  const gate = await startGate([row]);
  for (let call = 0; call < 2; call++) expect((await ask(gate, { body: STREAM })).text).toContain('[DONE]');
  expect(upstream.heard.map(({ body }) => 'stream_options' in body)).toEqual([true, false, false]);
  expect(gate.called().map(({ outcome, source }) => [outcome, source])).toEqual(
    Array(2).fill(['answered', 'estimated']),
  );
  // What the client itself asks for is its own affair.
  expect((await ask(gate, { body: ASKING })).status).toBe(422);
});

test('a stream cut inside a character passes byte for byte, each piece at once', async () => {
  const bytes = Buffer.from(word('Wörter 世界 👋') + STOP + DONE);
  const at = bytes.indexOf(Buffer.from('👋')) + 2;
  let next: (() => void) | null = null;
  const [, row] = await scripted('main', ({ response }) => {
    response.writeHead(200, SSE);
    response.write(bytes.subarray(0, at));
    next = () => response.end(bytes.subarray(at));
  });
  const pieces: Buffer[] = [];
  const reply = await ask(await startGate([row]), {
    body: ASKING,
    // The second half is sent only when the first has come: a proxy that waits for more would wait for ever.
    onChunk: (chunk) => {
      if (pieces.push(chunk) === 1) next?.();
    },
  });
  expect(pieces[0]).toEqual(bytes.subarray(0, at));
  expect(reply.bytes).toEqual(bytes);
});

test('the first event reaches the client before the second is made', async () => {
  let next: (() => void) | null = null;
  const [, row] = await scripted('main', ({ response }) => {
    response.writeHead(200, SSE);
    response.write(word('one '));
    next = () => response.end(STOP + DONE);
  });
  const reply = await ask(await startGate([row]), { body: STREAM, onChunk: () => next?.() });
  expect(reply.text).toBe(word('one ') + STOP + DONE);
});

test('10 MB of a stream arrive as the very same bytes, whatever the sizes they come in', async () => {
  const sum = createHash('sha256');
  let bytes = 0;
  const [, row] = await scripted('main', async ({ response }) => {
    response.writeHead(200, SSE);
    const end = Buffer.from(STOP + DONE);
    for (let nth = 0; bytes < 10e6; nth++) {
      const text = Buffer.from(word(`${nth} ünïcode 世界 ${'x'.repeat((nth * 7919) % 60_000)}`));
      const at = (nth * 104_729) % text.length;
      for (const part of [text.subarray(0, at), text.subarray(at)]) {
        sum.update(part);
        bytes += part.length;
        if (!response.write(part)) await once(response, 'drain');
      }
    }
    sum.update(end);
    response.end(end);
  });
  const gate = await startGate([row]);
  const reply = await ask(gate, { body: STREAM });
  expect(createHash('sha256').update(reply.bytes).digest('hex')).toBe(sum.digest('hex'));
  expect(gate.called()).toMatchObject([{ outcome: 'answered' }]);
});

test('a client that does not read holds the upstream back for hours, and gets everything in the end', async () => {
  const clock = new TestClock();
  const block = Buffer.from(word('y'.repeat(200_000)));
  let [written, writtenThen] = [0, 0];
  const [, row] = await scripted('main', async ({ response }) => {
    response.writeHead(200, SSE);
    for (; written < 300; written++) if (!response.write(block)) await once(response, 'drain');
    response.end(STOP + DONE);
  });
  const gate = await startGate([row], { clock });
  const { broken, bytes } = await ask(gate, {
    body: STREAM,
    onRequest: (sent) =>
      sent.on('response', (response) => {
        response.once('data', async () => {
          response.pause();
          // No time limit runs while the client is waited for: a frozen agent is no broken one.
          await clock.advanceUnwatched(5 * 3_600_000);
          writtenThen = written;
          response.resume();
        });
      }),
  });
  expect(writtenThen).toBeLessThan(300);
  expect([broken, bytes.length]).toEqual([false, 300 * block.length + Buffer.byteLength(STOP + DONE)]);
});

test('a stream the upstream tears: the client’s connection is torn as well, and what was seen is counted', async () => {
  const [, row] = await scripted('main', ({ response }) => {
    response.writeHead(200, SSE);
    response.write(word('one two three four'), () => response.socket?.destroy());
  });
  const gate = await startGate([row]);
  const reply = await ask(gate, { body: STREAM });
  expect(reply.broken).toBe(true);
  expect(gate.called()).toMatchObject([{ outcome: 'cut', completion: 4, source: 'estimated', status: 200 }]);
  expect(gate.called()[0]?.text).toContain('broke');
});

test('a stream that just ends, without its end: no whole answer for the client', async () => {
  const [, row] = await scripted('main', ({ response }) => response.writeHead(200, SSE).end(word('one two')));
  const gate = await startGate([row]);
  expect((await ask(gate, { body: STREAM })).broken).toBe(true);
  expect(gate.called()).toMatchObject([{ outcome: 'cut', text: 'the stream ended before its answer did' }]);
});

test('a connection torn behind the last mark: the answer is whole', async () => {
  const [, row] = await scripted('main', (heard) => {
    heard.response.writeHead(200, SSE);
    heard.response.write(events(heard.body, {}).join(''), () => heard.response.socket?.destroy());
  });
  const gate = await startGate([row]);
  const reply = await ask(gate, { body: STREAM });
  expect([reply.broken, reply.text.endsWith(DONE)]).toEqual([false, true]);
  expect(gate.called()).toMatchObject([{ outcome: 'answered', completion: 5, source: 'reported' }]);
});

test('a stream that comes compressed though nobody asked passes as it is', async () => {
  const zipped = gzipSync(word('one') + STOP + DONE);
  const [upstream, row] = await scripted('main', ({ response }) =>
    response.writeHead(200, { ...SSE, 'content-encoding': 'gzip' }).end(zipped),
  );
  const gate = await startGate([row]);
  const reply = await ask(gate, { body: STREAM, headers: { 'accept-encoding': 'gzip' } });
  expect([reply.broken, reply.bytes]).toEqual([false, zipped]);
  expect(upstream.heard[0]?.headers['accept-encoding']).toBe('identity');
  expect(gate.called()).toMatchObject([{ outcome: 'answered', source: 'estimated' }]);
});

test('a stream that falls silent is given up after its time', async () => {
  const clock = new TestClock();
  const [, row] = await scripted('main', ({ response }) => response.writeHead(200, SSE).write(word('one')));
  const gate = await startGate([row], { clock, limits: { idleMs: 40_000, firstByteMs: 20_000 } });
  const reply = await ask(gate, { body: STREAM, onChunk: () => clock.advance(40_000) });
  expect(reply.broken).toBe(true);
  expect(gate.called()).toMatchObject([{ outcome: 'cut', text: 'nothing came for 40 s' }]);
});

test('an error in the middle of a stream reaches the client and fails the call', async () => {
  const text = word('one') + event({ error: { message: 'out of memory' } }) + DONE;
  const [, row] = await scripted('main', ({ response }) => {
    response.writeHead(200, SSE);
    response.write(word('one'), () => response.end(text.slice(word('one').length)));
  });
  const gate = await startGate([row]);
  const reply = await ask(gate, { body: STREAM, onChunk: () => {} });
  expect([reply.text, reply.broken]).toEqual([text, false]);
  expect(gate.called()).toMatchObject([{ outcome: 'failed', text: 'out of memory' }]);
});

test('a client that hangs up in a stream: the upstream is hung up on, and the call is cut', async () => {
  const [upstream, row] = await scripted('main', ({ response }) => {
    response.writeHead(200, SSE);
    response.write(word('one two three'));
  });
  const gate = await startGate([row]);
  const reply = await ask(gate, { body: STREAM, onChunk: (_, sent) => sent.destroy() });
  expect(reply.broken).toBe(true);
  await upstream.heard[0]?.hungUp;
  expect(await gate.fact('called')).toMatchObject({ outcome: 'cut', completion: 3, source: 'estimated' });
});

test('a client that hangs up before there is an answer: the upstream is hung up on, and the call is cut', async () => {
  const [upstream, row] = await scripted('main', () => {});
  const gate = await startGate([row]);
  void ask(gate, { onRequest: (sent) => void upstream.arrived(0).then(() => sent.destroy()) });
  await (await upstream.arrived(0)).hungUp;
  expect(await gate.fact('called')).toMatchObject({ outcome: 'cut', completion: 0, source: 'estimated', status: null });
});

test('an agent is quiet once what it had in flight when it died is told, or when its time is up', async () => {
  const clock = new TestClock();
  const [upstream, row] = await scripted('main', ({ response }) => {
    response.writeHead(200, SSE);
    response.write(word('one two three'));
  });
  const gate = await startGate([row], { clock });
  await gate.gateway.quiet('alice', 1_000);
  let sent: ClientRequest | null = null;
  const first = new Promise<void>((resolve) => {
    void ask(gate, {
      body: STREAM,
      onChunk: (_, request) => {
        sent = request;
        resolve();
      },
    });
  });
  await first;
  const timeIsUp = gate.gateway.quiet('alice', 1_234);
  await clock.fire(1_234);
  await timeIsUp;
  expect(gate.called()).toEqual([]);
  const quiet = gate.gateway.quiet('alice', 5_678);
  (sent as ClientRequest | null)?.destroy();
  await quiet;
  expect(gate.called()).toMatchObject([{ outcome: 'cut', completion: 3 }]);
  await upstream.heard[0]?.hungUp;
});

test('closing hangs up on everybody, tells what was in flight, and leaves no timer', async () => {
  const clock = new TestClock();
  const [upstream, row] = await scripted('main', () => {});
  const gate = await startGate([row], { clock });
  const replies = Array.from({ length: 20 }, () => ask(gate));
  await upstream.arrived(19);
  await gate.gateway.close();
  expect((await Promise.all(replies)).every(({ broken }) => broken)).toBe(true);
  expect(gate.called().map(({ outcome }) => outcome)).toEqual(Array(20).fill('cut'));
  expect(clock.waiting).toBe(0);
  await gate.gateway.close();
});
