// What the judge counts, counted a second way: lines by hand and git, tests by the runner itself, coverage by its table.
import { spawn } from 'node:child_process';
import { accessSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import { stepsOf, writeFileOfStep } from '../../src/agents/rehearsal/steps.ts';
import { countCode } from '../../src/workspace/count.ts';
import { type Files, gate, judged } from './bench.ts';
import { hasCargo } from './cargo.ts';

interface Said {
  readonly code: number | null;
  readonly out: string;
}

/** A command run by hand, without the judge, its walls and its readers. */
function byHand(cwd: string, file: string, ...args: string[]): Promise<Said> {
  return byHandIn({}, cwd, file, ...args);
}

function byHandIn(more: NodeJS.ProcessEnv, cwd: string, file: string, ...args: string[]): Promise<Said> {
  return new Promise((resolve, reject) => {
    // The runner of these tests must not be taken for that of the project's.
    const { NODE_TEST_CONTEXT: _, NODE_V8_COVERAGE: __, ...env } = process.env;
    const child = spawn(file, args, {
      cwd,
      env: { ...env, ...more, CI: 'true' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out }));
  });
}

/** Lines that are neither blank nor only a comment: slashes, slash-stars, and `#` where that begins one. */
function linesByHand(path: string, text: string): number {
  const isScript = /\.(ya?ml|sh)$|(^|\/)Dockerfile$/.test(path);
  let inComment = false;
  return text.split('\n').filter((line) => {
    const words = line.trim();
    if (inComment || words.startsWith('/*')) {
      inComment = !words.includes('*/');
      return false;
    }
    return words !== '' && !words.startsWith('//') && !(isScript && words.startsWith('#'));
  }).length;
}

/** The files that git would take: code by their endings, or by a first line that names an interpreter. */
async function codeByGit(root: string): Promise<readonly string[]> {
  await byHand(root, 'git', 'init', '--quiet');
  const { out } = await byHand(root, 'git', 'ls-files', '--others', '--exclude-standard');
  return out.split('\n').filter((path) => {
    if (path === '') return false;
    return /\.(js|rs)$|(^|\/)Dockerfile$/.test(path) || readFileSync(join(root, path), 'latin1').startsWith('#!');
  });
}

async function linesBothWays(root: string): Promise<readonly [judge: number | null, hand: number]> {
  const { lines } = await countCode({ name: 'project', root, exclude: [], only: null });
  const files = await codeByGit(root);
  const hand = files.reduce((sum, path) => sum + linesByHand(path, readFileSync(join(root, path), 'utf8')), 0);
  return [lines, hand];
}

/** Node's own table: a file of the product a row, with the lines that no test reached. */
function coverageInTable(root: string, tap: string): { readonly covered: number; readonly total: number } {
  const rows = [...tap.matchAll(/^# (\S+) +\| +[\d.]+ \| +[\d.]+ \| +[\d.]+ \| ?(.*)$/gm)];
  const product = rows.filter(([, path = '']) => path !== 'all' && !/^tests?\/|^testing\//.test(path));
  let covered = 0;
  let total = 0;
  for (const [, path = '', missed = ''] of product) {
    const lines = readFileSync(join(root, path), 'latin1').split('\n').length - 1;
    const ranges = missed.trim() === '' ? [] : missed.trim().split(' ');
    const never = ranges.reduce((sum, range) => {
      const [first = 0, last = first] = range.split('-').map(Number);
      return sum + last - first + 1;
    }, 0);
    total += lines;
    covered += lines - never;
  }
  return { covered, total };
}

test.each(['task_queue', 'database', 'microservices'])(
  'the rehearsed %s: lines, tests and coverage are those of a second count',
  { timeout: 300_000 },
  async (type) => {
    const { project, gates } = await judged({ 'README.md': 'a project' });
    for (const step of stepsOf(type)) for (const file of step.files) writeFileOfStep(project, file);
    const [lines, hand] = await linesBothWays(project);
    expect(hand).toBeGreaterThan(1_000);
    expect(lines).toBe(hand);
    const results = await gates(['test', 'coverage']);
    const { out } = await byHand(project, 'node', '--test', '--experimental-test-coverage', '--test-reporter=tap');
    const told = Number(/^# tests (\d+)$/m.exec(out)?.[1]);
    expect(told).toBeGreaterThan(50);
    expect(gate(results, 'test').figures.tests).toBe(told);
    const { covered = 0, total } = gate(results, 'coverage').figures;
    const own = coverageInTable(project, out);
    expect(total).toBe(own.total);
    // From run to run a test reaches a line more or less.
    expect(Math.abs(covered - own.covered) / own.total).toBeLessThan(0.02);
  },
);

const CRATE: Files = {
  'Cargo.toml': `[package]
name = "ledger"
version = "0.1.0"
edition = "2021"

[dependencies]
itoa = "1"
smallvec = "1"
`,
  'src/lib.rs': `//! Sums of money.
use smallvec::SmallVec;

/// An account with its entries.
#[derive(Default)]
pub struct Account {
    entries: SmallVec<[i64; 4]>,
}

impl Account {
    /// Books an amount.
    pub fn book(&mut self, amount: i64) {
        self.entries.push(amount);
    }

    // No words about this one.
    pub fn balance(&self) -> i64 {
        self.entries.iter().sum()
    }
}

/*
 * Shown as text.
 */
pub fn shown(amount: i64) -> String {
    let mut buffer = itoa::Buffer::new();
    buffer.format(amount).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_is_zero() {
        assert_eq!(Account::default().balance(), 0);
    }

    #[test]
    #[ignore]
    fn later() {
        assert_eq!(shown(7), "7");
    }
}
`,
  'tests/ledger.rs': `use ledger::Account;

#[test]
fn books() {
    let mut account = Account::default();
    for amount in [1, 2, -4] {
        account.book(amount);
    }
    assert_eq!(account.balance(), -1);
}

#[test]
fn fails() {
    assert_eq!(Account::default().balance(), 1);
}
`,
};

test.skipIf(!hasCargo)(
  'a crate with dependencies: lines, tests and documented items are those of a second count',
  { timeout: 300_000 },
  async () => {
    const { project, bench, gates } = await judged(CRATE);
    const [lines, hand] = await linesBothWays(project);
    expect(lines).toBe(hand);
    const results = await gates(['fetch', 'build', 'test', 'docs']);
    if (gate(results, 'fetch').verdict !== 'passed') {
      // Without a registry nothing is said about the project.
      expect(gate(results, 'test').verdict).toBe('inconclusive');
      return;
    }
    expect(gate(results, 'build').verdict).toBe('passed');
    const { out } = await byHand(
      project,
      'cargo',
      'test',
      '--no-fail-fast',
      '--target-dir',
      join(bench.scratch, 'own'),
    );
    const sums = [...out.matchAll(/^test result: .*?(\d+) passed; (\d+) failed; (\d+) ignored/gm)].map((match) =>
      match.slice(1).map(Number),
    );
    const [passed, failed, ignored] = [0, 1, 2].map((at) => sums.reduce((sum, one) => sum + (one[at] ?? 0), 0));
    expect([passed, failed, ignored]).toEqual([2, 1, 1]);
    const { figures, verdict } = gate(results, 'test');
    expect(verdict).toBe('failed');
    expect([figures.tests, figures.failed, figures.skipped]).toEqual([(passed ?? 0) + (failed ?? 0), failed, ignored]);
    // Crate, struct, two methods, one function, of which three are described.
    const described = CRATE['src/lib.rs']?.match(/^ *\/\/[/!]/gm)?.length;
    expect(gate(results, 'docs').figures).toMatchObject({ covered: described, total: 5 });
  },
);

/** The newest llvm on the path: a newer one reads what an older rustc wrote. */
const LLVM = [...Array.from({ length: 16 }, (_, at) => `-${30 - at}`), ''].find((version) =>
  ['llvm-profdata', 'llvm-cov'].every((tool) => isOnPath(`${tool}${version}`)),
);

function isOnPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program));
      return folder !== '';
    } catch {
      return false;
    }
  });
}

/** llvm's table for people, `   12|     3|    code`: a line without a number holds nothing that runs. Null: it cannot read it. */
async function coverageShown(project: string, own: string): Promise<{ covered: number; total: number } | null> {
  const env = {
    RUSTFLAGS: '-C instrument-coverage',
    LLVM_PROFILE_FILE: join(own, '%p-%m.profraw'),
    CARGO_TARGET_DIR: join(own, 'target'),
  };
  const { out } = await byHandIn(env, project, 'cargo', 'test', '--no-fail-fast', '--message-format=json');
  const programs = [...out.matchAll(/"executable":"([^"]+)"/g)].flatMap(([, path]) => path ?? []);
  const raw = readdirSync(own).filter((name) => name.endsWith('.profraw'));
  const merged = join(own, 'merged');
  const merge = ['merge', '-o', merged, ...raw.map((name) => join(own, name))];
  if ((await byHand(project, `llvm-profdata${LLVM}`, ...merge)).code !== 0) return null;
  const objects = programs.flatMap((path, at) => (at === 0 ? [path] : ['-object', path]));
  const sources = ['--sources', join(project, 'src')];
  const shown = await byHand(
    project,
    `llvm-cov${LLVM}`,
    'show',
    '--show-instantiations=false',
    `--instr-profile=${merged}`,
    ...objects,
    ...sources,
  );
  const rows = [...shown.out.matchAll(/^ *\d+\| *([\d.]+)[kMG]?\|/gm)].map(([, times]) => Number(times));
  return { covered: rows.filter((times) => times > 0).length, total: rows.length };
}

/** A closure on three lines, a function that is used for two types, and lines that no test reaches. */
const COVERED: Files = {
  'Cargo.toml': '[package]\nname = "ledger"\nversion = "0.1.0"\nedition = "2021"\n',
  'src/lib.rs': `pub mod sums;

pub fn shown(amount: i64) -> String {
    if amount < 0 {
        return format!("-{}", -amount);
    }
    amount.to_string()
}
`,
  'src/sums.rs': `pub fn sum(all: &[i64]) -> i64 {
    all.iter()
        .map(|one| {
            let value = *one;
            value
        })
        .sum()
}

pub fn largest<T: PartialOrd + Copy>(all: &[T]) -> Option<T> {
    let mut best = None;
    for one in all {
        match best {
            Some(other) if *one <= other => {}
            _ => best = Some(*one),
        }
    }
    best
}

pub fn never() -> bool {
    [1, 2].iter().any(|one| {
        let value = *one;
        value > 3
    })
}
`,
  'tests/ledger.rs': `use ledger::{shown, sums::{largest, sum}};

#[test]
fn adds() {
    assert_eq!(sum(&[1, 2, -4]), -1);
    assert_eq!(largest(&["a"]), Some("a"));
    assert_eq!(largest(&[1, 3, 2]), Some(3));
}

#[test]
fn fails() {
    assert_eq!(shown(4), "5");
}
`,
};

test.skipIf(!hasCargo || LLVM === undefined)(
  'a crate: its covered lines are those of a second count (needs cargo and llvm-cov)',
  { timeout: 300_000 },
  async (context: TestContext) => {
    const { project, bench, gates } = await judged(COVERED);
    const results = await gates(['coverage']);
    const own = await coverageShown(project, join(bench.scratch, 'own'));
    const { verdict, figures, reason } = gate(results, 'coverage');
    if (own === null) {
      expect([verdict, reason]).toEqual(['inconclusive', expect.stringContaining('no coverage was written')]);
      return context.skip(`llvm-cov${LLVM} cannot read what this rustc wrote`);
    }
    expect(own.total).toBeGreaterThan(25);
    // By hand: the six lines of never(), and what is given for a negative amount.
    expect(own.total - own.covered).toBeGreaterThanOrEqual(7);
    expect({ covered: figures.covered, total: figures.total }).toEqual(own);
  },
);
