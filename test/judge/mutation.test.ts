// Mutants before real tests: good tests kill them, tests that assert nothing let them all live, and the code is put back.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { GateResult } from '../../src/judge/gate.ts';
import { type Mutation, type MutationRun, tryMutants } from '../../src/judge/mutation.ts';
import { readTree } from '../../src/judge/tree.ts';
import { type Files, gate, judged } from './bench.ts';
import { hasCargo } from './cargo.ts';

/** Every mutant of it is another program, and none ends with an error by itself. */
const SHELF_JS =
  'export function room(width, book) {\n  if (book <= 0 || width < 0) return -1;\n  return width * 2 - book;\n}\n\nexport function isFull(books, width) {\n  return books >= width;\n}\n';
const GOOD_JS = `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFull, room } from '../src/shelf.js';
test('books fit', () => {
  assert.equal(room(10, 3), 17);
  assert.equal(room(10, 0), -1);
  assert.equal(room(10, -1), -1);
  assert.equal(room(-1, 3), -1);
  assert.equal(room(0, 3), -3);
  assert.equal(isFull(3, 3), true);
  assert.equal(isFull(2, 3), false);
});
`;
const EMPTY_JS = GOOD_JS.replace(/assert\.equal\((.*), [-\w]+\);/g, '$1;');
const NODE: Files = {
  'package.json': JSON.stringify({ type: 'module', scripts: { test: 'node --test' } }),
  'src/shelf.js': SHELF_JS,
  'test/shelf.test.js': GOOD_JS,
};

const SHELF_PY =
  'def room(width, book):\n    if book <= 0 or width < 0:\n        return -1\n    return width * 2 - book\n\n\ndef is_full(books, width):\n    return books >= width\n';
const GOOD_PY =
  'from shelf import is_full, room\n\n\ndef test_fits():\n    assert room(10, 3) == 17\n    assert room(10, 0) == -1\n    assert room(-1, 3) == -1\n    assert room(0, 3) == -3\n    assert is_full(3, 3) is True\n    assert is_full(2, 3) is False\n';
const PYTHON: Files = { 'pyproject.toml': '', 'shelf.py': SHELF_PY, 'tests/test_shelf.py': GOOD_PY };

const SHELF_RS =
  'pub fn room(width: i64, book: i64) -> i64 {\n    if book <= 0 || width < 0 {\n        return -1;\n    }\n    width * 2 - book\n}\n\npub fn is_full(books: i64, width: i64) -> bool {\n    books >= width\n}\n';
const GOOD_RS =
  'use shelf::shelf::{is_full, room};\n\n#[test]\nfn fits() {\n    assert_eq!(room(10, 3), 17);\n    assert_eq!(room(10, 0), -1);\n    assert_eq!(room(-1, 3), -1);\n    assert_eq!(room(0, 3), -3);\n    assert!(is_full(3, 3));\n    assert!(!is_full(2, 3));\n}\n';
const RUST: Files = {
  'Cargo.toml': '[package]\nname = "shelf"\nversion = "0.1.0"\nedition = "2021"\n',
  'src/lib.rs': 'pub mod shelf;\n',
  'src/shelf.rs': SHELF_RS,
  'tests/fits.rs': GOOD_RS,
};

const SHELF_GO =
  'package shelf\n\nfunc Room(width, book int) int {\n\tif book <= 0 || width < 0 {\n\t\treturn -1\n\t}\n\treturn width*2 - book\n}\n\nfunc IsFull(books, width int) bool {\n\treturn books >= width\n}\n';
const GOOD_GO =
  'package shelf\n\nimport "testing"\n\nfunc TestFits(t *testing.T) {\n\tif Room(10, 3) != 17 || Room(10, 0) != -1 || Room(-1, 3) != -1 || Room(0, 3) != -3 {\n\t\tt.Fatal("room")\n\t}\n\tif !IsFull(3, 3) || IsFull(2, 3) {\n\t\tt.Fatal("full")\n\t}\n}\n';
const GO: Files = { 'go.mod': 'module shelf\n\ngo 1.20\n', 'shelf.go': SHELF_GO, 'shelf_test.go': GOOD_GO };

interface Done {
  readonly mutation: Mutation;
  readonly source: string;
  readonly coverage: GateResult;
}

async function triedOn(files: Files, change: Partial<MutationRun> = {}): Promise<Done> {
  const { gates, bench, project, putBack } = await judged(files);
  const results = await gates(['fetch', 'build', 'test', 'coverage']);
  const mutation = await tryMutants({
    bench,
    gates: results,
    targets: { coverage: 0.8, documentation: 0.8 },
    testMaxMs: 60_000,
    putBack,
    tree: readTree(project).tree,
    before: null,
    seed: 'snapshot',
    most: 8,
    maxMs: 240_000,
    ...change,
  });
  const path = Object.keys(files).find((name) => /shelf\.\w+$/.test(name)) ?? '';
  return { mutation, source: readFileSync(join(project, path), 'utf8'), coverage: gate(results, 'coverage') };
}

function counted({ tried }: Mutation) {
  const count = (outcome: string) => tried.filter((one) => one.outcome === outcome).length;
  return { killed: count('killed'), survived: count('survived'), other: count('not-runnable') };
}

const SLOW = { timeout: 300_000 };

test('good tests of a Node project notice every mutant; the code is as it was afterwards', SLOW, async () => {
  const { mutation, source } = await triedOn(NODE);
  expect(mutation).toMatchObject({ why: null, notes: [] });
  expect(counted(mutation)).toEqual({ killed: mutation.tried.length, survived: 0, other: 0 });
  expect(mutation.tried.length).toBeGreaterThanOrEqual(3);
  expect(source).toBe(SHELF_JS);
});

test('tests that assert nothing notice no mutant, and each is told with its place', SLOW, async () => {
  const { mutation } = await triedOn({ ...NODE, 'test/shelf.test.js': EMPTY_JS });
  expect(counted(mutation)).toEqual({ killed: 0, survived: mutation.tried.length, other: 0 });
  for (const { file, line, from } of mutation.tried) {
    expect(file).toBe('src/shelf.js');
    expect(SHELF_JS.split('\n')[line - 1]).toContain(from);
  }
});

test('good tests of a Python project notice what tests without assertions do not', SLOW, async (context) => {
  const { mutation, source } = await triedOn(PYTHON);
  if (mutation.why?.includes('pytest is not there') === true) return context.skip('pytest is not installed');
  expect(counted(mutation)).toEqual({ killed: mutation.tried.length, survived: 0, other: 0 });
  expect(mutation.tried.length).toBeGreaterThanOrEqual(3);
  expect(source).toBe(SHELF_PY);
  const empty = GOOD_PY.replace(/assert (.*) (?:==|is) [-\w]+/g, '$1');
  const { mutation: unnoticed } = await triedOn({ ...PYTHON, 'tests/test_shelf.py': empty });
  expect(counted(unnoticed)).toEqual({ killed: 0, survived: unnoticed.tried.length, other: 0 });
  expect(unnoticed.tried.map(({ line, to }) => `${line} ${to}`)).toEqual(
    mutation.tried.map(({ line, to }) => `${line} ${to}`),
  );
});

test.for([
  ['Rust', RUST, SHELF_RS, { 'tests/fits.rs': GOOD_RS.replace(/assert(_eq)?!\(!?(\w+\(.*?\)).*\);/g, '$2;') }],
  ['Go', GO, SHELF_GO, { 'shelf_test.go': GOOD_GO.replace(/t\.Fatal\(.*\)/g, 't.Log("?")') }],
] as const)('good tests of a %s project notice what tests without assertions do not', SLOW, async (row, context) => {
  const [ecosystem, files, source, empty] = row;
  if (ecosystem === 'Rust' && !hasCargo) return context.skip('cargo does not work here');
  const good = await triedOn(files, { most: 3 });
  if (good.mutation.why?.includes('is not there') === true) return context.skip(good.mutation.why);
  expect(counted(good.mutation)).toEqual({ killed: good.mutation.tried.length, survived: 0, other: 0 });
  expect(good.mutation.tried.length).toBe(3);
  expect(good.source).toBe(source);
  const { mutation } = await triedOn({ ...files, ...empty }, { most: 3 });
  expect(counted(mutation)).toEqual({ killed: 0, survived: mutation.tried.length, other: 0 });
  expect(mutation.tried.length).toBe(3);
});

test('a mutant that hangs is noticed, and one that does not build is not runnable', SLOW, async () => {
  const loop = 'export function count(to) {\n  let n = 0;\n  while (n < to) {\n    n += 1;\n  }\n  return n;\n}\n';
  const tests = GOOD_JS.replace(
    /import \{ isFull[\s\S]*/,
    "import { count } from '../src/shelf.js';\ntest('counts', () => assert.equal(count(2), 2));\n",
  );
  const { mutation } = await triedOn({ ...NODE, 'src/shelf.js': loop, 'test/shelf.test.js': tests });
  expect(mutation.tried.find(({ to }) => to === '-=')).toMatchObject({ line: 4, outcome: 'killed' });
  const strict = JSON.stringify({ type: 'module', scripts: { test: 'node --test', build: 'node build.js' } });
  const build =
    "import { readFileSync } from 'node:fs';\nif (readFileSync('src/shelf.js', 'utf8').includes('null')) process.exit(1);\n";
  const { mutation: built } = await triedOn({ ...NODE, 'package.json': strict, 'build.js': build });
  const returned = built.tried.filter(({ to }) => to === 'null');
  expect(returned.length).toBeGreaterThan(0);
  expect(returned.every(({ outcome }) => outcome === 'not-runnable')).toBe(true);
});

test(
  'nothing is tried where the tests fail, nothing was changed, or time is short, and that is said',
  SLOW,
  async () => {
    const failing = { ...NODE, 'src/shelf.js': SHELF_JS.replace('width * 2', 'width') };
    expect((await triedOn(failing)).mutation).toMatchObject({
      tried: [],
      why: expect.stringContaining('the tests do not pass'),
    });
    const before = new Map(Object.entries(NODE));
    expect((await triedOn(NODE, { before })).mutation).toMatchObject({
      tried: [],
      why: 'no changed line that tests reach can be mutated',
    });
    expect((await triedOn(NODE, { maxMs: 10 })).mutation).toMatchObject({
      tried: [],
      why: expect.stringMatching(/^time for 0 of \d mutants only: building and testing take \d+ s$/),
    });
  },
);

test('code that no test reaches is left to the coverage', SLOW, async () => {
  const never = `${SHELF_JS}\nexport function never(a, b) {\n  const c = a + b;\n  return c < 3;\n}\n`;
  const { mutation } = await triedOn({ ...NODE, 'src/shelf.js': never }, { most: 40 });
  expect(mutation.tried.length).toBeGreaterThan(0);
  expect(mutation.tried.every(({ line }) => line < SHELF_JS.split('\n').length)).toBe(true);
});

test('of a crate, too, where llvm tells which lines are reached', SLOW, async (context) => {
  if (!hasCargo) return context.skip('cargo does not work here');
  const never = `${SHELF_RS}\npub fn never(a: i64, b: i64) -> bool {\n    let c = a + b;\n    c < 3\n}\n`;
  const few = GOOD_RS.replace(/ {4}assert!.*\n/g, '').replace('is_full, ', '');
  const { mutation, coverage } = await triedOn({ ...RUST, 'src/shelf.rs': never, 'tests/fits.rs': few }, { most: 8 });
  if (coverage.verdict === 'inconclusive')
    return context.skip(`no llvm that reads what rustc wrote: ${coverage.reason}`);
  expect(mutation.notes).toEqual([]);
  // Of room() one mutant a line; is_full() and never() are not reached.
  expect(mutation.tried.map(({ line }) => line).sort()).toEqual([2, 5]);
});
