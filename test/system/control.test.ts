// The control server: the seed's own curl, and everybody who is not the owner.
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { inPlace, kill, type SessionFiles } from '../support/mega.ts';

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

interface ControlFile {
  readonly url: string;
  readonly port: number;
  readonly token: string;
}

/** A request with exactly these headers: fetch would not let us lie about Host. */
function ask(
  port: number,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body = '',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, method, path, headers }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString('utf8');
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(text === '' ? '{}' : text) as Answer['body'] }),
      );
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

async function controlOf(session: SessionFiles): Promise<ControlFile> {
  await session.eventOf('agent-stepped');
  return session.json<ControlFile>('control.json');
}

const ARGS = ['--duration', '60s', '--agents', '1'];

test(
  'POST /api/checkpoint needs no token and saves; twice within ten seconds is one checkpoint; all else needs the token',
  inPlace(async (place) => {
    const run = place.rehearse('s', 'pace_ms = 50\n', ...ARGS);
    const session = place.session('s');
    const { url, port, token } = await controlOf(session);
    const curl = (...args: string[]) =>
      JSON.parse(execFileSync('curl', ['-s', ...args], { encoding: 'utf8' })) as Record<string, unknown>;
    const first = curl('-X', 'POST', `${url}/api/checkpoint`);
    expect(first).toMatchObject({ session: 's' });
    expect(session.text('checkpoints', String(first.checkpoint))).toContain(String(first.sha256));
    expect(curl('-X', 'POST', `${url}/api/checkpoint`).number).toBe(first.number);
    expect(curl(`${url}/api/status`)).toMatchObject({ session: 's', status: 'running' });
    for (const path of ['stop', 'pause', 'continue', 'restore'])
      expect((await ask(port, 'POST', `/api/${path}`)).status, path).toBe(401);
    const bearer = { authorization: `Bearer ${token}` };
    expect((await ask(port, 'POST', '/api/pause', bearer)).status).toBe(202);
    expect(curl(`${url}/api/status`)).toMatchObject({ status: 'paused' });
    expect((await ask(port, 'POST', '/api/continue', bearer)).status).toBe(202);
    expect((await ask(port, 'POST', '/api/restore', bearer, '{"number": "x"}')).status).toBe(400);
    expect((await ask(port, 'POST', '/api/stop', bearer)).status).toBe(202);
    const ended = await run.ended;
    expect([0, 1]).toContain(ended.code);
    expect(session.status).toBe('complete');
  }),
);

test(
  'strangers are refused: other hosts, other origins, cross-site requests, large bodies; the file is for the owner only',
  inPlace(async (place) => {
    const run = place.rehearse('s', 'pace_ms = 50\n', ...ARGS);
    const session = place.session('s');
    const { port, token } = await controlOf(session);
    expect(statSync(session.path('control.json')).mode & 0o777).toBe(0o600);
    const post = (headers: Record<string, string>, body = '') => ask(port, 'POST', '/api/checkpoint', headers, body);
    for (const host of ['evil.example', '127.0.0.1.nip.io', 'localhost.evil.example', `evil.example:${port}`])
      expect((await post({ host })).status, host).toBe(403);
    expect((await post({ origin: 'http://evil.example' })).status).toBe(403);
    expect((await post({ 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await ask(port, 'POST', '/api/stop', { authorization: 'Bearer wrong' })).status).toBe(401);
    expect(
      (await post({ authorization: `Bearer ${token}`, 'content-length': '100000' }, 'x'.repeat(100_000))).status,
    ).toBe(413);
    expect((await ask(port, 'GET', '/nothing')).status).toBe(404);
    const listening = execFileSync(
      'sh',
      ['-c', `cat /proc/net/tcp /proc/net/tcp6 | awk '{print $2, $4}' | grep -i ":$(printf %04X ${port}) 0A"`],
      { encoding: 'utf8' },
    );
    expect(listening.trim().split('\n')).toEqual([expect.stringMatching(/^0100007F:/)]);
    kill(session.ownerPid, 'SIGINT');
    await run.ended;
  }),
);

test(
  'a taken port, and the port of the endpoint, are left alone; the session runs on the next free one',
  inPlace(async (place) => {
    const blocker = createServer();
    const free = await new Promise<boolean>((resolve) => {
      blocker.once('error', () => resolve(false));
      blocker.listen(8080, '127.0.0.1', () => resolve(true));
    });
    const run = place.rehearse('s', 'pace_ms = 50\n', ...ARGS, '--endpoint', 'http://127.0.0.1:8081/v1');
    const { port } = await controlOf(place.session('s'));
    expect(port).toBeGreaterThan(8081);
    kill(place.session('s').ownerPid, 'SIGINT');
    await run.ended;
    if (free) blocker.close();
  }),
);
