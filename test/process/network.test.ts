// The network switch of the walls: closed, a program reaches nobody outside and still its own loopback.
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startProcess } from '../../src/process/spawn.ts';
import { availableWalls, Site } from './levels.ts';

const walls = await availableWalls();

/** Says whether a port of the machine answers, and whether a server of its own does. */
const PROGRAM = `
const net = require('node:net');
const ask = (port) => new Promise((resolve) => {
  const socket = net.connect(port, '127.0.0.1');
  socket.once('connect', () => { socket.destroy(); resolve('yes'); });
  socket.once('error', () => resolve('no'));
});
const own = net.createServer((socket) => socket.destroy());
own.listen(0, '127.0.0.1', async () => {
  console.log('outside ' + await ask(Number(process.argv[1])) + ', own ' + await ask(own.address().port));
  process.exit(0);
});
`;

async function tried(site: Site, one: (typeof walls)[number]['walls'], network: 'open' | 'closed'): Promise<string> {
  const server = createServer((socket) => socket.destroy());
  onTestFinished(() => void server.close());
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
  const launch = {
    file: process.execPath,
    args: ['-e', PROGRAM, String(port)],
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin' },
  };
  const files = { input: join(site.root, 'empty'), output: site.output, errors: join(site.root, 'errors.log') };
  await new Promise((resolve, reject) => {
    const start = { launch, files, marker: `network-${process.pid}`, walls: one, places: { ...site.places, network } };
    startProcess(start, resolve).then((started) => onTestFinished(() => started.signal('kill')), reject);
  });
  return site.said().trim();
}

describe.each(walls)('$name', ({ walls: one }) => {
  test('open, the machine’s own services are reached', async () => {
    expect(await tried(new Site(), one, 'open')).toBe('outside yes, own yes');
  });

  test('closed, nothing outside is reached, and a loopback of its own is; walls that cannot do it say so', async () => {
    const outside = one.closesNetwork ? 'no' : 'yes';
    expect(await tried(new Site(), one, 'closed')).toBe(`outside ${outside}, own yes`);
  });
});
