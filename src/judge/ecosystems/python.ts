// Python: pip without scripts, compileall, pytest, coverage.py, docstrings counted by Python's own parser, ruff.
import { join } from 'node:path';
import { cleaned } from '../../text/clean.ts';
import type { Ecosystem } from '../ecosystem.ts';
import type { Finding } from '../gate.ts';
import { settled } from '../plan.ts';
import { junit } from '../readers/junit.ts';
import { pytestEnded, pytestText } from '../readers/pytest.ts';
import type { DocumentationCount } from '../readers/rustdoc.ts';
import { unittestText } from '../readers/unittest.ts';
import { builds, coverageReaches, documents, lints, testsPass } from '../readings.ts';
import { isSource, isTestFile } from '../tree.ts';
import { audits, installs, python } from './python-install.ts';
import { needsOf } from './python-needs.ts';
import { asInstalled, measuredProgram, testProgram } from './python-tests.ts';

/** What is not compiled: of others, or no code on purpose, like what tests read. */
const NO_PRODUCT = '/(node_modules|\\.venv|venv|tests?|testing|fixtures?|testdata|templates?|snippets|skeletons?)/';

export const PYTHON: Ecosystem = {
  name: 'python',
  manifests: ['pyproject.toml', 'setup.py', 'requirements.txt'],
  gates: {
    fetch: (ground) => {
      const needs = needsOf(ground.tree);
      if (needs === null) return settled('passed', 'no list of requirements or pyproject.toml names a dependency');
      if (needs.refused !== null) return settled('inconclusive', needs.refused);
      return { is: 'run', steps: installs(ground, needs), read: builds };
    },
    build: (ground) => ({
      is: 'run',
      steps: [{ argv: [python(ground), '-m', 'compileall', '-q', '-f', '-x', NO_PRODUCT, '.'] }],
      read: builds,
    }),
    test: (ground) => {
      const program = testProgram(ground.tree);
      const { steps, env } = asInstalled(ground);
      const report = join(ground.reports, 'pytest.xml');
      const argv = [python(ground), ...program];
      if (!program.includes('pytest'))
        return { is: 'run', steps: [...steps, { argv, env }], read: (ran) => testsPass(ran, [unittestText]) };
      return {
        is: 'run',
        steps: [...steps, { argv: [...argv, `--junitxml=${report}`], report, env }],
        read: (ran) => {
          const reading = testsPass(ran, [junit, pytestText]);
          const ended = reading.verdict === 'passed' ? pytestEnded(ran.output) : null;
          return ended === null ? reading : { ...reading, verdict: 'failed', reason: `${ran.shown}: ${ended}` };
        },
      };
    },
    coverage: (ground, targets) => {
      const report = join(ground.reports, 'coverage.json');
      const data = `--data-file=${join(ground.reports, 'coverage.data')}`;
      const { steps, env } = asInstalled(ground);
      const run = [python(ground), '-m', 'coverage', 'run', data, '--source=.', ...measuredProgram(ground.tree)];
      return {
        is: 'run',
        tolerant: true,
        steps: [
          ...steps,
          { argv: run, env },
          { argv: [python(ground), '-m', 'coverage', 'json', '-q', data, '-o', report], report },
        ],
        read: (ran) =>
          coverageReaches(ran, {
            counts: (path) => !isTestFile(path) && !/^(?:setup|manage)\.py$/.test(path),
            // coverage.py lists what was never loaded by itself.
            expected: new Map(),
            least: targets.coverage,
          }),
      };
    },
    docs: (ground, targets) => {
      const files = [...ground.tree.keys()].filter((path) => isSource(path, ['.py'])).slice(0, MOST_FILES);
      return {
        is: 'run',
        steps: [{ argv: [python(ground), '-I', '-c', COUNT_DOCSTRINGS, ...files], shown: 'counting docstrings' }],
        read: ({ output }) => documents(docstrings(output), targets.documentation, 'docstrings'),
      };
    },
    lint: (ground) =>
      ground.has('ruff')
        ? {
            is: 'run',
            steps: [{ argv: ['ruff', 'check', '--no-cache', '--output-format=concise', '.'] }],
            read: (ran) => lints(ran, ruffFindings(ran.output)),
          }
        : settled('inconclusive', 'ruff is not installed'),
    security: audits,
  },
};

const MOST_FILES = 2_000;

/** Modules, and public classes and functions at the top and in classes. */
const COUNT_DOCSTRINGS = `
import ast, sys
have = total = 0
def look(node, public):
    global have, total
    if public:
        total += 1
        have += ast.get_docstring(node) is not None
    for child in node.body:
        if isinstance(child, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and not child.name.startswith("_"):
            if isinstance(child, ast.ClassDef):
                look(child, True)
            else:
                total += 1
                have += ast.get_docstring(child) is not None
for name in sys.argv[1:]:
    try:
        tree = ast.parse(open(name, encoding="utf-8").read())
    except (SyntaxError, ValueError):
        continue
    if tree.body:
        look(tree, True)
print(f"docstrings {have} of {total}")
`;

function docstrings(output: string): DocumentationCount | null {
  const match = /^docstrings (\d+) of (\d+)$/m.exec(output);
  return match === null ? null : { documented: Number(match[1]), total: Number(match[2]) };
}

/** `src/a.py:3:8: F401 [*] 'os' imported but unused`. */
export function ruffFindings(text: string): readonly Finding[] {
  const lines = text.matchAll(/^([^\s:][^:\n]*):(\d+):\d+: (.+)$/gm);
  return [...lines].slice(0, 200).map(([, file, line, said]) => ({
    severity: 'medium',
    text: cleaned(said ?? '', 200),
    file: file ?? null,
    line: Number(line),
  }));
}
