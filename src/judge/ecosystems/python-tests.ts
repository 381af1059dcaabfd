// How a Python project's tests are run: by pytest, by Django's manage.py, or by unittest where pytest would find no file.
import { join, posix } from 'node:path';
import type { Ground } from '../ground.ts';
import type { Step } from '../plan.ts';
import type { Tree } from '../tree.ts';
import { packageName } from './python-lists.ts';
import { pyprojectOf } from './python-needs.ts';

const OF_PYTEST = /(^|\/)(?:test_[^/]*|[^/]*_test)\.py$/;
const OF_UNITTEST = /(^|\/)test[^/]*\.py$/;
const SETTINGS = ['pytest.ini', 'pyproject.toml', 'tox.ini', 'setup.cfg'];

/** What Python is told to run, without what tells where reports go. */
export function testProgram(tree: Tree): readonly string[] {
  const says = (word: string) => SETTINGS.some((name) => tree.get(name)?.includes(word) === true);
  if (/\bdjango\b/.test(tree.get('manage.py') ?? '') && !says('DJANGO_SETTINGS_MODULE'))
    return ['manage.py', 'test', '--noinput'];
  const files = [...tree.keys()].filter((path) => OF_UNITTEST.test(path));
  if (says('python_files') || files.length === 0 || [...tree.keys()].some((path) => OF_PYTEST.test(path)))
    return ['-m', 'pytest', '-q', '-p', 'no:cacheprovider'];
  const folders = [...new Set(files.map((path) => posix.dirname(path)))];
  const [folder = '.'] = folders;
  // By itself it enters packages only.
  const isApart = folders.length === 1 && folder !== '.' && !tree.has(`${folder}/__init__.py`);
  return ['-m', 'unittest', 'discover', ...(isApart ? ['-s', folder] : [])];
}

/** The same while somebody else measures coverage: pytest-cov, where the project asks for it, would take his place. */
export function measuredProgram(tree: Tree): readonly string[] {
  const program = testProgram(tree);
  const measures = program.includes('pytest') && SETTINGS.some((name) => /--cov\b/.test(tree.get(name) ?? ''));
  return measures ? [...program, '--no-cov'] : program;
}

const DESCRIBE =
  'mkdir -p "$1" && printf "Metadata-Version: 2.1\\nName: %s\\nVersion: %s\\n" "$2" "$3" > "$1/METADATA"';

interface Installed {
  /** Tells Python the project's name and version; nothing where pyproject.toml does not say them. */
  readonly steps: readonly Step[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * As if the project were installed, which would run its scripts: packages below `src` are found, and so is the version that
 * a package asks for by the project's name.
 */
export function asInstalled({ root, reports, tree }: Ground): Installed {
  const { project } = pyprojectOf(tree);
  const { name = '', version = '' } = project ?? {};
  const isKnown = packageName(name) !== null && /^[\w.+!-]{1,100}$/.test(version);
  const folder = join(reports, 'described');
  const info = join(folder, `${name.replace(/[-.]+/g, '_')}-${version}.dist-info`);
  const hasSrc = [...tree.keys()].some((path) => /^src\/(?:[^/]+\/__init__|[^/]+)\.py$/.test(path));
  const paths = [...(hasSrc ? [join(root, 'src')] : []), ...(isKnown ? [folder] : [])];
  return {
    steps: isKnown
      ? [{ argv: ['sh', '-c', DESCRIBE, 'describe', info, name, version], shown: 'describing the project' }]
      : [],
    env: { PYTHONDONTWRITEBYTECODE: '1', ...(paths.length === 0 ? {} : { PYTHONPATH: paths.join(':') }) },
  };
}
