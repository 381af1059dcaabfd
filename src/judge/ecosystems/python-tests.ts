// Which program runs a Python project's tests: pytest, or unittest where no file is named as pytest finds it.
import { posix } from 'node:path';
import type { Tree } from '../tree.ts';

const OF_PYTEST = /(^|\/)(?:test_[^/]*|[^/]*_test)\.py$/;
const OF_UNITTEST = /(^|\/)test[^/]*\.py$/;
const SETTINGS = ['pytest.ini', 'pyproject.toml', 'tox.ini', 'setup.cfg'];

/** The module and its arguments, without what tells where reports go. */
export function testModule(tree: Tree): readonly string[] {
  const files = [...tree.keys()].filter((path) => OF_UNITTEST.test(path));
  const named = SETTINGS.some((name) => tree.get(name)?.includes('python_files') === true);
  if (named || files.length === 0 || [...tree.keys()].some((path) => OF_PYTEST.test(path)))
    return ['pytest', '-q', '-p', 'no:cacheprovider'];
  const folders = [...new Set(files.map((path) => posix.dirname(path)))];
  const [folder = '.'] = folders;
  // By itself it enters packages only.
  const isApart = folders.length === 1 && folder !== '.' && !tree.has(`${folder}/__init__.py`);
  return ['unittest', 'discover', ...(isApart ? ['-s', folder] : [])];
}
