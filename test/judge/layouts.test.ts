// Honest layouts of projects that a judge could get wrong: each is judged with the real tools, and none by what it lacks.
import { expect, test } from 'vitest';
import { NODE } from '../../src/judge/ecosystems/node.ts';
import { measuredProgram, testProgram } from '../../src/judge/ecosystems/python-tests.ts';
import { type Files, gate, judged } from './bench.ts';
import { hasCargo } from './cargo.ts';

const SLOW = { timeout: 300_000 };

function packaged(more: object, scripts: object = { test: 'node --test' }): string {
  return JSON.stringify({ name: 'shelf', version: '1.0.0', type: 'module', scripts, ...more });
}

function tested(call: string, from: string): string {
  return `import assert from 'node:assert/strict';\nimport { test } from 'node:test';\nimport { one } from '${from}';\ntest('one', () => assert.equal(${call}, 1));\n`;
}

const ONE = '/** One. */\nexport const one = 1;\n';

test.each([
  ['pnpm-lock.yaml', 'pnpm-lock.yaml fixes them, which npm does not read'],
  ['yarn.lock', 'yarn.lock fixes them, which npm does not read'],
  ['README.md', 'no lock file fixes them'],
])(
  'Node with %s: what fails without its dependencies is no failure, and what passes passes',
  SLOW,
  async (lock, said) => {
    const files = {
      'package.json': packaged({ dependencies: { 'not-here': '1.0.0' } }),
      [lock]: 'x\n',
      'src/one.js': ONE,
      'test/one.test.js': tested('one', 'not-here'),
    };
    const results = await (await judged(files)).gates(['fetch', 'test', 'coverage']);
    const why = `there are dependencies, and ${said}`;
    expect(gate(results, 'fetch')).toMatchObject({ verdict: 'inconclusive', reason: why });
    expect(gate(results, 'test')).toMatchObject({
      verdict: 'inconclusive',
      reason: `npm test: exit code 1; 1 of 1 tests failed, maybe for want of dependencies: ${why}`,
      findings: [],
    });
    expect(gate(results, 'coverage').verdict).toBe('inconclusive');
    const own = { ...files, 'test/one.test.js': tested('one', '../src/one.js') };
    expect(gate(await (await judged(own)).gates(['test']), 'test').verdict).toBe('passed');
  },
);

test('without its dependencies a test that hangs has failed all the same', SLOW, async () => {
  const hangs = "import { test } from 'node:test';\ntest('x', () => new Promise(() => setInterval(() => {}, 1000)));\n";
  const { gates } = await judged({
    'package.json': packaged({ dependencies: { a: '1' } }),
    'test/x.test.js': hangs,
  });
  expect(gate(await gates(['test'], { testMaxMs: 3_000 }), 'test').verdict).toBe('failed');
});

test('Node workspaces without dependencies of their own are linked by npm, or not known', SLOW, async () => {
  const version = '1.0.0';
  const lock = {
    name: 'shelf',
    version,
    lockfileVersion: 3,
    requires: true,
    packages: {
      '': { name: 'shelf', version, workspaces: ['packages/*'] },
      'node_modules/one': { resolved: 'packages/one', link: true },
      'node_modules/two': { resolved: 'packages/two', link: true },
      'packages/one': { version },
      'packages/two': { version, dependencies: { one: version } },
    },
  };
  const files: Files = {
    'package.json': packaged({ workspaces: ['packages/*'] }, { test: 'npm test --workspaces --if-present' }),
    'packages/one/package.json': JSON.stringify({ name: 'one', version, type: 'module', exports: './one.js' }),
    'packages/one/one.js': ONE,
    'packages/two/package.json': packaged({ name: 'two', dependencies: { one: version } }),
    'packages/two/test/two.test.js': tested('one', 'one'),
  };
  const linked = await (await judged({ ...files, 'package-lock.json': JSON.stringify(lock) })).gates(['fetch', 'test']);
  expect(gate(linked, 'fetch')).toMatchObject({ verdict: 'passed', reason: expect.stringContaining('npm ci') });
  expect(gate(linked, 'test')).toMatchObject({ verdict: 'passed', figures: { tests: 1 } });
  const unknown = await (await judged(files)).gates(['fetch', 'test']);
  expect(unknown.map(({ verdict }) => verdict)).toEqual(['inconclusive', 'inconclusive']);
});

test(
  'a tsconfig.json beside JavaScript is for editors; TypeScript without its compiler is not known',
  SLOW,
  async () => {
    const files = { 'package.json': packaged({}), 'tsconfig.json': '{}', 'src/one.js': ONE };
    expect(gate(await (await judged(files)).gates(['build']), 'build')).toMatchObject({
      verdict: 'passed',
      reason: 'parsing every file ended well',
    });
    expect(gate(await (await judged({ ...files, 'src/two.ts': '' })).gates(['build']), 'build')).toMatchObject({
      verdict: 'inconclusive',
      reason: 'there is TypeScript to build, and typescript is not among the dependencies',
    });
  },
);

test('what npm init writes is no test script', SLOW, async () => {
  const scripts = { test: 'echo "Error: no test specified" && exit 1' };
  const files = { 'package.json': packaged({}, scripts), 'src/one.js': ONE };
  const results = await (await judged({ ...files, 'test/one.test.js': tested('one', '../src/one.js') })).gates([
    'test',
  ]);
  expect(gate(results, 'test')).toMatchObject({ verdict: 'passed', figures: { tests: 1 } });
  expect(gate(await (await judged(files)).gates(['test']), 'test').verdict).toBe('failed');
});

test.each(['vitest run', 'jest'])(
  '%s: TypeScript that no test loads is not covered, types alone are nothing',
  (script) => {
    const tree = new Map([
      ['package.json', packaged({}, { test: script })],
      ['src/one.ts', 'export const one: number = 1;\n'],
      ['src/never.ts', '// Never.\nexport function never(n: number): number {\n  return n;\n}\n\nnever(1);\n'],
      ['src/types.ts', 'export interface Book {\n  readonly name: string;\n}\nexport type Books = readonly Book[];\n'],
      ['src/global.d.ts', 'declare const x: number;\n'],
    ]);
    const ground = { folder: '.', root: '/project', reports: '/reports', tree, has: () => true };
    const plan = NODE.gates.coverage(ground, { coverage: 0.8, documentation: 0.8 });
    if (plan.is !== 'run') throw new Error(plan.reason);
    const lines = { total: 1, covered: 1 };
    const report = JSON.stringify({ total: { lines }, '/project/src/one.ts': { lines } });
    const exit = { code: 0, signal: null };
    const ran = {
      argv: [],
      shown: '',
      exit,
      cut: null,
      output: '',
      errors: '',
      report,
      durationMs: 1,
      peakBytes: 0,
      replaced: [],
    };
    expect(plan.read(ran)).toMatchObject({ verdict: 'failed', figures: { covered: 1, total: 5 } });
  },
);

test.skipIf(!hasCargo)(
  'a failing test of any package of a Rust workspace fails, below a package of its own, too',
  SLOW,
  async () => {
    const manifest = (name: string) => `[package]\nname = "${name}"\nversion = "0.1.0"\nedition = "2021"\n`;
    const asserts = (sum: number) => `#[test]\nfn adds() {\n    assert_eq!(1 + 2, ${sum});\n}\n`;
    const results = await (
      await judged({
        'Cargo.toml': `[workspace]\nmembers = ["inner"]\n\n${manifest('outer')}`,
        'src/lib.rs': asserts(3),
        'inner/Cargo.toml': manifest('inner'),
        'inner/src/lib.rs': asserts(4),
      })
    ).gates(['test']);
    expect(gate(results, 'test')).toMatchObject({ verdict: 'failed', figures: { tests: 2, failed: 1 } });
  },
);

test('a module of Go below another one is judged by itself, and counts once', SLOW, async (context) => {
  const module = (name: string) => `module example.com/${name}\n\ngo 1.18\n`;
  const asserts = (sum: number) =>
    `package sum\n\nimport "testing"\n\nfunc TestSum(t *testing.T) {\n\tif Sum(1, 2) != ${sum} {\n\t\tt.Fatal()\n\t}\n}\n`;
  const source = '// Package sum adds.\npackage sum\n\n// Sum adds.\nfunc Sum(a, b int) int { return a + b }\n';
  const results = await (
    await judged({
      'go.mod': module('outer'),
      'sum.go': source,
      'sum_test.go': asserts(3),
      'tools/inner/go.mod': module('inner'),
      'tools/inner/sum.go': source,
      'tools/inner/sum_test.go': asserts(4),
    })
  ).gates(['test', 'docs']);
  const said = (name: string) => results.filter((one) => one.gate === name);
  expect(said('docs').map(({ folder, figures }) => [folder, figures.total])).toEqual([
    ['.', 1],
    ['tools/inner', 1],
  ]);
  if (said('test')[0]?.verdict === 'inconclusive') return context.skip('go is not there');
  expect(said('test').map(({ folder, verdict }) => [folder, verdict])).toEqual([
    ['.', 'passed'],
    ['tools/inner', 'failed'],
  ]);
});

const SHELF = '"""Shelves."""\n\n\ndef room(a, b):\n    """How many."""\n    return a // b\n';
const UNITTEST =
  'import unittest\n\nfrom shelf import room\n\n\nclass RoomTest(unittest.TestCase):\n    def test_room(self):\n        self.assertEqual(room(10, 3), 3)\n';

test.each([
  ['tests.py', {}],
  ['checks/testroom.py', {}],
  ['checks/testroom.py', { 'checks/__init__.py': '' }],
])('Python tests that only unittest finds by their name are run by it: %s (%#)', SLOW, async (path, more) => {
  const files = { 'setup.py': 'from setuptools import setup\n\nsetup(name="shelf")\n', 'shelf.py': SHELF, ...more };
  const results = await (await judged({ ...files, [path]: UNITTEST })).gates(['test', 'coverage']);
  expect(gate(results, 'test')).toMatchObject({ verdict: 'passed', figures: { tests: 1, failed: 0 } });
  const { verdict, reason, figures } = gate(results, 'coverage');
  if (verdict === 'inconclusive') expect(reason).toContain('coverage is not there');
  else expect(figures.covered).toBeGreaterThanOrEqual(2);
  const wrong = { ...files, [path]: UNITTEST.replace('3), 3', '3), 4') };
  expect(gate(await (await judged(wrong)).gates(['test']), 'test')).toMatchObject({
    verdict: 'failed',
    figures: { tests: 1, failed: 1 },
    findings: [{ text: expect.stringContaining('test fails: test_room') }],
  });
});

test.each<readonly [readonly string[], string]>([
  [['test_shelf.py', 'tests.py'], 'pytest'],
  [['shelf_test.py'], 'pytest'],
  [['shelf.py'], 'pytest'],
  [['tests.py', 'pytest.ini'], 'pytest'],
  [['tests.py'], 'unittest'],
])('tests in %j are run by %s', (paths, module) => {
  const program = testProgram(new Map(paths.map((path) => [path, 'python_files = tests.py'])));
  expect(program.slice(0, 2)).toEqual(['-m', module]);
});

test('what tox installs is not known: what fails without it is no failure', SLOW, async () => {
  const files = {
    'pyproject.toml': '[project]\nname = "shelf"\nversion = "1"\n',
    'tox.ini': '[testenv]\ndeps =\n    nowhere-to-be-found\ncommands = python -m unittest\n',
    'shelf.py': SHELF,
    'tests.py': `import nowhere_to_be_found\n${UNITTEST}`,
  };
  const results = await (await judged(files)).gates(['fetch', 'test']);
  expect(results.map(({ verdict }) => verdict)).toEqual(['inconclusive', 'inconclusive']);
  expect(gate(results, 'test').reason).toContain('dependencies in tox.ini are not read');
});

test('Python: a package finds the version of its project, though that is not installed', SLOW, async () => {
  const package_ = '"""Shelf."""\nfrom importlib.metadata import version\n\n__version__ = version("my-shelf")\n';
  const asks =
    'import shelf\n\n\nclass V(unittest.TestCase):\n    def test_v(self):\n        self.assertEqual(shelf.__version__, "1.2")\n';
  const files = {
    'pyproject.toml': '[project]\nname = "my-shelf"\nversion = "1.2"\n',
    'src/shelf/__init__.py': package_,
    'tests.py': `import unittest\n\n${asks}`,
  };
  expect(gate(await (await judged(files)).gates(['test']), 'test')).toMatchObject({ verdict: 'passed' });
  const hostile = { ...files, 'pyproject.toml': '[project]\nname = "../../x"\nversion = "1/../../$(touch y)"\n' };
  expect(gate(await (await judged(hostile)).gates(['test']), 'test').verdict).toBe('failed');
});

test('tests of Django are run by its own program, and pytest-cov does not measure where coverage.py does', () => {
  const manage = 'from django.core.management import execute_from_command_line\n';
  const django = new Map([
    ['manage.py', manage],
    ['shop/tests.py', ''],
  ]);
  expect(testProgram(django)).toEqual(['manage.py', 'test', '--noinput']);
  const settings = '[tool.pytest.ini_options]\nDJANGO_SETTINGS_MODULE = "x"\npython_files = "tests.py"\n';
  expect(testProgram(new Map([...django, ['pyproject.toml', settings]])).slice(0, 2)).toEqual(['-m', 'pytest']);
  const measures = new Map([
    ['pyproject.toml', '[tool.pytest.ini_options]\naddopts = "--cov=shelf"\n'],
    ['test_a.py', ''],
  ]);
  expect(measuredProgram(measures)).toContain('--no-cov');
  expect(testProgram(measures)).not.toContain('--no-cov');
  expect(measuredProgram(new Map([['test_a.py', '']]))).not.toContain('--no-cov');
});
