// Projects that misbehave while they are judged: each is ended within its limit, and the next gate is asked all the same.
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { occupiedBytes } from '../../src/host/occupied.ts';
import { pidsWithMarker } from '../../src/host/processes.ts';
import { runCommand } from '../../src/judge/command.ts';
import { networkOf } from '../../src/judge/run-gates.ts';
import { type Files, gate, judged } from './bench.ts';
import { hasCargo } from './cargo.ts';

function project(program: string, more: Files = {}): Files {
  const manifest = JSON.stringify({ type: 'commonjs', scripts: { test: 'node --test t', lint: 'node lint.js' } });
  return {
    'package.json': manifest,
    'lint.js': "console.log('linted');\n",
    't/a.test.js': `require('node:test')('a', async () => {\n${program}\n});\n`,
    ...more,
  };
}

const SOME = ['test', 'lint'] as const;

test('a test that hangs is ended at its limit with all it started, and the next gate runs', async () => {
  const { gates, bench } = await judged(
    project(
      "require('node:child_process').spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' }).unref();\nawait new Promise(() => setInterval(() => {}, 1000));",
    ),
  );
  const results = await gates(SOME, { testMaxMs: 4_000 });
  expect(gate(results, 'test')).toMatchObject({ verdict: 'failed', reason: 'npm test did not end within its time' });
  expect(gate(results, 'lint').verdict).toBe('passed');
  expect(pidsWithMarker(bench.marker)).toEqual([]);
});

test('a test that prints without end is ended at the limit of its output', async () => {
  const manifest = JSON.stringify({ scripts: { test: 'yes', lint: 'node lint.js' } });
  const { gates, bench } = await judged(project('', { 'package.json': manifest }));
  const results = await gates(SOME, { testMaxMs: 60_000 });
  expect(gate(results, 'test')).toMatchObject({ verdict: 'failed', reason: 'npm test printed more than it may' });
  expect(gate(results, 'lint').verdict).toBe('passed');
  expect(pidsWithMarker(bench.marker)).toEqual([]);
});

test('a test that takes memory without end is ended at its limit', async () => {
  const grow =
    'const kept = [];\nfor (;;) { kept.push(Buffer.alloc(20_000_000, 1)); await new Promise((r) => setTimeout(r, 20)); }';
  const { gates } = await judged(project(grow), { memoryBytes: 400 * 1024 * 1024 });
  const results = await gates(SOME, { testMaxMs: 60_000 });
  expect(gate(results, 'test')).toMatchObject({ verdict: 'failed', reason: 'npm test took more memory than it may' });
  expect(gate(results, 'lint').verdict).toBe('passed');
});

test.each([
  ['one file', "const file = fs.openSync('grow', 'a');\nfor (;;) fs.writeSync(file, piece);"],
  ['many files', "for (let n = 0; ; n++) fs.writeFileSync('/tmp/grow-' + n, piece);"],
])('a test that writes without end into %s is ended at its limit, and what it wrote is gone', async (_, write) => {
  const limit = 100 * 1024 * 1024;
  const program = `const fs = require('node:fs');\nconst piece = Buffer.alloc(1_000_000, 1);\n${write}`;
  const { gates, bench, project: root } = await judged(project(program), { diskBytes: limit });
  const results = await gates(SOME, { testMaxMs: 60_000 });
  expect(gate(results, 'test')).toMatchObject({ verdict: 'failed', reason: 'npm test wrote more than it may' });
  expect(gate(results, 'lint').verdict).toBe('passed');
  expect(pidsWithMarker(bench.marker)).toEqual([]);
  expect(existsSync(join(root, 'grow'))).toBe(false);
  for (const folder of [bench.scratch, bench.places.temporary])
    expect(await occupiedBytes(folder)).toBeLessThan(limit / 10);
});

test('a trial of the network that does not end is no open network', { timeout: 60_000 }, async () => {
  const stuck = { level: 'full', means: 'stuck', reason: null, notPromised: [], closesNetwork: true } as const;
  const { bench } = await judged(project(''), { walls: { ...stuck, wrap: () => ['sleep', '1000'] } });
  expect(await networkOf(bench, 500)).toBe('closed');
  expect(pidsWithMarker(bench.marker)).toEqual([]);
});

test('a trial of the network that fails is an open network, which is told', async () => {
  const refused = { level: 'full', means: 'refused', reason: null, notPromised: [], closesNetwork: true } as const;
  const { bench } = await judged(project(''), { walls: { ...refused, wrap: () => ['false'] } });
  expect(await networkOf(bench)).toBe('open');
});

test('a test that rewrites the project changes nothing for the next gate, and that is told', async () => {
  const rewrite = `
    const fs = require('node:fs');
    fs.writeFileSync('lint.js', 'process.exit(9)');
    fs.rmSync('package.json');
    fs.symlinkSync('/etc', 'package.json');
    fs.rmSync('src', { recursive: true });
    fs.symlinkSync('/', 'src');`;
  const { gates, project: root } = await judged(project(rewrite, { 'src/a.js': 'const a = 1;\n' }));
  const results = await gates(SOME);
  expect(gate(results, 'test').notes.join()).toContain('it changed 3 files of the project; they were put back');
  expect(gate(results, 'lint').verdict).toBe('passed');
  expect(lstatSync(join(root, 'src')).isDirectory()).toBe(true);
  expect(readFileSync(join(root, 'src/a.js'), 'utf8')).toBe('const a = 1;\n');
});

test('a test that tags the code as a cache keeps nobody from putting it back', async () => {
  const tag = `
    const fs = require('node:fs');
    fs.writeFileSync('src/CACHEDIR.TAG', 'Signature: 8a477f597d28d172789f06886806bc55');
    fs.writeFileSync('src/a.js', 'process.exit(9)');`;
  const { gates } = await judged(project(tag, { 'src/a.js': '', 'lint.js': "require('./src/a.js');\n" }));
  const results = await gates(SOME);
  expect(gate(results, 'test').notes.join()).toContain('it changed 1 files of the project; they were put back');
  expect(gate(results, 'lint').verdict).toBe('passed');
});

test('what is judged reaches neither the network nor files outside, where the walls promise that', async () => {
  const canary = join(tmpdir(), `mega-judge-canary-${process.pid}`);
  const program = `
    const fs = require('node:fs');
    const assert = require('node:assert');
    for (const path of [${JSON.stringify(canary)}, '/usr/mega-judge-canary'])
      try { fs.writeFileSync(path, 'x'); } catch {}
    const names = Object.keys(require('node:os').networkInterfaces());
    assert.deepEqual(names.filter((name) => name !== 'lo'), []);`;
  const { gates, bench } = await judged(project(program));
  const results = await gates(['test']);
  if (bench.walls.closesNetwork) expect(gate(results, 'test').verdict).toBe('passed');
  else expect(gate(results, 'test').notes.join()).toContain('the network was open');
  if (bench.walls.level === 'full') expect([canary, '/usr/mega-judge-canary'].filter(existsSync)).toEqual([]);
});

test('what fetches obeys no settings that a test left in a home of the judge', async () => {
  const { bench } = await judged({});
  const run = (script: string, fetches: boolean) =>
    runCommand(bench, { argv: ['sh', '-c', script], cwd: bench.project, network: 'open', fetches, maxMs: 20_000 });
  const left = 'for home in "$HOME" ../scratch/home-online; do mkdir -p $home && echo evil > $home/.npmrc; done';
  expect(await run(`echo x > "$HOME/.npmrc"`, true)).toMatchObject({ exit: { code: 0 } });
  expect(await run(left, false)).toMatchObject({ exit: { code: 0 } });
  expect((await run('ls -A "$HOME"', true)).output).toBe('');
  expect((await run('cat "$HOME/.npmrc"', false)).output).toBe('evil\n');
});

test('only what fetches writes into the caches, where the walls have mounts', async () => {
  const { bench } = await judged({});
  const argv = ['sh', '-c', 'echo x > "$CARGO_HOME/written"'];
  const code = async (fetches: boolean) => {
    const ran = await runCommand(bench, { argv, cwd: bench.project, network: 'open', fetches, maxMs: 20_000 });
    return ran.exit?.code;
  };
  expect(await code(true)).toBe(0);
  if (bench.walls.level === 'full') expect(await code(false)).not.toBe(0);
});

test('what is judged cannot put a link in the place of the folders that it is judged in', async () => {
  const program = `
    const fs = require('node:fs');
    const assert = require('node:assert');
    const project = process.cwd();
    for (const folder of [project, project + '/../scratch', project + '/../tmp'])
      assert.throws(() => fs.renameSync(folder, folder + '-away'));`;
  const { gates, bench } = await judged(project(program));
  const results = await gates(['test']);
  if (bench.walls.level === 'full') expect(gate(results, 'test').verdict).toBe('passed');
});

test('pipes, links to the root and hostile git settings in the project hold nobody up', async () => {
  const { gates, project: root } = await judged(
    project('', { '.git/config': '[core]\n\tfsmonitor = /bin/false\n\thooksPath = /tmp\n', 'src/a.js': '' }),
  );
  const { execFileSync } = await import('node:child_process');
  const { symlinkSync } = await import('node:fs');
  execFileSync('mkfifo', [join(root, 'src/pipe.js')]);
  symlinkSync('/', join(root, 'src/root'));
  symlinkSync('loop', join(root, 'src/loop'));
  const results = await gates(['secrets', 'build', 'test', 'docs']);
  expect(results.map((one) => [one.gate, one.verdict])).toEqual([
    ['secrets', 'passed'],
    ['build', 'passed'],
    ['test', 'passed'],
    ['docs', 'inconclusive'],
  ]);
});

test('a report file that is a pipe or a link is none', async () => {
  const script =
    "const fs = require('node:fs');\nconst path = process.argv.find((a) => a.startsWith('--outputFile=')).slice(13);\nfs.symlinkSync('/etc/passwd', path);\n";
  const manifest = JSON.stringify({ scripts: { test: 'node ./vitest' } });
  const { gates } = await judged({
    'package.json': manifest.replace('node ./vitest', 'node a.js && true vitest'),
    'a.js': script,
  });
  expect(gate(await gates(['test']), 'test').verdict).not.toBe('passed');
});

/** Whoever runs it leaves a trace in the project. */
const LEAVES_TRACE = '#!/bin/sh\necho ran > "$(dirname "$0")/trace"\n';

const CRATE = { 'Cargo.toml': '[package]\nname = "x"\nversion = "0.1.0"\nedition = "2021"\n', 'src/lib.rs': '' };

test.skipIf(!hasCargo).each(['rustc', 'rustc-wrapper', 'rustc-workspace-wrapper'])(
  'no compiler of the project runs while its dependencies are fetched: build.%s',
  async (key) => {
    const files = { ...CRATE, '.cargo/config.toml': `[build]\n${key} = "own/tool"\n`, 'own/tool': LEAVES_TRACE };
    const { gates, project: root } = await judged(files);
    chmodSync(join(root, 'own/tool'), 0o755);
    expect(gate(await gates(['fetch']), 'fetch').verdict).toBe('passed');
    expect(existsSync(join(root, 'own/trace'))).toBe(false);
  },
);

test('a toolchain that a Rust project brings along is not believed, and a program to log in is not run', async () => {
  const { gates, project: root } = await judged({ ...CRATE, 'own/bin/cargo': LEAVES_TRACE, 'own/bin/rustc': '' });
  for (const name of ['cargo', 'rustc']) chmodSync(join(root, 'own/bin', name), 0o755);
  mkdirSync(join(root, 'own/lib'));
  writeFileSync(join(root, 'rust-toolchain.toml'), `[toolchain]\npath = "${root}/own"\n`);
  const results = await gates(['fetch', 'build', 'test']);
  expect(results.map(({ verdict }) => verdict)).toEqual(['inconclusive', 'inconclusive', 'inconclusive']);
  expect(existsSync(join(root, 'own/bin/trace'))).toBe(false);
  const provider = '[registries.own]\ncredential-provider = ["./tool"]\n';
  const [fetch] = await (await judged({ ...CRATE, '.cargo/config.toml': provider })).gates(['fetch']);
  expect(fetch?.reason).toContain('credential provider');
});

test('a dependency in a git repository is not fetched, since npm would run its scripts or a git of the project', async () => {
  const address = `git+https://127.0.0.1:9/x.git#${'0'.repeat(40)}`;
  const dependencies = { d: address };
  const lock = {
    name: 'x',
    version: '1.0.0',
    lockfileVersion: 3,
    packages: {
      '': { name: 'x', version: '1.0.0', dependencies },
      'node_modules/d': { version: '1.0.0', resolved: address },
    },
  };
  const { gates, project: root } = await judged({
    'package.json': JSON.stringify({ name: 'x', version: '1.0.0', dependencies }),
    'package-lock.json': JSON.stringify(lock, null, 2),
    '.npmrc': 'git=./own/git\n',
    'own/git': LEAVES_TRACE,
  });
  chmodSync(join(root, 'own/git'), 0o755);
  expect(gate(await gates(['fetch']), 'fetch')).toMatchObject({
    verdict: 'inconclusive',
    reason: expect.stringContaining('is a git repository: npm runs its scripts to pack it'),
  });
  expect(existsSync(join(root, 'own/trace'))).toBe(false);
});
