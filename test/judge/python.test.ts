// What a Python project depends on: found in its manifest, installed by pip without running anything, audited where it can be.
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { needsOf } from '../../src/judge/ecosystems/python-needs.ts';
import { type Files, gate, type JudgedProject, judged } from './bench.ts';

function needs(files: Files) {
  return needsOf(new Map(Object.entries(files)));
}

test.each(['-r more.txt', '--no-binary :all:', '--find-links ./x', 'a==./x', `a${' '.repeat(20_000)}b`])(
  'what could make pip run scripts is no package of an index (%#)',
  (line) => {
    const beganMs = performance.now();
    expect(needs({ 'requirements.txt': `flask\n${line}\n` })?.scripted).not.toBeNull();
    expect(performance.now() - beganMs).toBeLessThan(1_000);
  },
);

test('pyproject.toml: dependencies, and those of tests and development; nothing else, and never the project itself', () => {
  const text = `
[project]
name = "My_Shelf"
dependencies = ["requests >= 2.0, < 3", "PyYAML[x]==6.0; python_version > '3.8'", "plain"]
[project.optional-dependencies]
test = ["pytest", "my-shelf[docs]"]
docs = ["sphinx"]
[dependency-groups]
dev = ["ruff", { include-group = "test" }]
`;
  const found = needs({ 'pyproject.toml': text });
  expect(found).toMatchObject({ from: 'pyproject.toml', scripted: null });
  expect(found?.names).toEqual(['requests', 'pyyaml', 'plain', 'pytest', 'ruff']);
  expect(found?.argv.slice(0, 2)).toEqual(['--', 'requests >= 2.0, < 3']);
  expect(needs({ 'pyproject.toml': '[project]\nname = "x"\ndependencies = []\n' })).toBeNull();
  for (const broken of ['[project', 'project = 3', '[project]\ndependencies = "x"\n', ''])
    expect(needs({ 'pyproject.toml': broken })).toBeNull();
  expect(needs({ 'pyproject.toml': text, 'requirements.txt': 'flask\n' })?.names).toEqual(['flask']);
});

test('requirements.txt: its names, and what pip would have to build by scripts', () => {
  const text = '# all\n--index-url https://x\nFlask==2.0 # web\nfoo.bar>=1 \\\n  --hash=sha256:0\n';
  expect(needs({ 'requirements.txt': text })).toEqual({
    from: 'requirements.txt',
    argv: ['-r', 'requirements.txt'],
    names: ['flask', 'foo-bar'],
    scripted: null,
  });
  for (const line of ['-e .', '--editable .', './local', 'git+https://x/y', 'x @ git+https://x/y', 'file:///x'])
    expect([line, needs({ 'requirements.txt': `flask\n${line}\n` })?.scripted]).toEqual([line, line]);
});

const NEEDS_SHELVES: Files = {
  'pyproject.toml': '[project]\nname = "library"\nversion = "1"\ndependencies = ["shelves==1.0"]\n',
  'src/library.py': 'from shelves import ROOM\n\n\ndef room():\n    return ROOM\n',
  'tests/test_library.py': 'from library import room\n\n\ndef test_room():\n    assert room() == 42\n',
};

/** A package that pip finds on this machine only. */
const MAKE_WHEEL = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1] + "/shelves-1.0-py3-none-any.whl", "w") as wheel:
    info = "shelves-1.0.dist-info"
    wheel.writestr("shelves.py", "ROOM = 42\\n")
    wheel.writestr(info + "/METADATA", "Metadata-Version: 2.1\\nName: shelves\\nVersion: 1.0\\n")
    wheel.writestr(info + "/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(info + "/RECORD", "shelves.py,,\\n")
`;

function withWheel({ bench }: JudgedProject): void {
  const wheels = join(bench.scratch, 'wheels');
  mkdirSync(wheels);
  execFileSync('python3', ['-c', MAKE_WHEEL, wheels]);
  withoutIndex(bench, `find-links = ${wheels}`);
}

function withoutIndex({ scratch }: JudgedProject['bench'], more: string): void {
  const settings = join(scratch, 'home/.config/pip');
  mkdirSync(settings, { recursive: true });
  writeFileSync(join(settings, 'pip.conf'), `[global]\nno-index = true\n${more}\n`);
}

test('what pyproject.toml depends on is installed for the tests, which find the project below src', {
  timeout: 200_000,
}, async (context) => {
  const project = await judged(NEEDS_SHELVES);
  withWheel(project);
  const results = await project.gates(['fetch', 'test', 'security']);
  const fetch = gate(results, 'fetch');
  if (fetch.verdict === 'inconclusive' && fetch.evidence?.lines.join().includes('ensurepip') === true)
    return context.skip('python3 makes no virtual environments here');
  expect(fetch).toMatchObject({ verdict: 'passed' });
  const tests = gate(results, 'test');
  if (tests.reason.includes('pytest is not there')) return context.skip('pytest is not installed');
  expect(tests).toMatchObject({ verdict: 'passed', figures: { tests: 1, failed: 0 } });
});

test('a dependency that is not to be had leaves the tests inconclusive', { timeout: 200_000 }, async () => {
  const project = await judged({
    ...NEEDS_SHELVES,
    'pyproject.toml': NEEDS_SHELVES['pyproject.toml']?.replace('1.0', '2.0') ?? '',
  });
  withWheel(project);
  const results = await project.gates(['fetch', 'test']);
  expect(results.map(({ verdict }) => verdict)).toEqual(['inconclusive', 'inconclusive']);
});

/** A program that writes what the real one wrote. */
async function auditedAs(output: string, depends: string) {
  const manifest = `[project]\nname = "x"\ndependencies = ["${depends}"]\n`;
  const project = await judged({ 'pyproject.toml': manifest, 'x.py': '' });
  withoutIndex(project.bench, '');
  const bin = join(project.bench.scratch, 'bin');
  mkdirSync(bin);
  copyFileSync(resolve('test/fixtures/judge/pip-audit', output), join(bin, 'told.json'));
  writeFileSync(join(bin, 'pip-audit'), `#!/bin/sh\ncat ${join(bin, 'told.json')}\n`);
  chmodSync(join(bin, 'pip-audit'), 0o755);
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
  return gate(await project.gates(['security'], {}, env), 'security');
}

test('known weaknesses of dependencies fail; what was not looked up is inconclusive, whatever the audit says', {
  timeout: 200_000,
}, async () => {
  expect(await auditedAs('failing.json', 'jinja2')).toMatchObject({
    verdict: 'failed',
    findings: [{ severity: 'high' }],
  });
  expect(await auditedAs('passing.json', 'MarkupSafe')).toMatchObject({ verdict: 'passed' });
  const unanswered = await auditedAs('unanswered.json', 'jinja2');
  expect(unanswered).toMatchObject({ verdict: 'inconclusive', findings: [] });
  expect(unanswered.reason).toContain('jinja2');
  expect(await auditedAs('crashed.json', 'jinja2')).toMatchObject({ verdict: 'inconclusive' });
});
