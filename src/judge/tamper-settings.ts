// Settings that decide whether tests can fail: coverage thresholds, exclusions from coverage, the test command itself.
import { z } from 'zod';
import { parsedJson } from './readers/json.ts';

export interface Threshold {
  readonly name: string;
  readonly value: number;
  readonly line: number;
}

const SETTINGS =
  /(^|\/)(package\.json|\.?(?:nyc|c8)rc(?:\.json)?|(?:jest|vitest|vite)\.config\.\w+|pyproject\.toml|setup\.cfg|tox\.ini|\.coveragerc|pytest\.ini|Makefile|justfile|tarpaulin\.toml|codecov\.yml|[^/]+\.ya?ml|Cargo\.toml)$/;

/** Names of numbers below which coverage fails. */
const THRESHOLD =
  /(?:--)?\b(fail[_-]under(?:[_-]lines)?|cov-fail-under|minimum[_-]coverage|check-coverage|lines|branches|functions|statements|threshold)\b["']?\s*(?:[:=]|\s)\s*["']?(\d+(?:\.\d+)?)\b/g;

export function thresholdsIn(file: string, text: string): readonly Threshold[] {
  if (!SETTINGS.test(file)) return [];
  // "lines: 80" means something only where thresholds are spoken of.
  const speaks = /threshold|coverage|nyc|c8|fail[_-]under/i.test(text) || /rc(\.json)?$/.test(file);
  if (!speaks) return [];
  return text.split('\n').flatMap((line, at) =>
    [...line.matchAll(THRESHOLD)].map(([, name, value]) => ({
      name: name ?? '',
      value: Number(value),
      line: at + 1,
    })),
  );
}

const COMMENTS =
  /\/\*\s*(?:c8|istanbul|v8) ignore\b[^*]*\*\/|\/\*\s*node:coverage (?:disable|ignore)\b[^*]*\*\/|#\s*pragma: no cover\b|#\[coverage\(off\)\]|#\[cfg\(not\(tarpaulin(?:_include)?\)\)\]/g;
const OMITS =
  /^\s*["']?(?:omit|exclude_lines|exclude_also|coveragePathIgnorePatterns|excludeAfterRemap|exclude-files)["']?\s*[:=].*$/;

/** Line and words of everything that takes code out of the coverage. */
export function exclusionsIn(file: string, text: string): readonly (readonly [number, string])[] {
  const isSettings = SETTINGS.test(file);
  const isCode = /\.(?:[cm]?[jt]sx?|py|rs|go)$/.test(file);
  if (!isSettings && !isCode) return [];
  return text.split('\n').flatMap((line, at): (readonly [number, string])[] => {
    // A comment alone does not say what it is about: the line of code after it is part of its name.
    const comments = isCode ? [...line.matchAll(COMMENTS)].map(([words]) => [at + 1, words] as const) : [];
    const omitted = isSettings && OMITS.test(line) ? [[at + 1, line.trim()] as const] : [];
    return [...comments, ...omitted];
  });
}

const GROUPS =
  /^\s*(?:xdescribe\(|(?:describe|suite)\.skip\(|(?:describe|suite)\([^)]*\{\s*skip:\s*(?!false)|pytestmark\s*=.*\bskip|#!?\[cfg\(any\(\)\)\]|\/\/go:build ignore)/;

/** Whole groups or files of tests that are skipped. */
export function groupSkipsIn(file: string, text: string): readonly (readonly [number, string])[] {
  if (!/\.(?:[cm]?[jt]sx?|py|rs|go)$/.test(file)) return [];
  return text
    .split('\n')
    .flatMap((line, at) => (GROUPS.test(line) ? [[at + 1, line.trim().slice(0, 80)] as const] : []));
}

const SCRIPTS = z.looseObject({ scripts: z.looseObject({ test: z.string() }) });
const NEUTRAL =
  /\|\|\s*(?:true|:|exit 0|echo\b)|;\s*(?:true|exit 0)\s*$|--passWithNoTests|^(?:true|:|exit 0|echo\b[^&|;]*)$/;

/** A test command that ends well whatever the tests do; null when it is none. */
export function isNeutral(file: string, text: string): { readonly text: string; readonly line: number } | null {
  if (!/(^|\/)package\.json$/.test(file)) return null;
  const read = SCRIPTS.safeParse(parsedJson(text));
  if (!read.success || !NEUTRAL.test(read.data.scripts.test.trim())) return null;
  const line = text.split('\n').findIndex((one) => /"test"\s*:/.test(one));
  return { text: read.data.scripts.test.slice(0, 80), line: line + 1 };
}

/** Programs put between the tests and who runs them, and hooks that rewrite results: file, and what says so in it. */
const STAND_INS: readonly (readonly [RegExp, RegExp])[] = [
  // Caches of compilers pass on what the real one says.
  [
    /(^|\/)\.cargo\/config(\.toml)?$/,
    /^\s*["']?(?:runner|rustc|rustc-wrapper|rustc-workspace-wrapper)["']?\s*=(?!.*\b(?:sccache|cachepot)\b)/,
  ],
  [/(^|\/)\.npmrc$/, /^\s*(?:script-shell|shell|node-options)\s*=/],
  [
    /(^|\/)conftest\.py$/,
    /\bforce_result\(|\boutcome\s*=\s*["']passed["']|\bexitstatus\s*=\s*(?:0\b|\S*ExitCode\.OK\b)/,
  ],
];

/** Line and words of everything that lets another program, or nobody, say how the tests ended. */
export function standInsIn(file: string, text: string): readonly (readonly [number, string])[] {
  if (/(^|\/)Cargo\.toml$/.test(file)) return ownHarnesses(text);
  const signs = STAND_INS.filter(([name]) => name.test(file)).map(([, sign]) => sign);
  if (signs.length === 0) return [];
  return text
    .split('\n')
    .flatMap((line, at) =>
      signs.some((sign) => sign.test(line)) ? [[at + 1, line.trim().slice(0, 80)] as const] : [],
    );
}

/** Tests that are programs of their own and may print what they like; benches and examples usually are. */
function ownHarnesses(text: string): readonly (readonly [number, string])[] {
  let section = '';
  return text.split('\n').flatMap((line, at) => {
    section = /^\s*(\[\[?[\w.]+\]\]?)/.exec(line)?.[1] ?? section;
    const isOwn = ['[[test]]', '[lib]'].includes(section) && /^\s*harness\s*=\s*false\b/.test(line);
    return isOwn ? [[at + 1, `${section} ${line.trim()}`] as const] : [];
  });
}
