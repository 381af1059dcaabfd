// Anything sent to the control server: a defined answer, nothing changed without the token, and it goes on serving.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import type { Control } from '../../src/runtime/run.ts';
import { type ControlFile, controlApp, serveControl } from '../../src/server/control.ts';
import type { Event } from '../../src/session/event.ts';
import { layoutOf } from '../../src/store/layout.ts';
import { CoreWorld } from '../support/core-world.ts';
import { runs } from './runs.ts';

const folder = mkdtempSync(join(tmpdir(), 'mega-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const TOKEN = 'the-token';

/** A running session as the server sees it: what is posted is kept, and answered at once. */
function control(): { readonly control: Control; readonly posted: Event[] } {
  const posted: Event[] = [];
  errors.length = 0;
  const world = new CoreWorld();
  let observer: ((session: unknown, event: unknown) => void) | null = null;
  const answers: Partial<Record<Event['type'], object>> = {
    'checkpoint-requested': { type: 'checkpoint-written', number: 3, sha256: 's' },
    'restore-requested': { type: 'checkpoint-restored', number: 3, insteadOf: null },
  };
  const parts = {
    id: 's',
    layout: layoutOf(folder),
    project: { type: 'task_queue' },
    clock: { nowMs: () => 0, wallMs: () => 0, stepWall: () => {} },
    log: { warn: () => {}, info: () => {}, error: (text: string) => errors.push(text) },
    session: () => world.session,
    post: (event: Event) => {
      posted.push(event);
      const answer = answers[event.type];
      if (answer !== undefined) observer?.(world.session, answer);
    },
  };
  const supervisor = {
    observe: (one: typeof observer) => {
      observer = one;
      return () => {};
    },
  };
  return { control: { parts, supervisor, sinceMs: () => 0 } as unknown as Control, posted };
}

/** What the server logged as a failure of its own. */
const errors: string[] = [];

const path = fc.oneof(
  fc.constantFrom(
    '/api/status',
    '/api/checkpoint',
    '/api/stop',
    '/api/pause',
    '/api/continue',
    '/api/restore',
    '/',
    '/api',
    '//api/stop',
    '/api/stop/',
    '/API/STOP',
    '/api/%73top',
    '/api/../control.json',
  ),
  fc.webPath(),
);
const body = fc.oneof(
  fc.json(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    'null',
    '[]',
    '{"number":1e400}',
    '{"number":-1}',
    '{"number":3,"rewindClock":"yes"}',
    '{"number":3}',
    '{',
    '7',
  ),
);
const token = fc.constantFrom(
  undefined,
  '',
  'Bearer',
  'Bearer ',
  `Bearer ${TOKEN}x`,
  'Bearer the-tokeN',
  `Basic ${TOKEN}`,
  `Bearer ${TOKEN}`,
);
const headers = fc.record({
  host: fc.constantFrom(
    '127.0.0.1:8080',
    'localhost',
    '[::1]:9',
    'evil.example',
    '127.0.0.1.evil.example',
    '',
    '127.0.0.1:99999999',
  ),
  origin: fc.constantFrom(undefined, 'http://127.0.0.1:8080', 'null', 'http://evil.example'),
  'sec-fetch-site': fc.constantFrom(undefined, 'cross-site', 'same-origin', 'none', 'x'),
  authorization: token,
  'content-type': fc.constantFrom(undefined, 'application/json', 'text/plain', 'x'),
});

test('any request: a defined status, JSON, and nothing changed without the token', () =>
  fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'),
      path,
      headers,
      body,
      async (method, where, head, text) => {
        const { control: running, posted } = control();
        const given = Object.entries(head).flatMap(([name, value]): [string, string][] =>
          value === undefined ? [] : [[name, value]],
        );
        const request = { method, headers: given, ...(method === 'GET' ? {} : { body: text }) };
        const answer = await controlApp(running, TOKEN).request(`http://127.0.0.1${where}`, request);
        expect([200, 202, 400, 401, 403, 404, 409, 413, 504]).toContain(answer.status);
        JSON.parse((await answer.text()) || 'null');
        const owner = head.authorization === `Bearer ${TOKEN}`;
        const harmless = posted.every(({ type }) => type === 'checkpoint-requested');
        if (!owner) expect(harmless).toBe(true);
        if (!/^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/.test(head.host) || head.origin === 'http://evil.example')
          expect(posted).toEqual([]);
        for (const event of posted)
          if (event.type === 'restore-requested')
            expect(Number.isSafeInteger(event.number) && event.number > 0).toBe(true);
        expect(errors).toEqual([]);
      },
    ),
    runs(6),
  ));

test('its owner with any body: a defined status, and only what was asked for', () =>
  fc.assert(
    fc.asyncProperty(
      fc.constantFrom('checkpoint', 'stop', 'pause', 'continue', 'restore'),
      body,
      async (route, text) => {
        const { control: running, posted } = control();
        const answer = await controlApp(running, TOKEN).request(`http://localhost/api/${route}`, {
          method: 'POST',
          headers: { host: 'localhost', authorization: `Bearer ${TOKEN}` },
          body: text,
        });
        expect([200, 202, 400, 409]).toContain(answer.status);
        expect(posted.every(({ type }) => type === `${route}-requested`)).toBe(true);
        expect(errors).toEqual([]);
      },
    ),
    runs(2),
  ));

test('any bytes on its socket: the next request is answered as if nothing had been', { timeout: 300_000 }, async () => {
  const { control: running, posted } = control();
  const close = await serveControl(running, []);
  const { port } = JSON.parse(readFileSync(join(folder, 'control.json'), 'utf8')) as ControlFile;
  const line = fc.constantFrom(
    'GET /api/status HTTP/1.1\r\n',
    'POST /api/stop HTTP/1.1\r\n',
    'Host: localhost\r\n',
    'Content-Length: 99999999999\r\n',
    'Content-Length: -1\r\n',
    'Transfer-Encoding: chunked\r\n',
    '\r\n',
    'ffffffffffffffff\r\n',
    '0\r\n\r\n',
    'GET http://evil/ HTTP/9.9\r\n',
  );
  const bytes = fc
    .array(fc.oneof(line, fc.string({ unit: 'binary', maxLength: 200 })), { maxLength: 8 })
    .map((parts) => Buffer.from(parts.join(''), 'latin1'));
  try {
    await fc.assert(
      fc.asyncProperty(bytes, async (sent) => {
        await send(port, sent);
        const answer = await fetch(`http://127.0.0.1:${port}/api/status`);
        expect(answer.status).toBe(200);
        await answer.text();
        expect(posted).toEqual([]);
      }),
      runs(0.5),
    );
  } finally {
    await close();
  }
});

/** Sends, closes our side, and waits until the other side has closed too. */
function send(port: number, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes));
    socket.on('error', () => {});
    socket.resume();
    socket.once('close', () => resolve());
  });
}
