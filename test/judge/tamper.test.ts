// Tamper evidence: planted cheats are caught with file and line, honest changes are left alone, in four languages.
import { describe, expect, test } from 'vitest';
import { tamperingBetween, tamperingSince } from '../../src/judge/tamper.ts';

type Files = Readonly<Record<string, string>>;

function found(before: Files, after: Files): string[] {
  const all = tamperingBetween(new Map(Object.entries(before)), new Map(Object.entries(after)));
  return all.map(({ kind, file, line }) => `${kind} ${file}:${line}`);
}

const NODE = `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { room } from '../src/shelf.js';

test('books fit', () => {
  assert.equal(room(10, 3), 3);
  assert.equal(room(9, 3), 3);
});

test('nothing fits without width', async () => {
  assert.equal(room(0, 3), 0);
});
`;
const RUST = `pub fn room(w: u32, b: u32) -> u32 {
    w / b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fits() {
        assert_eq!(room(10, 3), 3);
    }

    #[test]
    fn empty() {
        assert_eq!(room(0, 3), 0);
    }
}
`;
const PYTHON = `import pytest
from shelf import room


def test_fits():
    assert room(10, 3) == 3


def test_empty():
    assert room(0, 3) == 0
`;
const GO = `package shelf

import "testing"

func TestFits(t *testing.T) {
\tif Room(10, 3) != 3 {
\t\tt.Error("books do not fit")
\t}
}
`;
const PACKAGE =
  '{\n  "scripts": {\n    "test": "node --test"\n  },\n  "c8": { "check-coverage": true, "lines": 80 }\n}\n';
const BEFORE: Files = {
  'package.json': PACKAGE,
  'pyproject.toml': '[tool.coverage.report]\nfail_under = 80\n',
  'src/shelf.js': 'export const room = (w, b) => Math.floor(w / b);\n',
  'src/lib.rs': RUST,
  'test/shelf.test.js': NODE,
  'tests/test_shelf.py': PYTHON,
  'shelf_test.go': GO,
};

function changed(file: string, from: string | RegExp, to: string): Files {
  const text = BEFORE[file] ?? '';
  const now = text.replace(from, to);
  if (now === text) throw new Error(`nothing to change in ${file}`);
  return { ...BEFORE, [file]: now };
}

function without(file: string): Files {
  return Object.fromEntries(Object.entries(BEFORE).filter(([name]) => name !== file));
}

describe('planted cheats', () => {
  test.each<readonly [string, Files, readonly string[]]>([
    [
      'a deleted test',
      changed('test/shelf.test.js', /\ntest\('nothing[\s\S]*$/, ''),
      ['deleted test/shelf.test.js:10'],
    ],
    [
      'a deleted test file',
      without('tests/test_shelf.py'),
      ['deleted tests/test_shelf.py:5', 'deleted tests/test_shelf.py:9'],
    ],
    [
      'a function that is no test any more',
      changed('src/lib.rs', '    #[test]\n    fn empty', '    fn empty'),
      ['deleted src/lib.rs:15'],
    ],
    [
      'a skipped test in Node',
      changed('test/shelf.test.js', "test('books", "test.skip('books"),
      ['skipped test/shelf.test.js:5'],
    ],
    [
      'a skip among its options',
      changed('test/shelf.test.js', "test('books fit', ", "test('books fit', { skip: true }, "),
      ['skipped test/shelf.test.js:5'],
    ],
    [
      'an ignored test in Rust',
      changed('src/lib.rs', '    #[test]\n    fn fits', '    #[test]\n    #[ignore]\n    fn fits'),
      ['skipped src/lib.rs:11'],
    ],
    [
      'a skipped test in Python',
      changed('tests/test_shelf.py', 'def test_fits', '@pytest.mark.skip\ndef test_fits'),
      ['skipped tests/test_shelf.py:6'],
    ],
    [
      'a skipped test in Go',
      changed('shelf_test.go', '\tif Room', '\tt.Skip("later")\n\tif Room'),
      ['skipped shelf_test.go:5'],
    ],
    [
      'fewer assertions',
      changed('test/shelf.test.js', '  assert.equal(room(9, 3), 3);\n', ''),
      ['weakened test/shelf.test.js:5'],
    ],
    [
      'a comparison that became a truth',
      changed('src/lib.rs', 'assert_eq!(room(10, 3), 3)', 'assert!(room(10, 3) > 0)'),
      ['weakened src/lib.rs:10'],
    ],
    [
      'an assertion that cannot fail',
      changed('test/shelf.test.js', 'assert.equal(room(0, 3), 0)', 'assert.ok(true)'),
      ['assertion-free test/shelf.test.js:10'],
    ],
    [
      'an assertion that is a comment now',
      changed('tests/test_shelf.py', '    assert room(0', '    room(0, 3)  # assert room(0'),
      ['assertion-free tests/test_shelf.py:9'],
    ],
    [
      'a new test without assertions',
      {
        ...BEFORE,
        'test/more.test.js': "import { test } from 'node:test';\ntest('runs', () => {\n  room(1, 1);\n});\n",
      },
      ['assertion-free test/more.test.js:2'],
    ],
    [
      'a lowered threshold',
      changed('package.json', '"lines": 80', '"lines": 20'),
      ['lowered-threshold package.json:5'],
    ],
    [
      'a threshold that is gone',
      changed('pyproject.toml', 'fail_under = 80\n', ''),
      ['lowered-threshold pyproject.toml:1'],
    ],
    [
      'code out of the coverage',
      changed('src/shelf.js', 'export', '/* c8 ignore next */\nexport'),
      ['excluded-from-coverage src/shelf.js:1'],
    ],
    [
      'files out of the coverage',
      changed('pyproject.toml', 'fail_under', 'omit = ["src/*"]\nfail_under'),
      ['excluded-from-coverage pyproject.toml:2'],
    ],
    [
      'a test command that cannot fail',
      changed('package.json', 'node --test', 'node --test || true'),
      ['neutralised package.json:3'],
    ],
    [
      'a program of its own that runs the tests',
      { ...BEFORE, '.cargo/config.toml': '[target.x86_64-unknown-linux-gnu]\nrunner = "tools/well.sh"\n' },
      ['neutralised .cargo/config.toml:2'],
    ],
    [
      'a compiler of its own',
      { ...BEFORE, '.cargo/config.toml': '[build]\nrustc-wrapper = "tools/rustc.sh"\n' },
      ['neutralised .cargo/config.toml:2'],
    ],
    [
      'a test that tells its own result',
      { ...BEFORE, 'Cargo.toml': '[[bench]]\nname = "b"\nharness = false\n[[test]]\nname = "t"\nharness = false\n' },
      ['neutralised Cargo.toml:6'],
    ],
    [
      'a hook that forces results',
      {
        ...BEFORE,
        'conftest.py': 'def pytest_runtest_call(item):\n    outcome = yield\n    outcome.force_result(True)\n',
      },
      ['neutralised conftest.py:3'],
    ],
    ['a shell of its own', { ...BEFORE, '.npmrc': 'script-shell=tools/sh\n' }, ['neutralised .npmrc:1']],
    [
      'a hook that makes tests pass',
      { ...BEFORE, 'tests/conftest.py': 'def pytest_runtest_makereport(item, call):\n    outcome = "passed"\n' },
      ['neutralised tests/conftest.py:2'],
    ],
    [
      'a hook that makes the run pass',
      { ...BEFORE, 'conftest.py': 'def pytest_sessionfinish(session):\n    session.exitstatus = pytest.ExitCode.OK\n' },
      ['neutralised conftest.py:2'],
    ],
    [
      'a group that is skipped',
      {
        ...BEFORE,
        'test/group.test.js': "describe.skip('later', () => {\n  test('a', () => { assert.equal(1, x); });\n});\n",
      },
      ['skipped test/group.test.js:1'],
    ],
  ])('%s', (_, after, expected) => {
    expect(found(BEFORE, after)).toEqual(expected);
  });
});

describe('honest changes', () => {
  test.each<readonly [string, Files]>([
    ['nothing', BEFORE],
    ['a test under a better name', changed('test/shelf.test.js', 'books fit', 'as many books fit as the width allows')],
    ['a test in another file', { ...without('test/shelf.test.js'), 'test/room.test.js': NODE }],
    ['another expected value', changed('test/shelf.test.js', 'room(10, 3), 3', 'room(12, 3), 4')],
    [
      'more assertions',
      changed('tests/test_shelf.py', 'room(10, 3) == 3', 'room(10, 3) == 3\n    assert room(9, 3) == 3'),
    ],
    [
      'assertions in a function that tests share',
      changed(
        'test/shelf.test.js',
        /test\('books fit'[\s\S]*?\}\);\n/,
        "function holds(width, books) {\n  assert.equal(room(width, 3), books);\n  assert.equal(room(width + 1, 3), books);\n}\n\ntest('books fit', () => {\n  holds(9, 3);\n});\n",
      ),
    ],
    [
      'comments and blank lines',
      changed(
        'src/lib.rs',
        '        assert_eq!(room(10, 3), 3);',
        '        // As many as fit.\n\n        assert_eq!(room(10, 3), 3);',
      ),
    ],
    ['a higher threshold', changed('package.json', '"lines": 80', '"lines": 90')],
    [
      'a threshold in another file',
      { ...changed('package.json', ', "lines": 80', ''), '.c8rc.json': '{ "lines": 80 }\n' },
    ],
    [
      'a module removed with its tests',
      Object.fromEntries(Object.entries(BEFORE).filter(([name]) => !/shelf\.(test\.)?js$/.test(name))),
    ],
    [
      'new tests that assert',
      { ...BEFORE, 'test/more.test.js': "test('a', () => {\n  assert.deepEqual(x(), [1]);\n});\n" },
    ],
    [
      'a test that skips where a tool is missing',
      changed('shelf_test.go', '\tif Room', '\tif testing.Short() {\n\t\tt.Skip("slow")\n\t}\n\tif Room'),
    ],
    [
      'a cache of compilers, and another linker',
      { ...BEFORE, '.cargo/config.toml': '[build]\nrustc-wrapper = "sccache"\n[target.x]\nlinker = "clang"\n' },
    ],
    ['a benchmark', { ...BEFORE, 'Cargo.toml': '[[bench]]\nname = "b"\nharness = false\n' }],
    ['settings of npm', { ...BEFORE, '.npmrc': 'save-exact=true\nfund=false\n' }],
    [
      'a hook that looks at results',
      {
        ...BEFORE,
        'conftest.py': 'def pytest_runtest_logreport(report):\n    if report.outcome == "passed":\n        pass\n',
      },
    ],
    ['a test command with more options', changed('package.json', 'node --test', 'node --test --test-concurrency=1')],
  ])('%s', (_, after) => {
    expect(found(BEFORE, after)).toEqual([]);
  });
});

test('against several earlier snapshots each finding is said once, and what was mended in the end is none', () => {
  const trees = [BEFORE, changed('test/shelf.test.js', "test('books", "test.skip('books")].map(
    (files) => new Map(Object.entries(files)),
  );
  expect(tamperingSince(trees, new Map(Object.entries(BEFORE)))).toEqual([]);
  const gone = new Map(Object.entries(without('tests/test_shelf.py')));
  expect(tamperingSince([...trees, ...trees], gone).map(({ kind }) => kind)).toEqual(['deleted', 'deleted']);
});
