// The gates of a Node project, run with the real tools: what is good passes, and each fault fails its own gate.
import { expect, test } from 'vitest';
import { type Files, gate, judged } from './bench.ts';

const GOOD: Files = {
  'package.json': JSON.stringify({
    name: 'shelf',
    type: 'module',
    scripts: { test: 'node --test', lint: 'node lint.js' },
  }),
  'lint.js': 'process.exit(0);\n',
  'src/shelf.js':
    '/** How many books fit. */\nexport function room(width, book) {\n  return Math.floor(width / book);\n}\n',
  'test/shelf.test.js':
    "import assert from 'node:assert/strict';\nimport { test } from 'node:test';\nimport { room } from '../src/shelf.js';\ntest('books fit', () => assert.equal(room(10, 3), 3));\n",
};

test('a good project passes every gate, each with its command and its figures', async () => {
  const { lint: _, ...files } = { ...GOOD, lint: '' };
  const { gates } = await judged({ ...files, 'lint.js': '// @ts-check\nprocess.exitCode = 0;\n' });
  const results = await gates();
  const verdicts = Object.fromEntries(results.map((one) => [one.gate, one.verdict]));
  expect(verdicts).toEqual({
    secrets: 'passed',
    fetch: 'passed',
    build: 'passed',
    test: 'passed',
    coverage: 'failed',
    docs: 'passed',
    lint: 'passed',
    security: 'passed',
  });
  expect(gate(results, 'test')).toMatchObject({
    ecosystem: 'node',
    folder: '.',
    evidence: { command: ['npm', 'test'], exitCode: 0 },
    figures: { tests: 1, failed: 0, skipped: 0 },
    findings: [],
  });
  // lint.js is loaded by no test: its two lines count.
  expect(gate(results, 'coverage')).toMatchObject({
    figures: { covered: 4, total: 6 },
    reason: '66.6 % of 6 lines, 1 files never loaded; to reach: 80 %',
  });
});

test('a failing test fails the test gate by its name, and only that', async () => {
  const { gates } = await judged({
    ...GOOD,
    'src/shelf.js': GOOD['src/shelf.js']?.replace('width / book', 'width') ?? '',
  });
  const results = await gates(['build', 'test']);
  expect(gate(results, 'build').verdict).toBe('passed');
  expect(gate(results, 'test')).toMatchObject({
    verdict: 'failed',
    figures: { tests: 1, failed: 1 },
    findings: [{ severity: 'high', text: 'test fails: books fit' }],
  });
  expect(gate(results, 'test').evidence?.lines.join('\n')).toContain('books fit');
});

test('a file that cannot be parsed fails the build, though no test loads it', async () => {
  const { gates } = await judged({ ...GOOD, 'src/broken.js': 'export function {\n' });
  const results = await gates(['build', 'test']);
  expect(gate(results, 'build')).toMatchObject({ verdict: 'failed', findings: [{ severity: 'critical' }] });
  expect(gate(results, 'build').evidence?.lines.join('\n')).toContain('src/broken.js');
  expect(gate(results, 'test').verdict).toBe('passed');
});

test('files that are no code on purpose do not fail the build: what tests read, and templates', async () => {
  const broken = { 'test/fixtures/broken.js': 'export function {\n', 'templates/new.js': 'const {{ name }} = 1;\n' };
  const { gates } = await judged({ ...GOOD, ...broken });
  expect(gate(await gates(['build']), 'build').verdict).toBe('passed');
});

test('a test may pack the project, though the network is closed', async () => {
  const manifest = JSON.stringify({ name: 'x', version: '1.0.0', type: 'module', scripts: { test: 'node --test' } });
  const packs =
    "import { execFileSync } from 'node:child_process';\nimport { test } from 'node:test';\ntest('packs', () => void execFileSync('npm', ['pack', '--dry-run', '--json']));\n";
  const { gates } = await judged({ ...GOOD, 'package.json': manifest, 'test/pack.test.js': packs });
  expect(gate(await gates(['test']), 'test')).toMatchObject({ verdict: 'passed', figures: { tests: 2 } });
});

test('no tests is failed, not passed', async () => {
  const { 'test/shelf.test.js': _, ...files } = GOOD;
  const results = await (await judged(files)).gates(['test']);
  expect(gate(results, 'test')).toMatchObject({ verdict: 'failed', reason: 'npm test found no tests' });
});

const ONE = "import { test } from 'node:test';\ntest('good', () => {});\n";

test.each(['tap', 'spec', 'junit'])(
  'a test file that ended before its tests did fails the test gate (%s)',
  async (reporter) => {
    const manifest = JSON.stringify({ type: 'module', scripts: { test: `node --test --test-reporter=${reporter}` } });
    const plain = "import assert from 'node:assert/strict';\nassert.equal(1, 1);\n";
    const shared = "import { test } from 'node:test';\nexport function shared() {\n  test('one', () => {});\n}\n";
    const suite = "import { describe, it } from 'node:test';\ndescribe('all', () => {\n  it('one', () => {});\n});\n";
    // npm's own words before it would make it no XML.
    const honest = {
      '.npmrc': 'loglevel=silent\n',
      'test/plain.test.js': plain,
      'test/shared.test.js': shared,
      'test/suite.test.js': suite,
    };
    const verdict = async (files: Files) => {
      const results = await (await judged({ 'package.json': manifest, ...honest, ...files })).gates(['test']);
      return gate(results, 'test');
    };
    expect(await verdict({})).toMatchObject({ verdict: 'passed', figures: { tests: 3 } });
    const failed = { verdict: 'failed', reason: 'test/early.test.js ended before its tests did' };
    // Before its first test, and in its second one.
    expect(await verdict({ 'test/early.test.js': `${ONE}process.exit(0);\n` })).toMatchObject(failed);
    const second = `${ONE}test('ends', () => process.exit(0));\ntest('bad', () => { throw new Error('bad'); });\n`;
    expect(await verdict({ 'test/early.test.js': second })).toMatchObject(failed);
    const loaded = "const t=require('node:test');const {f}=require('../cli.cjs');t('wrong',()=>{throw f});\n";
    const cli = { 'cli.cjs': "console.log('usage');\nprocess.exit(0);\n", 'test/early.test.cjs': loaded };
    expect(await verdict(cli)).toMatchObject({
      verdict: 'failed',
      reason: 'test/early.test.cjs ended before its tests did',
    });
  },
);

test('a test script that only says that all is well is not believed', async () => {
  const manifest = JSON.stringify({ scripts: { test: 'echo 42 tests passed, believe me' } });
  const results = await (await judged({ ...GOOD, 'package.json': manifest })).gates(['test']);
  expect(gate(results, 'test').verdict).toBe('inconclusive');
});

test('a lock file that cannot be fetched leaves the rest inconclusive, with the reason', async () => {
  const manifest = { name: 'x', version: '1.0.0', dependencies: { nowhere: 'file:../nowhere-at-all' } };
  const lock = {
    name: 'x',
    version: '1.0.0',
    lockfileVersion: 3,
    requires: true,
    packages: { '': { ...manifest, dependencies: {} } },
  };
  const results = await (
    await judged({
      ...GOOD,
      'package.json': JSON.stringify({ ...manifest, scripts: { test: 'node --test' } }),
      'package-lock.json': JSON.stringify(lock),
    })
  ).gates(['fetch', 'build', 'test']);
  expect(results.map(({ verdict }) => verdict)).toEqual(['inconclusive', 'inconclusive', 'inconclusive']);
  expect(gate(results, 'test').reason).toBe('the dependencies could not be fetched');
});

test('commands that the session configures take the place of what the project would do', async () => {
  const { gates } = await judged(
    { 'README.md': '# no manifest\n', 'run.js': "console.log('# pass 2\\n# fail 0');\n" },
    {},
    {
      build: [],
      test: ['node', 'run.js'],
      lint: ['node', '-e', 'process.exit(1)'],
    },
  );
  const results = await gates(['build', 'test', 'lint']);
  expect(gate(results, 'build')).toMatchObject({
    verdict: 'inconclusive',
    reason: 'no command is configured for "build"',
  });
  expect(gate(results, 'test')).toMatchObject({ verdict: 'passed', ecosystem: 'configured', figures: { tests: 2 } });
  expect(gate(results, 'lint').verdict).toBe('failed');
});

test('coverage of tests that are named by a pattern is measured, too', async () => {
  const manifest = JSON.stringify({ type: 'module', scripts: { test: 'node --test test/*.test.js' } });
  const results = await (await judged({ ...GOOD, 'package.json': manifest })).gates(['test', 'coverage']);
  expect(gate(results, 'test')).toMatchObject({ verdict: 'passed', figures: { tests: 1 } });
  expect(gate(results, 'coverage').figures).toMatchObject({ covered: 4, total: 5 });
});
