// How many tests ran, read from what real runners print: passing, failing, none, and output made to confuse.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ECOSYSTEMS, type TestCounts } from '../../src/judge/ecosystems.ts';
import { scratch } from '../store/scratch.ts';

function count(ecosystem: string, output: string): TestCounts | null {
  const found = ECOSYSTEMS.find(({ name }) => name === ecosystem);
  if (found === undefined) throw new Error(`there is no ecosystem ${ecosystem}`);
  return found.count(output);
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

test.each(ECOSYSTEMS.map(({ name }) => name))('%s: output that tells nothing tells no number', (name) => {
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

test('each ecosystem is recognised by another file, and none is named twice', () => {
  expect(ECOSYSTEMS.map(({ manifest }) => manifest)).toEqual([
    'Cargo.toml',
    'package.json',
    'pyproject.toml',
    'go.mod',
  ]);
  expect(new Set(ECOSYSTEMS.map(({ name }) => name)).size).toBe(ECOSYSTEMS.length);
});

function prepare(name: string, files: Readonly<Record<string, string>>): readonly (readonly string[])[] {
  const project = join(scratch(), 'project');
  mkdirSync(project);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(project, file), text);
  return ECOSYSTEMS.find((one) => one.name === name)?.prepare(project) ?? [];
}

test('npm fetches only what a lock file names, and runs no script of it', () => {
  const manifest = JSON.stringify({ devDependencies: { vitest: '1' } });
  const [command] = prepare('node', { 'package.json': manifest, 'package-lock.json': '{}' });
  expect(command?.slice(0, 2)).toEqual(['npm', 'ci']);
  expect(command).toContain('--ignore-scripts');
});

test.each([
  ['without dependencies', { 'package.json': '{"name":"x"}', 'package-lock.json': '{}' }],
  ['with empty lists of them', { 'package.json': '{"dependencies":{}}', 'package-lock.json': '{}' }],
  ['without a lock file', { 'package.json': '{"dependencies":{"a":"1"}}' }],
  ['with a manifest that is no JSON', { 'package.json': '{', 'package-lock.json': '{}' }],
])('a project %s needs no npm ci', (_, files) => {
  expect(prepare('node', files)).toEqual([]);
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
