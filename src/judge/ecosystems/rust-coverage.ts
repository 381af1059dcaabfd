// Coverage of a Rust project by llvm, line by line: its test programs and the examples in its documentation.
import { join } from 'node:path';
import type { Ground } from '../ground.ts';
import { type GatePlan, inconclusive, type Step } from '../plan.ts';
import { coverageReaches } from '../readings.ts';
import { isTestFile, type Tree } from '../tree.ts';

/** Newest first: a newer llvm reads what an older rustc wrote, never the other way round. */
const LLVM = [...Array.from({ length: 16 }, (_, at) => `-${30 - at}`), ''];

/** Ends well where the compiler's own llvm is installed, its component llvm-tools, and sets `own` to its folder. */
export const OWN_LLVM = `own=$(rustc --print sysroot)/lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/bin
[ -x "$own/llvm-profdata" ] && [ -x "$own/llvm-cov" ]`;
const FINDING = 'finding llvm';
/** That one, else the newest on the path; tells which llvm it is, and which rustc's. */
const FIND = `tools=$1; mkdir -p "$tools" || exit
${OWN_LLVM} || own=
for name in llvm-profdata llvm-cov; do
  if [ -n "$own" ]; then found=$own/$name; else found=$(command -v "$name$2") || exit; fi
  ln -sf "$found" "$tools/$name"
done
echo "$("$tools/llvm-cov" --version | sed -n 's/.*LLVM version //p')"
rustc -vV | sed -n 's/^LLVM version: //p'`;

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
  const exported = (found: string, messages: string): Step => ({
    argv: [
      ...['sh', '-c', EXPORT, 'export', report, examples, join(tools, 'llvm-cov'), 'export'],
      // Line by line: its sums count the lines of a closure twice, and the mutants ask which lines are reached.
      '--format=lcov',
      `--instr-profile=${merged}`,
      '--ignore-filename-regex=/rustc/|/\\.?cargo/registry/|/git/checkouts/',
      ...objectsOf(messages),
    ],
    shown: `llvm-cov export${versions(found)}`,
    report,
  });
  return {
    is: 'run',
    // Programs of failing tests have covered what they have covered.
    tolerant: true,
    steps: [
      { argv: ['sh', '-c', FIND, 'find', tools, llvmOf(ground.has) ?? ''], shown: FINDING, needed: true },
      { argv: ['sh', '-c', OWN_RUSTDOC, 'rustdoc', tools], shown: 'telling rustdoc to keep its examples' },
      { argv: tests, env },
      { argv: ['sh', '-c', MERGE, 'merge', join(tools, 'llvm-profdata'), merged, profiles] },
      ([found, , tested]) => exported(found?.output ?? '', tested?.output ?? ''),
    ],
    read: (ran) => {
      if (ran.shown === FINDING) return inconclusive('llvm is installed neither with rustc (llvm-tools) nor by itself');
      const report = ran.report === null ? null : withoutComments(ran.report, ground);
      return coverageReaches(
        { ...ran, report },
        {
          counts: (path) => path.startsWith(`${ground.root}/`) && !isTestFile(path.slice(ground.root.length + 1)),
          expected: new Map(),
          least: targets.coverage,
        },
      );
    },
  };
}

/** Told where they differ: an older llvm may not read what a newer one wrote. */
function versions(found: string): string {
  const [tools = '', compiler = ''] = found.split('\n').map((line) => line.trim());
  return tools === '' || tools === compiler ? '' : ` of LLVM ${tools} (rustc has ${compiler})`;
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
