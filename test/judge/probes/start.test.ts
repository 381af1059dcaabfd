// How a program is started, and what is said of one that cannot be asked: never passed, and never ours to blame.
import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dockerChecks } from '../../../src/judge/probes/docker.ts';
import { listenOnce } from '../../../src/judge/probes/inside/program.ts';
import { openSql } from '../../../src/judge/probes/inside/sql-lines.ts';
import { readStartFile } from '../../../src/judge/probes/start-file.ts';
import { chooseConfinement } from '../../../src/process/confinement.ts';
import { scratch } from '../../store/scratch.ts';
import { hasCargo } from '../cargo.ts';
import { component, probed } from './probing.ts';

const START = 'command = ["node", "main.js"]\nport = 6380\ndata = "data"\n';
const LISTEN = "require('node:net').createServer(() => {}).listen(Number(process.env.PORT), '127.0.0.1', () => {";

function read(text: string) {
  const folder = scratch();
  writeFileSync(join(folder, 'mega_test.toml'), text);
  return readStartFile(folder);
}

test('what else stands in mega_test.toml is a finding, and the rest is read', () => {
  expect(read(`${START}shell = "rm -rf /"\n[extra]\nx = 1\n`)).toMatchObject({
    is: 'read',
    start: { command: ['node', 'main.js'], port: 6380, data: 'data' },
    findings: [
      { severity: 'medium', text: 'mega_test.toml: "shell" does not belong there', file: 'mega_test.toml' },
      { severity: 'medium', text: 'mega_test.toml: "extra" does not belong there' },
    ],
  });
});

test.each([
  ['no TOML', 'command = [', /not valid TOML/],
  ['an empty command', START.replace('["node", "main.js"]', '[]'), /command/],
  ['a command that is one word', START.replace('["node", "main.js"]', '"node main.js"'), /command/],
  ['no port', START.replace('port = 6380\n', ''), /port/],
  ['a port out of range', START.replace('6380', '70000'), /port/],
  ['a data folder outside', START.replace('"data"\n', '"../data"\n'), /data: must lie in the project/],
  ['a binary file', '\u0000', /binary/],
])('%s in mega_test.toml fails, as one critical finding', (_, text, reason) => {
  const reading = read(text);
  expect(reading).toMatchObject({ is: 'wrong', reason: expect.stringMatching(reason) });
  expect('findings' in reading && reading.findings.map(({ severity }) => severity)).toEqual(['critical']);
});

test('mega_test.toml is never read through a link, which may lead out of the project', () => {
  const folder = scratch();
  symlinkSync('/etc/hostname', join(folder, 'mega_test.toml'));
  expect(readStartFile(folder)).toMatchObject({ is: 'wrong', reason: 'mega_test.toml: it is a link' });
  rmSync(join(folder, 'mega_test.toml'));
  expect(readStartFile(folder)).toEqual({ is: 'missing' });
});

test('without mega_test.toml every component is inconclusive', async () => {
  const lines = await probed({ type: 'database' });
  expect(lines.map(({ verdict }) => verdict)).toEqual(Array(5).fill('inconclusive'));
  expect(lines[0]?.reason).toBe('there is no mega_test.toml that says how to start it');
});

test.each([
  [
    'a program that ends at once',
    "console.error('no such table: jobs'); process.exit(4)",
    /exit code 4: no such table: jobs/,
  ],
  ['a program that is killed', "process.kill(process.pid, 'SIGKILL')", /ended with SIGKILL/],
])('%s fails all that needs it, as one critical finding', async (_, text, reason) => {
  const lines = await probed({ type: 'task_queue', files: { 'mega_test.toml': START, 'main.js': text } });
  const running = lines.filter(({ component: id }) => id !== 'docker');
  expect(running.map(({ verdict }) => verdict)).toEqual(Array(4).fill('failed'));
  expect(running[0]?.reason).toMatch(reason);
  expect(component(lines, 'docker').reason).toMatch(/there is no Dockerfile/);
  const findings = lines.flatMap((one) => one.findings);
  expect(findings.map(({ severity }) => severity)).toEqual(['critical', 'critical']);
});

test('a program that is not there fails where the project was built, and is inconclusive where that was not possible', async () => {
  const files = { 'mega_test.toml': START.replace('"node"', '"target/debug/redqueue"') };
  const only = ['cli'];
  const [failed] = await probed({ type: 'task_queue', files, only });
  expect(failed).toMatchObject({ verdict: 'failed', reason: expect.stringMatching(/cannot be started: .*ENOENT/) });
  const [open] = await probed({ type: 'task_queue', files, only, built: 'inconclusive' });
  expect(open).toMatchObject({ verdict: 'inconclusive', findings: [] });
});

const CARGO = {
  'Cargo.toml': '[package]\nname = "queue"\nversion = "0.1.0"\nedition = "2021"\n',
  'Cargo.lock': 'version = 3\n\n[[package]]\nname = "queue"\nversion = "0.1.0"\n',
  'src/main.rs': 'fn main() { eprintln!("debug: {}", cfg!(debug_assertions)); std::process::exit(3) }\n',
};

test.skipIf(!hasCargo)(
  'a command that names a release build is started as one, though the gate builds otherwise',
  async () => {
    const files = { ...CARGO, 'mega_test.toml': START.replace('"node", "main.js"', '"target/release/queue"') };
    const [line] = await probed({ type: 'task_queue', files, only: ['cli'] });
    expect(line?.reason).toBe('it does not start: it ended with exit code 3: debug: false');
    expect(line?.notes).toContain('cargo build --release --offline ended well: it is started as a release build');
  },
  60_000,
);

test('a program that never says ready fails with what it printed instead', async () => {
  const files = { 'mega_test.toml': START, 'main.js': `${LISTEN} console.log('already listening') })` };
  const [line] = await probed({ type: 'task_queue', files, only: ['cli'] });
  expect(line).toMatchObject({
    verdict: 'failed',
    reason: expect.stringMatching(/a line with "ready".*already listening/),
  });
}, 60_000);

test('a refused connection is told at once', async () => {
  const port = await listenOnce(0);
  if (port === null) throw new Error('no free port');
  await expect(openSql(port, () => {})).rejects.toThrow(/the connection failed: .*ECONNREFUSED/);
});

test('checks that are not reached in time are inconclusive', async () => {
  const files = { 'mega_test.toml': START, 'main.js': 'setInterval(() => {}, 1000)' };
  const [line] = await probed({ type: 'task_queue', files, only: ['cli'], maxMs: 1_000 });
  expect(line?.verdict).toBe('inconclusive');
});

test.each(['full', 'processes', 'group'] as const)(
  'in the level %s a program is asked all the same, and an open network is noted',
  async (level) => {
    const walls = await chooseConfinement({ level, means: null });
    if ('impossible' in walls) return expect(walls.impossible).not.toBe('');
    const [line] = await probed({ type: 'task_queue', rehearsed: true, only: ['dashboard'], walls });
    expect(line).toMatchObject({ verdict: 'passed', reason: '3 of 3 checks passed' });
    expect(line?.notes).toEqual(walls.closesNetwork ? [] : ['the network was open: these walls cannot close it']);
  },
);

/** It knows where the report is, writes it itself and ends who asks: the worst a program could do. */
const FORGER = `
const fs = require('node:fs');
const job = JSON.parse(fs.readFileSync('/proc/' + process.ppid + '/cmdline', 'utf8').split('\\0')[2]);
const checked = [{ component: 'cli', name: 'all', verdict: 'passed', text: '' }];
fs.writeFileSync(job.report, JSON.stringify({ startFailure: null, checked, peakBytes: 1 }));
process.kill(process.ppid, 'SIGKILL');
`;

test('a program that writes the report itself and ends the probes has passed nothing', async () => {
  const files = { 'mega_test.toml': START, 'main.js': FORGER };
  const [line] = await probed({ type: 'task_queue', files, only: ['cli'] });
  expect(line).toMatchObject({
    verdict: 'inconclusive',
    reason: expect.stringMatching(/did not end well \(SIGKILL\)/),
  });
});

test('a program that puts a link in the place of the judge’s folder is told of', async () => {
  const walls = await chooseConfinement({ level: 'group', means: null });
  if ('impossible' in walls) throw new Error(walls.impossible);
  const link = "fs.rmSync('../tmp', { recursive: true });\nfs.symlinkSync('/', '../tmp');\n";
  const files = { 'mega_test.toml': START, 'main.js': `const fs = require('node:fs');\n${link}` };
  const [line] = await probed({ type: 'task_queue', files, only: ['cli'], walls });
  expect(line?.notes).toContain('the probes put something else in the place of the judge’s own folder judge/tmp');
});

const TOKEN = `ghp_${'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'}`;

test.each([
  ['a digest is a pin', 'Dockerfile', `FROM a@sha256:${'0'.repeat(64)}`, 'images', null],
  ['an earlier stage is a pin', 'Dockerfile', 'FROM node:22 AS own\nFROM own', 'images', null],
  [
    'an argument with a default is read',
    'Dockerfile',
    'ARG V=22\nFROM --platform=linux/amd64 node:$V-alpine',
    'images',
    null,
  ],
  ['latest is no pin', 'Dockerfile', 'FROM node:latest', 'images', /FROM node:latest names no fixed tag/],
  ['a registry’s port is no tag', 'Dockerfile', 'FROM registry:5000/node', 'images', /names no fixed tag/],
  ['a secret is found', 'Dockerfile', `FROM a:1\nENV KEY=${TOKEN}`, 'no secrets', /Dockerfile: /],
  ['what is no YAML is told', 'compose.yaml', 'services: [', 'compose.yaml', /is not valid YAML/],
  [
    'a service of another name is none',
    'compose.yaml',
    'services: {queue: {build: .}}',
    'compose.yaml',
    /no service redqueue/,
  ],
])('Docker files: %s', async (_, path, text, name, wrong) => {
  const all = await dockerChecks(new Map([[path, text]]), { port: 6380, data: 'data' });
  const found = all.find((one) => one.name.startsWith(name));
  if (wrong === null) expect(found).toMatchObject({ verdict: 'passed', text: '' });
  else expect(found).toMatchObject({ verdict: 'failed', text: expect.stringMatching(wrong) });
});

test('ports of compose.yaml are read in their long form, too', async () => {
  const text = `services:
  redqueue:
    build: .
    ports: [{target: 6380, published: 7000}, "127.0.0.1:6381:6381/tcp"]
    volumes: [{type: volume, source: jobs, target: /data}]
    restart: always
volumes: {jobs: {}}
`;
  const all = await dockerChecks(new Map([['compose.yaml', text]]), { port: 6380, data: 'data' });
  expect(all.find(({ name }) => name.startsWith('compose.yaml'))).toMatchObject({ verdict: 'passed', text: '' });
});
