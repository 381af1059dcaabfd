// The gates of a Rust project, run with cargo: good, broken, failing; coverage and documentation by the compiler's count.
import { accessSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Files, gate, judged } from './bench.ts';
import { hasCargo } from './cargo.ts';

const LIB = `//! Shelves of books.

/// How many books fit.
pub fn room(width: u32, book: u32) -> u32 {
    if book == 0 {
        return 0;
    }
    width / book
}
`;
const FILES: Files = {
  'Cargo.toml': '[package]\nname = "shelf"\nversion = "0.1.0"\nedition = "2021"\n',
  'src/lib.rs': LIB,
  'tests/shelf.rs': '#[test]\nfn fits() {\n    assert_eq!(shelf::room(10, 3), 3);\n}\n',
};

const hasLlvm = (process.env.PATH ?? '').split(':').some((folder) =>
  ['llvm-cov', ...Array.from({ length: 16 }, (_, at) => `llvm-cov-${15 + at}`)].some((name) => {
    try {
      accessSync(`${folder}/${name}`);
      return true;
    } catch {
      return false;
    }
  }),
);

test.skipIf(!hasCargo)(
  'a good crate is fetched, built, tested, measured and linted, each with its figures',
  async () => {
    const results = await (await judged(FILES)).gates();
    expect(gate(results, 'fetch').verdict).toBe('passed');
    expect(gate(results, 'build')).toMatchObject({ verdict: 'passed', evidence: { exitCode: 0 } });
    expect(gate(results, 'test')).toMatchObject({ verdict: 'passed', figures: { tests: 1, failed: 0 } });
    expect(gate(results, 'docs')).toMatchObject({ verdict: 'passed', figures: { covered: 2, total: 2 } });
    expect(gate(results, 'lint')).toMatchObject({ verdict: 'passed', figures: { findings: 0 } });
    // The lines of room(); the test's file is none of the product. without llvm's tools nothing is said about them.
    if (hasLlvm && gate(results, 'coverage').verdict !== 'inconclusive')
      expect(gate(results, 'coverage').figures).toMatchObject({ covered: 5, total: 6 });
    else expect(gate(results, 'coverage').figures).not.toHaveProperty('covered');
  },
);

test.skipIf(!hasCargo)('a crate with a dependency: fetched with network, then built and tested without', async () => {
  const manifest = `${FILES['Cargo.toml']}[dependencies]\nfnv = "=1.0.7"\n`;
  const uses =
    'use std::hash::Hasher;\n/// A number for a word.\npub fn hash(word: &str) -> u64 {\n    let mut one = fnv::FnvHasher::default();\n    one.write(word.as_bytes());\n    one.finish()\n}\n';
  const tests = '#[test]\nfn known() {\n    assert_eq!(shelf::hash("a"), 0xaf63dc4c8601ec8c);\n}\n';
  const { gates } = await judged({ 'Cargo.toml': manifest, 'src/lib.rs': uses, 'tests/hash.rs': tests });
  const results = await gates(['fetch', 'build', 'test', 'docs']);
  const fetched = gate(results, 'fetch').verdict === 'passed';
  // Where no registry answers that is said, and nothing about the project.
  const verdict = fetched ? 'passed' : 'inconclusive';
  expect([gate(results, 'build').verdict, gate(results, 'test').verdict]).toEqual([verdict, verdict]);
  if (!fetched) return;
  expect(gate(results, 'test').figures).toMatchObject({ tests: 1, failed: 0 });
  expect(gate(results, 'docs').figures).toMatchObject({ covered: 1, total: 2 });
});

test.skipIf(!hasCargo)('what does not compile is told with file and line, and fails the tests as well', async () => {
  const broken = { ...FILES, 'src/lib.rs': LIB.replace('width / book', 'width / bok') };
  const results = await (await judged(broken)).gates(['build', 'test']);
  expect(gate(results, 'build')).toMatchObject({
    verdict: 'failed',
    findings: [{ severity: 'critical', file: 'src/lib.rs', line: 8 }],
  });
  expect(gate(results, 'test').verdict).toBe('failed');
});

test.skipIf(!hasCargo)('a test that fails, and one that aborts its program, are both failures', async () => {
  const failing = { ...FILES, 'tests/shelf.rs': FILES['tests/shelf.rs']?.replace('3), 3', '3), 4') ?? '' };
  const [failed] = await (await judged(failing)).gates(['test']);
  expect(failed).toMatchObject({ verdict: 'failed', findings: [{ text: 'test fails: fits' }] });
  const aborting = { ...FILES, 'tests/shelf.rs': '#[test]\nfn fits() {\n    std::process::abort();\n}\n' };
  const [aborted] = await (await judged(aborting)).gates(['test']);
  expect(aborted?.verdict).toBe('failed');
  expect(aborted?.reason).toContain('ended before their tests did');
});

test.skipIf(!hasCargo)('clippy’s errors are bugs with a place', async () => {
  const odd = { ...FILES, 'src/lib.rs': `${LIB}\n/// Never.\npub fn odd(x: u32) -> bool {\n    x >= 0\n}\n` };
  const [lint] = await (await judged(odd)).gates(['lint']);
  expect(lint?.verdict).toBe('failed');
  expect(lint?.findings[0]).toMatchObject({ severity: 'medium', file: 'src/lib.rs', line: 13 });
});

test.skipIf(!hasCargo).for(['2021', '2024'])(
  'what only examples in the documentation call is covered, and they are no product: edition %s',
  { timeout: 200_000 },
  async (edition, context) => {
    const example = '/// ```\n/// let room = shelf::room(10, 3);\n/// assert_eq!(room, 3);\n/// ```\n';
    const { gates } = await judged({
      'Cargo.toml': FILES['Cargo.toml']?.replace('2021', edition) ?? '',
      'src/lib.rs': LIB.replace('pub fn', `///\n${example}pub fn`),
    });
    const results = await gates(['test', 'coverage']);
    expect(gate(results, 'test')).toMatchObject({ verdict: 'passed', figures: { tests: 1 } });
    const { verdict, figures, reason } = gate(results, 'coverage');
    if (verdict === 'inconclusive') return context.skip(`no llvm that reads what rustc wrote: ${reason}`);
    expect(figures).toMatchObject({ covered: 5, total: 6 });
  },
);
