// Node: npm without scripts, the package's own build, test and lint scripts, coverage of node --test, vitest and jest.
import { join } from 'node:path';
import { codeOnly } from '../code-only.ts';
import type { Ecosystem, Targets } from '../ecosystem.ts';
import type { Ground } from '../ground.ts';
import { type GatePlan, type Step, settled } from '../plan.ts';
import { npmAudit } from '../readers/audit.ts';
import { addedDocs, javascriptDocs } from '../readers/doc-comments.ts';
import { junit } from '../readers/junit.ts';
import { nodeText, vitestJson, vitestText } from '../readers/node-tests.ts';
import { builds, coverageReaches, documents, isSafe, lints, testsPass } from '../readings.ts';
import { isProduct, isSource, isTestFile } from '../tree.ts';
import { ranToTheEnd } from './node-ended.ts';
import {
  dependsOnOthers,
  fromRepository,
  hasTypescript,
  isTypescript,
  lockOf,
  manifestOf,
  needsTsc,
  scriptOf,
  unlocked,
} from './node-package.ts';
import { PARSE_ALL } from './node-parse.ts';

const ENDINGS = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '.jsx', '.tsx'];
const PLAIN = ['.js', '.mjs', '.cjs'];
const TYPED = ['.ts', '.mts', '.cts', '.tsx'];

export const NODE: Ecosystem = {
  name: 'node',
  manifests: ['package.json'],
  gates: {
    fetch: (ground) => {
      if (!dependsOnOthers(ground)) return settled('passed', 'there are no dependencies to fetch');
      if (lockOf(ground) === null) return settled('inconclusive', unlocked(ground));
      const repository = fromRepository(ground);
      if (repository !== null)
        return settled('inconclusive', `${repository} is a git repository: npm runs its scripts to pack it`);
      // A .npmrc of the project could name another program for git.
      const argv = ['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--git=git', '--allow-git=none'];
      return { is: 'run', steps: [{ argv, network: 'open' }], read: builds };
    },
    build: (ground) => {
      if (needsTsc(ground) && !hasTypescript(ground))
        return settled('inconclusive', 'there is TypeScript to build, and typescript is not among the dependencies');
      return { is: 'run', steps: [buildStep(ground)], read: builds };
    },
    test: testPlan,
    coverage: coveragePlan,
    docs: (ground, targets) => {
      const files = [...ground.tree].filter(([path]) => isSource(path, ENDINGS));
      const count = addedDocs(files.map(([, text]) => javascriptDocs(text)));
      return { is: 'settled', ...documents(count, targets.documentation, 'comments above exports') };
    },
    lint: (ground) =>
      scriptOf(ground, 'lint') === null
        ? settled('inconclusive', 'package.json has no script "lint"')
        : {
            is: 'run',
            steps: [{ argv: ['npm', 'run', '--silent', 'lint'] }],
            read: (ran) => lints(ran, []),
          },
    security: (ground) => {
      if (!dependsOnOthers(ground)) return settled('passed', 'there are no dependencies to have weaknesses');
      if (lockOf(ground) === null) return settled('inconclusive', unlocked(ground));
      const argv = ['npm', 'audit', '--json'];
      return { is: 'run', steps: [{ argv, network: 'open' }], read: (ran) => isSafe(ran, npmAudit(ran.output)) };
    },
  },
};

function isPlain(path: string): boolean {
  return PLAIN.some((ending) => path.endsWith(ending));
}

function buildStep(ground: Ground): Step {
  if (scriptOf(ground, 'build') !== null) return { argv: ['npm', 'run', 'build'] };
  if (needsTsc(ground)) return { argv: ['npx', '--no-install', 'tsc', '--noEmit'] };
  // Nothing is compiled: what can be said is whether every file can be parsed.
  const files = [...ground.tree.keys()].filter(isPlain).filter(isProduct).slice(0, 3_000);
  const kind = manifestOf(ground).type === 'module' ? 'module' : 'commonjs';
  const argv = ['node', '--experimental-vm-modules', '--no-warnings', '-e', PARSE_ALL, kind, ...files];
  return { argv, shown: 'parsing every file' };
}

const READERS = [vitestJson, junit, nodeText, vitestText];
const LAST_IS = (runner: string) => new RegExp(`(^|&&\\s*|\\s)(npx\\s+)?${runner}(\\s+[^&|;<>\`$]*)?$`);

function testPlan(ground: Ground): GatePlan {
  const script = scriptOf(ground, 'test');
  if (script === null) {
    if (![...ground.tree.keys()].some((path) => isTestFile(path) && isPlain(path)))
      return settled('failed', 'package.json has no script "test", and there is no test file');
    return {
      is: 'run',
      steps: [{ argv: ['node', '--test'] }],
      read: (ran) => ranToTheEnd(ground, ran, testsPass(ran, READERS)),
    };
  }
  const report = join(ground.reports, 'tests.json');
  const own = ['npm', 'test'];
  const more = LAST_IS('vitest').test(script)
    ? ['--', '--reporter=json', `--outputFile=${report}`]
    : LAST_IS('jest').test(script)
      ? ['--', '--json', `--outputFile=${report}`]
      : [];
  const step: Step = more.length === 0 ? { argv: own } : { argv: [...own, ...more], report };
  return { is: 'run', steps: [step], read: (ran) => ranToTheEnd(ground, ran, testsPass(ran, READERS)) };
}

/** `node --test` with options and patterns and nothing else: no shell is needed to run it another way. */
const NODE_TEST = /^node((?:\s+--?[\w-]+(?:=[\w./*-]+)?)*)\s+--test((?:\s+[\w./*=-]+)*)$/;

function coveragePlan(ground: Ground, { coverage }: Targets): GatePlan {
  const script = scriptOf(ground, 'test') ?? 'node --test';
  const step = coverageStep(ground, script.trim());
  if (step === null) return settled('inconclusive', `coverage of "${script.slice(0, 60)}" is not known how to measure`);
  return {
    is: 'run',
    steps: [step],
    read: (ran) =>
      coverageReaches(ran, {
        counts: (path) => !isTestFile(within(ground, path)) && !within(ground, path).startsWith('/'),
        // What no test loads is in none of these reports.
        expected: neverMissed(ground, script),
        least: coverage,
      }),
  };
}

/** Files that tests should load. vitest and jest run TypeScript as it is; other tests load what was made of it. */
function neverMissed({ tree }: Ground, script: string): ReadonlyMap<string, number> {
  const runsTypescript = LAST_IS('vitest').test(script) || LAST_IS('jest').test(script);
  const wanted = (path: string) => isSource(path, PLAIN) || (runsTypescript && isSource(path, TYPED));
  const files = [...tree].filter(([path]) => wanted(path) && !/(^|\/)[^/]*\.config\.[^/]+$/.test(path));
  return new Map(
    files.flatMap(([path, text]) => {
      const lines = isTypescript(path) ? typedLines(text) : linesOf(text);
      return lines === 0 || /\.d\.[cm]?ts$/.test(path) ? [] : [[path, lines]];
    }),
  );
}

/** Something is done, and not only a type described. */
const RUNS =
  /^(?:export )?(?:default )?(?:async )?(?:abstract )?(?:function|class|const|let|var|enum|if|for|while|switch|try|await)\b|^[\w.$]+\(/m;

function typedLines(text: string): number {
  const code = codeOnly(text, 'javascript');
  return RUNS.test(code) ? code.split('\n').filter((line) => line.trim() !== '').length : 0;
}

function coverageStep(ground: Ground, script: string): Step | null {
  const own = NODE_TEST.exec(script);
  if (own !== null) {
    const report = join(ground.reports, 'lcov.info');
    const words = (text: string | undefined) => (text ?? '').trim().split(/\s+/).filter(Boolean);
    const reporting = ['--test-reporter=lcov', `--test-reporter-destination=${report}`];
    const argv = ['node', ...words(own[1]), '--test', '--experimental-test-coverage', ...reporting, ...words(own[2])];
    // Node 20 expands no patterns: as for npm, a shell does it.
    const shell = ['sh', '-c', ['exec', ...argv.map(quoted)].join(' ')];
    return (own[2] ?? '').includes('*') ? { argv: shell, shown: argv.join(' '), report } : { argv, report };
  }
  if (LAST_IS('vitest').test(script)) {
    const folder = join(ground.reports, 'vitest');
    const options = [
      '--coverage.enabled',
      '--coverage.reportOnFailure',
      '--coverage.reporter=json-summary',
      '--coverage.reporter=lcovonly',
    ];
    const argv = ['npm', 'test', '--', '--run', ...options, `--coverage.reportsDirectory=${folder}`];
    return { argv, report: join(folder, 'coverage-summary.json') };
  }
  if (LAST_IS('jest').test(script)) {
    const folder = join(ground.reports, 'jest');
    const argv = [
      'npm',
      'test',
      '--',
      '--coverage',
      '--coverageReporters=json-summary',
      '--coverageReporters=lcovonly',
      `--coverageDirectory=${folder}`,
    ];
    return { argv, report: join(folder, 'coverage-summary.json') };
  }
  return null;
}

/** A word for the shell; patterns, which hold nothing else that it knows, are left to it. */
function quoted(word: string): string {
  return /^[\w./*=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function within({ root }: Ground, path: string): string {
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
}

function linesOf(text: string): number {
  return text.trimEnd().split('\n').length;
}
