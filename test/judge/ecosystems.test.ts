// How many tests ran, read from what real runners print: passing, failing, none, and output made to confuse.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Ran } from '../../src/judge/command.ts';
import { configured, NO_COMMANDS } from '../../src/judge/ecosystems/configured.ts';
import { NODE } from '../../src/judge/ecosystems/node.ts';
import type { GatePlan } from '../../src/judge/plan.ts';
import { goText } from '../../src/judge/readers/go-tests.ts';
import { nodeText, vitestText } from '../../src/judge/readers/node-tests.ts';
import { pytestText } from '../../src/judge/readers/pytest.ts';
import { libtestText } from '../../src/judge/readers/rust-tests.ts';
import type { TestReader } from '../../src/judge/readers/test-counts.ts';
import { ECOSYSTEMS } from '../../src/judge/run-gates.ts';

const READERS: Readonly<Record<string, readonly TestReader[]>> = {
  rust: [libtestText],
  node: [nodeText, vitestText],
  python: [pytestText],
  go: [goText],
};

function count(ecosystem: string, output: string): { tests: number; failed: number } | null {
  for (const read of READERS[ecosystem] ?? []) {
    const found = read(output.replaceAll('\r\n', '\n'));
    if (found !== null) return { tests: found.tests, failed: found.failed };
  }
  return null;
}

function printed(name: string): string {
  return readFileSync(new URL(`../fixtures/test-output/${name}.txt`, import.meta.url), 'utf8');
}

test.each([
  ['rust', 'cargo-passing', { tests: 3, failed: 0 }],
  ['rust', 'cargo-failing', { tests: 3, failed: 1 }],
  ['rust', 'cargo-none', { tests: 0, failed: 0 }],
  ['rust', 'cargo-broken', null],
  ['node', 'node-tap-passing', { tests: 4, failed: 0 }],
  ['node', 'node-tap-failing', { tests: 2, failed: 1 }],
  ['node', 'node-tap-none', { tests: 0, failed: 0 }],
  ['node', 'node-spec-passing', { tests: 4, failed: 0 }],
  ['node', 'node-spec-failing', { tests: 2, failed: 1 }],
  ['node', 'node-spec-none', { tests: 0, failed: 0 }],
  ['node', 'node-workspaces', { tests: 3, failed: 1 }],
  ['node', 'vitest-passing', { tests: 2, failed: 0 }],
  ['node', 'vitest-failing', { tests: 2, failed: 1 }],
  ['node', 'vitest-skipped', { tests: 0, failed: 0 }],
  ['node', 'vitest-none', null],
  ['node', 'jest-passing', { tests: 2, failed: 0 }],
  ['node', 'jest-failing', { tests: 2, failed: 1 }],
  ['node', 'jest-skipped', { tests: 0, failed: 0 }],
  ['node', 'jest-none', null],
  ['python', 'pytest-passing', { tests: 2, failed: 0 }],
  ['python', 'pytest-failing', { tests: 2, failed: 1 }],
  ['python', 'pytest-xfail', { tests: 1, failed: 0 }],
  ['python', 'pytest-none', { tests: 0, failed: 0 }],
  ['python', 'pytest-error', null],
  ['go', 'go-passing', { tests: 3, failed: 0 }],
  ['go', 'go-failing', { tests: 2, failed: 1 }],
  ['go', 'go-failing-inside', { tests: 2, failed: 1 }],
  ['go', 'go-none', { tests: 0, failed: 0 }],
  ['go', 'go-no-tests', { tests: 0, failed: 0 }],
  ['go', 'go-skipped', { tests: 0, failed: 0 }],
  ['go', 'go-broken', null],
])('%s: %s', (ecosystem, name, expected) => {
  expect(count(ecosystem, printed(name))).toEqual(expected);
});

test.each(Object.keys(READERS))('%s: output that tells nothing tells no number', (name) => {
  for (const output of ['', '\n', 'Segmentation fault\n', 'all tests are fine, believe me\n'])
    expect(count(name, output)).toBeNull();
});

test('cut to its end, as the judge keeps it, a long output still tells its number', () => {
  const long = `${'noise\n'.repeat(1_000)}${printed('node-tap-failing')}`;
  expect(count('node', long.slice(-700))).toEqual({ tests: 2, failed: 1 });
});

test('with Windows line ends and colours the number is the same', () => {
  expect(count('node', printed('vitest-failing').replaceAll('\n', '\r\n'))).toEqual({ tests: 2, failed: 1 });
  expect(count('node', printed('jest-passing').replaceAll('\n', '\r\n'))).toEqual({ tests: 2, failed: 0 });
});

test('cargo’s numbers are added up over its test programs', () => {
  const line = (passed: number, failed: number) =>
    `test result: FAILED. ${passed} passed; ${failed} failed; 9 ignored\n`;
  expect(count('rust', line(10, 1) + line(200, 0))).toEqual({ tests: 211, failed: 1 });
});

test('a line in the middle of another one is not a result', () => {
  expect(count('rust', 'println: test result: ok. 7 passed; 0 failed\n')).toBeNull();
  expect(count('node', 'log: # tests 7\nlog: # fail 0\n')).toBeNull();
});

test('each ecosystem is recognised by other files, and none is named twice', () => {
  const manifests = ECOSYSTEMS.flatMap((one) => one.manifests);
  expect(manifests).toEqual(expect.arrayContaining(['Cargo.toml', 'package.json', 'pyproject.toml', 'go.mod']));
  expect(new Set(manifests).size).toBe(manifests.length);
  expect(new Set(ECOSYSTEMS.map(({ name }) => name)).size).toBe(ECOSYSTEMS.length);
});

function fetching(files: Readonly<Record<string, string>>): GatePlan {
  const tree = new Map(Object.entries(files));
  const ground = { folder: '.', root: '/project', reports: '/reports', tree, has: () => false };
  return NODE.gates.fetch(ground, { coverage: 0.8, documentation: 0.8 });
}

test('npm fetches only what a lock file names, and runs no script of it', () => {
  const manifest = JSON.stringify({ devDependencies: { vitest: '1' } });
  const plan = fetching({ 'package.json': manifest, 'package-lock.json': '{}' });
  const [step] = plan.is === 'run' ? plan.steps : [];
  const argv = step === undefined || typeof step === 'function' ? [] : step.argv;
  expect(argv.slice(0, 2)).toEqual(['npm', 'ci']);
  expect(argv).toContain('--ignore-scripts');
});

test.each([
  ['without dependencies', { 'package.json': '{"name":"x"}', 'package-lock.json': '{}' }, 'passed'],
  ['with empty lists of them', { 'package.json': '{"dependencies":{}}', 'package-lock.json': '{}' }, 'passed'],
  ['without a lock file', { 'package.json': '{"dependencies":{"a":"1"}}' }, 'inconclusive'],
  ['with a manifest that is no JSON', { 'package.json': '{', 'package-lock.json': '{}' }, 'passed'],
])('a project %s runs no npm ci', (_, files, verdict) => {
  expect(fetching(files)).toMatchObject({ is: 'settled', verdict });
});

test.each([
  ['node', 'node-tap-skipped'],
  ['node', 'node-spec-skipped'],
  ['python', 'pytest-skipped'],
])('%s, %s: skipped tests are no tests that passed', (eco, name) => {
  expect(count(eco, printed(name))).toEqual({ tests: 0, failed: 0 });
});

test('pytest: numbers in warnings and failures are not the summary', () => {
  expect(count('python', printed('pytest-warning'))).toEqual({ tests: 1, failed: 0 });
});

test('go: a test that prints without a line end is counted', () => {
  expect(count('go', printed('go-printing'))).toEqual({ tests: 1, failed: 0 });
});

test.each([
  ['its path below the project', 'test/a.test.js', 'node --test', 'failed'],
  ['its absolute path', '/project/test/a.test.js', 'node --test', 'failed'],
  ['a test of another name', 'a.test.js', 'node --test', 'passed'],
  ['a file of which no test was chosen', 'test/a.test.js', 'node --test --test-name-pattern=b', 'passed'],
])('node --test: one passed entry with the name of a file that has tests (%s)', (_, name, script, verdict) => {
  const manifest = JSON.stringify({ scripts: { test: script } });
  const tree = new Map([
    ['package.json', manifest],
    ['test/a.test.js', "import { test } from 'node:test';\ntest('a', () => {});\n"],
  ]);
  const ground = { folder: '.', root: '/project', reports: '/reports', tree, has: () => false };
  const output = `✔ ${name} (45.3ms)\nℹ tests 1\nℹ suites 0\nℹ pass 1\nℹ fail 0\n`;
  const commands = { ...NO_COMMANDS, test: ['npm', 'test'] };
  for (const { gates } of [NODE, configured(commands, NODE)]) {
    const plan = gates.test(ground, { coverage: 0.8, documentation: 0.8 });
    const exit = { code: 0, signal: null };
    const ran = { argv: ['npm', 'test'], shown: 'npm test', exit, output, errors: '', report: null } as unknown as Ran;
    expect(plan.is === 'run' && plan.read(ran).verdict).toBe(verdict);
  }
});
