// Endpoints behind TLS: one whose certificate holds is used, one whose does not is no upstream at all.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { TestClock } from './clock.ts';
import { ask, rowOf, scripted, startGate } from './gate.ts';
import { answer, completion } from './upstream.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

async function secureUpstream(onRequest = () => {}): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'mega-tls-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', ['req', '-x509', ...curve, '-nodes', '-keyout', key, '-out', cert, ...subject], {
    stdio: 'ignore',
  });
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
    request.resume().on('end', () => {
      onRequest();
      response.end(JSON.stringify(completion({}, {})));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `https://localhost:${(server.address() as AddressInfo).port}/v1`;
}

test.skipIf(!hasOpenssl)('a certificate nobody vouches for: no call goes there, the backup answers', async () => {
  const [, second] = await scripted('second', (heard) => answer(heard));
  const gate = await startGate([rowOf('first', await secureUpstream()), second]);
  expect((await ask(gate)).status).toBe(200);
  expect(gate.called()).toMatchObject([
    { upstream: 'first', outcome: 'failed', prompt: 0, text: expect.stringContaining('certificate') },
    { upstream: 'second', outcome: 'answered' },
  ]);
});

test.skipIf(!hasOpenssl)('TLS that stands is a connection: its time limit is over', async () => {
  const clock = new TestClock();
  const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  onTestFinished(() => {
    if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
  });
  const gate = await startGate([rowOf('main', await secureUpstream(() => clock.advance(600_000)))], { clock });
  expect((await ask(gate)).status).toBe(200);
  expect(gate.called()).toMatchObject([{ outcome: 'answered', tookMs: 600_000 }]);
});
