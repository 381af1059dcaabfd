// Coverage of a Rust project by llvm, line by line: its test programs and the examples in its documentation.
import { join } from 'node:path';
import type { Ground } from '../ground.ts';
import { type GatePlan, type Step, settled } from '../plan.ts';
import { coverageReaches } from '../readings.ts';
import { isTestFile, type Tree } from '../tree.ts';

/** Newest first: a newer llvm reads what an older rustc wrote, never the other way round. */
const LLVM = [...Array.from({ length: 16 }, (_, at) => `-${30 - at}`), ''];

/** Stable rustdoc keeps the programs it makes of examples when it is told that we know what we do; cargo is not told. */
const OWN_RUSTDOC =
  'mkdir -p "$1" && printf \'#!/bin/sh\\nRUSTC_BOOTSTRAP=1 exec rustdoc "$@"\\n\' > "$1/rustdoc" && chmod +x "$1/rustdoc"';
const MERGE = 'tool=$1; to=$2; shift 2; exec "$tool" merge -sparse -o "$to" "$1"/*.profraw';
const EXPORT =
  'report=$1; examples=$2; shift 2; for one in "$examples"/*/rust_out; do [ -x "$one" ] && set -- "$@" -object "$one"; done; exec "$@" > "$report"';

/** What its programs have at the end of their names; null: it is not installed. */
export function llvmOf(has: Ground['has']): string | null {
  return LLVM.find((one) => has(`llvm-profdata${one}`) && has(`llvm-cov${one}`)) ?? null;
}

export function rustCoverage(ground: Ground, targets: { readonly coverage: number }): GatePlan {
  const version = llvmOf(ground.has);
  if (version === null) return settled('inconclusive', 'llvm-profdata and llvm-cov are not installed');
  const at = (name: string) => join(ground.reports, name);
  const [profiles, merged, report, tools, examples] = [
    at('profiles'),
    at('merged.profdata'),
    at('lcov.info'),
    at('tools'),
    at('examples'),
  ];
  const env = {
    CARGO_TERM_COLOR: 'never',
    RUSTFLAGS: '-C instrument-coverage',
    RUSTDOC: join(tools, 'rustdoc'),
    RUSTDOCFLAGS: `-C instrument-coverage -C strip=debuginfo -Z unstable-options --persist-doctests ${examples}`,
    LLVM_PROFILE_FILE: join(profiles, '%p-%m.profraw'),
    CARGO_TARGET_DIR: at('target'),
  };
  const tests = ['cargo', 'test', '--offline', '--workspace', '--no-fail-fast', '--message-format=json'];
  const exported = (messages: string): Step => ({
    argv: [
      ...['sh', '-c', EXPORT, 'export', report, examples, `llvm-cov${version}`, 'export'],
      // Line by line: its sums count the lines of a closure twice, and the mutants ask which lines are reached.
      '--format=lcov',
      `--instr-profile=${merged}`,
      '--ignore-filename-regex=/rustc/|/\\.?cargo/registry/|/git/checkouts/',
      ...objectsOf(messages),
    ],
    shown: `llvm-cov${version} export`,
    report,
  });
  return {
    is: 'run',
    // Programs of failing tests have covered what they have covered.
    tolerant: true,
    steps: [
      { argv: ['sh', '-c', OWN_RUSTDOC, 'rustdoc', tools], shown: 'telling rustdoc to keep its examples' },
      { argv: tests, env },
      { argv: ['sh', '-c', MERGE, 'merge', `llvm-profdata${version}`, merged, profiles] },
      ([, tested]) => exported(tested?.output ?? ''),
    ],
    read: (ran) =>
      coverageReaches(
        { ...ran, report: ran.report === null ? null : withoutComments(ran.report, ground) },
        {
          counts: (path) => path.startsWith(`${ground.root}/`) && !isTestFile(path.slice(ground.root.length + 1)),
          expected: new Map(),
          least: targets.coverage,
        },
      ),
  };
}

/** The programs that cargo built, as llvm-cov wants them named. */
function objectsOf(messages: string): readonly string[] {
  const programs = [...messages.matchAll(/"executable":"([^"]+)"/g)].flatMap(([, path]) => path ?? []);
  return [...new Set(programs)].flatMap((path) => ['-object', path]);
}

/** The lines of an example are code of a test, which stands in the product's file as a comment. */
function withoutComments(lcov: string, { root, tree }: { readonly root: string; readonly tree: Tree }): string {
  let source: readonly string[] = [];
  const kept = lcov.split('\n').filter((line) => {
    if (line.startsWith('SF:')) source = (tree.get(line.slice(`SF:${root}/`.length)) ?? '').split('\n');
    const number = /^DA:(\d+),/.exec(line)?.[1];
    return number === undefined || !/^\s*\/\//.test(source[Number(number) - 1] ?? '');
  });
  return kept.join('\n');
}
