// What a Python project depends on: found in its manifest, installed by pip without running anything, audited where it can be.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { needsOf } from '../../src/judge/ecosystems/python-needs.ts';
import { type Files, gate, type JudgedProject, judged } from './bench.ts';

function needs(files: Files) {
  return needsOf(new Map(Object.entries(files)));
}

test.each([
  '--no-binary :all:',
  '--find-links ./x',
  '--pre -e .',
  '--index-url https://x -e .',
  '--index-url file:///x',
  '-e .',
  '--editable .',
  './local',
  'git+https://x/y',
  'x @ git+https://x/y',
  'file:///x',
  'a==./x',
  'a>=1 -e .',
  "a; python_version > '3' --no-binary :all:",
  'evil.tar.gz',
  'evil.zip[x] ; python_version > "3"',
  `a${' '.repeat(20_000)}b`,
  'a==1 --hash=sha256:zz',
])('what could make pip run scripts is no package of an index (%#)', (line) => {
  const beganMs = performance.now();
  expect(needs({ 'requirements.txt': `flask\n${line}\n` })?.refused).toContain('is no package of an index');
  expect(performance.now() - beganMs).toBeLessThan(1_000);
});

test.each([
  ['a comment that ends with a backslash', '# \\\n-e .'],
  ['a lone carriage return', 'flask # x\r-e .'],
  ['a vertical tab', "flask; python_version > '3'\v-e ."],
  ['a form feed', 'flask # x\f-e .'],
  ['the next line of Unicode', 'flask # x\u0085-e .'],
  ['a line separator of Unicode', 'flask # x\u2028-e .'],
])('a line that only pip would see is seen: behind %s', (_, text) => {
  expect(needs({ 'requirements.txt': text })?.refused).toBe(
    '"-e ." in requirements.txt is no package of an index: building it runs its scripts',
  );
});

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
  const packages = ['requests >= 2.0, < 3', "PyYAML[x]==6.0; python_version > '3.8'", 'plain', 'pytest', 'ruff'];
  const found = needs({ 'pyproject.toml': text });
  expect(found).toEqual({ packages, lines: packages, constraints: [], refused: null });
  expect(needs({ 'pyproject.toml': '[project]\nname = "x"\ndependencies = []\n' })).toBeNull();
  for (const broken of ['[project', 'project = 3', '[project]\ndependencies = "x"\n', ''])
    expect(needs({ 'pyproject.toml': broken })).toBeNull();
  for (const bad of ['x @ file:///x', 'evil.whl'])
    expect(needs({ 'pyproject.toml': `[project]\nname = "x"\ndependencies = ["${bad}"]\n` })?.refused).toContain(bad);
  // Where a list tells what the project needs, what its tests need is still to be found here.
  const both = { 'pyproject.toml': text, 'requirements.txt': 'flask\n', 'requirements-dev.txt': 'black\n' };
  expect(needs(both)?.packages).toEqual(['black', 'flask', 'pytest', 'ruff']);
});

test('requirements.txt: its lines as pip joins them, with their hashes and harmless options', () => {
  const hash = `sha256:${'0'.repeat(64)}`;
  const text = [
    '\ufeff# all',
    '--index-url https://x/simple',
    'Flask==2.0 # web',
    'foo.bar>=1 \\',
    `  --hash=${hash}`,
    'baz [a, b] (>=1)',
  ].join('\n');
  expect(needs({ 'requirements.txt': text })).toEqual({
    packages: ['Flask==2.0', 'foo.bar>=1', 'baz [a, b] (>=1)'],
    lines: ['--index-url https://x/simple', 'Flask==2.0', `foo.bar>=1 --hash=${hash}`, 'baz [a, b] (>=1)'],
    constraints: [],
    refused: null,
  });
});

test('lists of the project that a list includes count with it, each once; constraints require nothing', () => {
  const files = {
    'requirements.txt': '-r requirements/base.txt\n--requirement=requirements/web.txt\n-c limits.txt\n',
    'requirements/base.txt': 'attrs\n',
    'requirements/web.txt': '-r base.txt\n-rmore/../../extra.txt\n',
    'extra.txt': 'flask\n',
    'limits.txt': 'attrs<30\nnever<3\n',
  };
  expect(needs(files)).toEqual({
    packages: ['attrs', 'flask'],
    lines: ['attrs', 'flask'],
    constraints: ['attrs<30', 'never<3'],
    refused: null,
  });
});

test.each([
  ['-r requirements.txt', {}, 'requirements.txt includes itself'],
  ['-r a.txt', { 'a.txt': '-c ./requirements.txt\n' }, 'requirements.txt includes itself'],
  ['-r /etc/passwd', {}, '"-r /etc/passwd" in requirements.txt names no file below the project’s folder'],
  ['-r ../../x', {}, '"-r ../../x" in requirements.txt names no file below the project’s folder'],
  ['-r a/../../x.txt', {}, '"-r a/../../x.txt" in requirements.txt names no file below the project’s folder'],
  ['-r https://x/y.txt', {}, '"-r https://x/y.txt" in requirements.txt names no file below the project’s folder'],
  ['-c file:///etc/x', {}, '"-c file:///etc/x" in requirements.txt names no file below the project’s folder'],
  ['-r $HOME/x', {}, '"-r $HOME/x" in requirements.txt names no file below the project’s folder'],
  ['-r more.txt', {}, 'requirements.txt includes more.txt, which is no text file of the project'],
  ['-r a.txt', { 'a.txt': 'x\n-e .\n' }, '"-e ." in a.txt is no package of an index: building it runs its scripts'],
  [
    '-c a.txt',
    { 'a.txt': 'x @ file:///x\n' },
    '"x @ file:///x" in a.txt is no package of an index: building it runs its scripts',
  ],
])('%s with %j: nothing is installed, and why is said', (line, more, refused) => {
  expect(needs({ 'requirements.txt': `flask\n${line}\n`, ...more })).toEqual({
    packages: [],
    lines: [],
    constraints: [],
    refused,
  });
});

test('lists that include each other too deep, or are too many, too long or have too many lines, are not read', () => {
  const chain = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`${at}.txt`, `-r ${at + 1}.txt\n`]));
  expect(needs({ ...chain, 'requirements.txt': '-r 0.txt' })?.refused).toContain('more than 5 deep');
  const many = Array.from({ length: 30 }, (_, at) => `${at}.txt`);
  const wide = Object.fromEntries(many.map((name) => [name, 'x\n']));
  const lines = many.map((name) => `-r ${name}`).join('\n');
  expect(needs({ ...wide, 'requirements.txt': lines })?.refused).toContain('more than 20 lists');
  expect(needs({ 'requirements.txt': 'x\n'.repeat(5_000) })?.refused).toContain('more than 2000 lines');
  expect(needs({ 'requirements.txt': `#${'x'.repeat(600_000)}` })?.refused).toContain('longer than 500000 letters');
});

test.each([
  ['Poetry', { 'pyproject.toml': '[tool.poetry.dependencies]\npython = "^3.11"\nflask = "^2"\n' }],
  ['Poetry', { 'pyproject.toml': '[tool.poetry.group.dev.dependencies]\npytest = "*"\n' }],
  ['uv', { 'pyproject.toml': '[project]\nname = "x"\n[tool.uv]\ndev-dependencies = ["pytest"]\n' }],
  ['dynamic', { 'pyproject.toml': '[project]\nname = "x"\ndynamic = ["dependencies"]\n' }],
  ['install_requires', { 'setup.py': 'from setuptools import setup\nsetup(install_requires=["flask"])\n' }],
  ['install_requires', { 'setup.py': '', 'setup.cfg': '[options]\ninstall_requires =\n  flask\n' }],
])('what only tools of its own can read is not known, and that is said: %s (%#)', (word, files) => {
  expect(needs(files)?.refused).toContain(word);
  expect(needs({ ...files, 'requirements.txt': 'flask\n' })).toMatchObject({ packages: ['flask'], refused: null });
});

test('a project that names nothing there needs nothing', () => {
  expect(needs({ 'pyproject.toml': '[tool.poetry.dependencies]\npython = "^3.11"\n' })).toBeNull();
  expect(needs({ 'setup.py': 'from setuptools import setup\nsetup(install_requires=[])\n' })).toBeNull();
});

const NEEDS_SHELVES: Files = {
  'pyproject.toml': '[project]\nname = "library"\nversion = "1"\ndependencies = ["shelves==1.0"]\n',
  'src/library.py': 'from shelves import ROOM\n\n\ndef room():\n    return ROOM\n',
  'tests/test_library.py': 'from library import room\n\n\ndef test_room():\n    assert room() == 42\n',
};

/** Packages that pip finds on this machine only: name, version, what it depends on. */
type Wheel = readonly [name: string, version: string, ...depends: readonly string[]];

const MAKE_WHEEL = `
import sys, zipfile
folder, name, version, *depends = sys.argv[1:]
with zipfile.ZipFile(f"{folder}/{name}-{version}-py3-none-any.whl", "w") as wheel:
    info = f"{name}-{version}.dist-info"
    wheel.writestr(f"{name}.py", "ROOM = 42\\n")
    extras = {one.split("'")[1] for one in depends if "extra ==" in one}
    needs = "".join([f"Provides-Extra: {one}\\n" for one in extras] + [f"Requires-Dist: {one}\\n" for one in depends])
    wheel.writestr(info + "/METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n{needs}")
    wheel.writestr(info + "/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(info + "/RECORD", f"{name}.py,,\\n")
`;

/** The only index that pip is told of: folders of packages, with a page of links in each. */
function withWheels({ bench }: JudgedProject, ...wheels: readonly Wheel[]): void {
  const index = join(bench.scratch, 'wheels');
  for (const wheel of wheels) {
    const folder = join(index, wheel[0].toLowerCase());
    mkdirSync(folder, { recursive: true });
    execFileSync('python3', ['-c', MAKE_WHEEL, folder, ...wheel]);
    const files = readdirSync(folder).filter((name) => name.endsWith('.whl'));
    writeFileSync(join(folder, 'index.html'), files.map((name) => `<a href="${name}">${name}</a>\n`).join(''));
  }
  vi.stubEnv('PIP_INDEX_URL', `file://${index}`);
  onTestFinished(() => void vi.unstubAllEnvs());
}

test('what pyproject.toml depends on is installed for the tests, which find the project below src', {
  timeout: 200_000,
}, async (context) => {
  const project = await judged(NEEDS_SHELVES);
  withWheels(project, ['shelves', '1.0']);
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
  withWheels(project, ['shelves', '1.0']);
  const results = await project.gates(['fetch', 'test']);
  expect(results.map(({ verdict }) => verdict)).toEqual(['inconclusive', 'inconclusive']);
});

/** A program in the place of the real one. */
function auditing({ bench }: JudgedProject, script: string): NodeJS.ProcessEnv {
  const bin = join(bench.scratch, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'pip-audit'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, 'pip-audit'), 0o755);
  return { ...process.env, PATH: `${bin}:${process.env.PATH}` };
}

/** It writes what the real one wrote about these packages. */
async function auditedAs(output: string, [name, version]: Wheel) {
  const manifest = `[project]\nname = "x"\ndependencies = ["${name}"]\n`;
  const project = await judged({ 'pyproject.toml': manifest, 'x.py': '' });
  withWheels(project, [name, version]);
  const env = auditing(project, `cat ${resolve('test/fixtures/judge/pip-audit', output)}`);
  return gate(await project.gates(['security'], {}, env), 'security');
}

test('known weaknesses of dependencies fail; what was not looked up is inconclusive, whatever the audit says', {
  timeout: 200_000,
}, async () => {
  expect(await auditedAs('failing.json', ['jinja2', '2.11.2'])).toMatchObject({
    verdict: 'failed',
    findings: [{ severity: 'high' }],
  });
  expect(await auditedAs('passing.json', ['MarkupSafe', '2.0.1'])).toMatchObject({ verdict: 'passed' });
  const unanswered = await auditedAs('unanswered.json', ['jinja2', '2.11.2']);
  expect(unanswered).toMatchObject({ verdict: 'inconclusive', findings: [] });
  expect(unanswered.reason).toContain('jinja2');
  expect(await auditedAs('crashed.json', ['jinja2', '2.11.2'])).toMatchObject({ verdict: 'inconclusive' });
});

/** Tells that every package of the list it gets is known and has no weakness; the list is kept. */
const ALL_WELL = `for last; do :; done
cp "$last" told-of.txt
printf '{"dependencies": ['
sed -n 's/^\\(.*\\)==\\(.*\\)$/{"name": "\\1", "version": "\\2", "vulns": []}/p' "$last" | paste -sd,
printf ']}\\n'`;

async function auditOf(files: Files, ...wheels: readonly Wheel[]) {
  const project = await judged(files);
  withWheels(project, ...wheels);
  const env = auditing(project, ALL_WELL);
  const results = await project.gates(['fetch', 'security'], {}, env);
  const told = join(project.project, 'told-of.txt');
  const list = existsSync(told) ? readFileSync(told, 'utf8').trim().split('\n') : null;
  return { fetch: gate(results, 'fetch'), security: gate(results, 'security'), list };
}

test('audited is what is needed on this machine, with what that needs in turn; neither pip nor what a marker leaves out', {
  timeout: 200_000,
}, async () => {
  const requirements = "shelves[wood] # all\nnever==1.0; sys_platform == 'somewhere_else'\n-c limits.txt\n";
  const { fetch, security, list } = await auditOf(
    { 'requirements.txt': requirements, 'limits.txt': 'boards<2\n', 'x.py': '' },
    ['shelves', '1.0', "boards; extra == 'wood'", "glue; extra == 'paper'", "nails; python_version < '3'"],
    ['boards', '1.5', 'shelves'],
    ['boards', '2.0'],
  );
  expect(fetch).toMatchObject({ verdict: 'passed' });
  expect(list).toEqual(['boards==1.5', 'shelves==1.0']);
  expect(security).toMatchObject({ verdict: 'passed', reason: expect.stringContaining('0 known weaknesses') });
});

test('what the machine has installed outside of the virtual environment is audited, too', {
  timeout: 200_000,
}, async (context) => {
  const find =
    'from importlib import metadata as m\nfor d in m.distributions():\n if not d.requires and d.metadata["Name"].lower() not in ("pip", "setuptools", "wheel"): print(d.metadata["Name"] + "==" + d.version)';
  const [outside] = execFileSync('python3', ['-I', '-c', find], { encoding: 'utf8' }).trim().split('\n');
  if (outside === undefined || outside === '') return context.skip('python3 has no packages outside of environments');
  const { fetch, security, list } = await auditOf({ 'requirements.txt': `${outside}\n`, 'x.py': '' });
  expect(fetch.verdict).toBe('passed');
  expect(list).toEqual([outside]);
  expect(security.verdict).toBe('passed');
});

test('a package that is needed and could not be installed leaves the audit inconclusive, by its name', {
  timeout: 200_000,
}, async () => {
  const { fetch, security, list } = await auditOf({ 'requirements.txt': 'shelves==2\n', 'x.py': '' });
  expect([fetch.verdict, security.verdict, list]).toEqual(['inconclusive', 'inconclusive', null]);
  expect(security.reason).toBe('shelves is needed and not installed');
});

/** Whoever runs it leaves a trace. */
const EVIL =
  "open('ran', 'w').close()\nfrom setuptools import setup\nsetup(name='evil', version='1.0', py_modules=[])\n";

test.each([
  ['hidden behind a comment', { 'requirements.txt': '# \\\n-e .\n' }],
  ['behind an option', { 'requirements.txt': '--pre -e .\n' }],
  ['in a list that is included', { 'requirements.txt': '-r a.txt\n', 'a.txt': '# x\v-e .\n' }],
])('no script of the project is run to install it: %s', { timeout: 200_000 }, async (_, files) => {
  const project = await judged({ ...files, 'setup.py': EVIL, 'x.py': '' });
  const [fetch] = await project.gates(['fetch']);
  expect(fetch).toMatchObject({
    verdict: 'inconclusive',
    reason: expect.stringContaining('is no package of an index'),
  });
  expect(existsSync(join(project.project, 'ran'))).toBe(false);
});

test('a list that is a link is none of the project', { timeout: 200_000 }, async () => {
  const project = await judged({ 'requirements.txt': '-r more.txt\n', 'x.py': '' });
  symlinkSync('/etc/hostname', join(project.project, 'more.txt'));
  const [fetch] = await project.gates(['fetch']);
  expect(fetch?.reason).toBe('requirements.txt includes more.txt, which is no text file of the project');
});

test('the audit, which has the network, loads no module that a test may have left in the home', {
  timeout: 200_000,
}, async () => {
  const project = await judged({ 'requirements.txt': 'shelves\n', 'x.py': '' });
  withWheels(project, ['shelves', '1.0']);
  const home = join(project.bench.scratch, 'home');
  const find = `import site; print(site.getusersitepackages())`;
  const site = execFileSync('python3', ['-c', find], { encoding: 'utf8', env: { ...process.env, HOME: home } }).trim();
  mkdirSync(site, { recursive: true });
  const trace = join(project.project, 'trace');
  writeFileSync(join(site, 'left.pth'), `import os; open(${JSON.stringify(trace)}, "a").close()\n`);
  const env = auditing(project, `exec python3 -c 'print("{\\"dependencies\\": []}")'`);
  await project.gates(['security'], {}, env);
  expect(existsSync(trace)).toBe(false);
  // It would be loaded by a Python that is not told to leave it alone.
  execFileSync('python3', ['-c', ''], { env: { ...process.env, HOME: home } });
  expect(existsSync(trace)).toBe(true);
});
