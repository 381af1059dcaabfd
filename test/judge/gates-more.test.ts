// The gates of Python and Go projects, of several manifests in one project, and of none.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Files, gate, judged } from './bench.ts';

const PYTHON: Files = {
  'pyproject.toml': '[project]\nname = "shelf"\nversion = "1.0.0"\n',
  'shelf.py':
    '"""Shelves."""\n\n\ndef room(width, book):\n    """How many books fit."""\n    return width // book\n\n\ndef never():\n    return 1\n',
  'tests/test_shelf.py': 'from shelf import room\n\n\ndef test_fits():\n    assert room(10, 3) == 3\n',
};
const GO: Files = {
  'go.mod': 'module example.com/shelf\n\ngo 1.21\n',
  'shelf.go':
    '// Package shelf holds books.\npackage shelf\n\n// Room says how many books fit.\nfunc Room(width, book int) int {\n\tif book == 0 {\n\t\treturn 0\n\t}\n\treturn width / book\n}\n',
  'shelf_test.go':
    'package shelf\n\nimport "testing"\n\nfunc TestFits(t *testing.T) {\n\tif Room(10, 3) != 3 {\n\t\tt.Error("books do not fit")\n\t}\n}\n',
};

test('a Python project: tests by JUnit, docstrings by Python’s own parser, coverage where it is installed', async () => {
  const results = await (await judged(PYTHON)).gates();
  expect(gate(results, 'build').verdict).toBe('passed');
  const tests = gate(results, 'test');
  // Machines without pytest say so, and nothing about the project.
  if (tests.verdict === 'inconclusive') expect(tests.reason).toContain('pytest is not there');
  else expect(tests).toMatchObject({ verdict: 'passed', figures: { tests: 1, failed: 0 } });
  expect(gate(results, 'docs')).toMatchObject({ verdict: 'failed', figures: { covered: 2, total: 3 } });
  const coverage = gate(results, 'coverage');
  if (coverage.verdict === 'inconclusive') expect(coverage.reason).toContain('is not there');
  else expect(coverage.figures).toMatchObject({ covered: 3, total: 4 });
});

test('Python that is none on purpose does not fail the build', async () => {
  const broken = { 'tests/fixtures/bad.py': 'def x(:\n', 'app/templates/model.py': 'class {{ name }}:\n' };
  const { gates } = await judged({ ...PYTHON, ...broken });
  expect(gate(await gates(['build']), 'build').verdict).toBe('passed');
});

test.each([
  ['one of its tests', 'def test_good():\n    pass\n\n\n'],
  ['its first test', ''],
])('pytest that ended itself with exit code 0 in %s fails the test gate', async (_, before) => {
  const text = `import pytest\n\n\n${before}def test_ends():\n    pytest.exit("enough", returncode=0)\n\n\ndef test_bad():\n    assert False\n`;
  const results = await (await judged({ ...PYTHON, 'tests/test_shelf.py': text })).gates(['test']);
  const tests = gate(results, 'test');
  if (tests.verdict === 'inconclusive') expect(tests.reason).toContain('pytest is not there');
  else expect(tests).toMatchObject({ verdict: 'failed' });
  if (tests.verdict === 'failed') expect(tests.reason).toContain('pytest was interrupted before all tests were run');
});

test('a Python file with a syntax error fails the build', async () => {
  const results = await (await judged({ ...PYTHON, 'broken.py': 'def x(:\n' })).gates(['build']);
  expect(gate(results, 'build')).toMatchObject({ verdict: 'failed', findings: [{ severity: 'critical' }] });
});

test('a Go project: tests by JSON, coverage over all packages, vet', { timeout: 300_000 }, async () => {
  const results = await (await judged(GO)).gates();
  const build = gate(results, 'build');
  if (build.verdict === 'inconclusive') {
    expect(build.reason).toContain('go is not there');
    return;
  }
  expect(gate(results, 'test')).toMatchObject({ verdict: 'passed', figures: { tests: 1, failed: 0 } });
  expect(gate(results, 'coverage').figures).toMatchObject({ covered: 2, total: 3 });
  expect(gate(results, 'docs')).toMatchObject({ verdict: 'passed', figures: { covered: 1, total: 1 } });
  expect(gate(results, 'lint').verdict).toBe('passed');
  // Passed where govulncheck and its database are to be had.
  expect(gate(results, 'security').verdict).not.toBe('failed');
});

test('settings of Go that a test left in the home are not read', { timeout: 300_000 }, async () => {
  const { gates, bench } = await judged(GO);
  const settings = join(bench.scratch, 'home/.config/go');
  mkdirSync(settings, { recursive: true });
  writeFileSync(join(settings, 'env'), 'GOOS=nowhere\n');
  const build = gate(await gates(['build']), 'build');
  if (build.verdict === 'inconclusive') expect(build.reason).toContain('go is not there');
  else expect(build.verdict).toBe('passed');
});

test('several manifests are judged each by itself; what lies below one is a part of it, and material is none', async () => {
  const manifest = JSON.stringify({ scripts: { test: 'node --test' } });
  const results = await (
    await judged({
      'web/package.json': manifest,
      'web/inner/package.json': manifest,
      'web/a.js': '',
      'tools/py/pyproject.toml': '',
      'tests/fixtures/Cargo.toml': '',
    })
  ).gates(['build']);
  expect(results.map(({ ecosystem, folder }) => [ecosystem, folder])).toEqual([
    ['node', 'web'],
    ['python', 'tools/py'],
  ]);
});

test('a project without a manifest is inconclusive in every gate but the one over all files', async () => {
  const results = await (await judged({ 'README.md': '# nothing\n' })).gates();
  expect(results.filter(({ verdict }) => verdict !== 'inconclusive').map((one) => one.gate)).toEqual(['secrets']);
  expect(gate(results, 'test').reason).toContain('nothing we know how to judge');
});
