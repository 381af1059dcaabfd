// The text files of a project as the judge reads them: never through a link, nothing vendored or built, within limits.
import { readEntry } from '../workspace/blob.ts';
import { readBlobs } from '../workspace/objects.ts';
import { list } from '../workspace/restore.ts';
import { nothingLeftOut, toText, walk } from '../workspace/walk.ts';

/** Text by path, relative to the project with slashes. */
export type Tree = ReadonlyMap<string, string>;

/** Folders of code that somebody or something else wrote; the same as for counting lines. */
export const NOT_OURS =
  /(^|\/)(\.git|node_modules|vendor|third_party|target|dist|build|out|coverage|__pycache__|\.venv|venv)(\/|$)/;

const LARGEST_FILE = 1024 * 1024;
const MOST_BYTES = 64 * 1024 * 1024;
const MOST_FILES = 20_000;

export interface ReadTree {
  readonly tree: Tree;
  /** Files that were not read: too large, too many, or not to be had. Binary files are no texts and not among them. */
  readonly unread: readonly string[];
}

export function readTree(root: string): ReadTree {
  const tree = new Map<string, string>();
  const unread: string[] = [];
  let bytes = 0;
  for (const entry of walk(root, { exclude: ['.git', 'node_modules'], only: null }, nothingLeftOut())) {
    const path = toText(entry.path);
    if (entry.kind !== 'file' || NOT_OURS.test(path)) continue;
    if (entry.size > LARGEST_FILE || tree.size >= MOST_FILES || bytes + entry.size > MOST_BYTES) {
      unread.push(path);
      continue;
    }
    const content = readEntry(root, entry);
    if ('reason' in content) unread.push(path);
    else if (!content.bytes.includes(0)) {
      tree.set(path, content.bytes.toString('utf8'));
      bytes += content.bytes.length;
    }
  }
  return { tree, unread };
}

/** The same of a snapshot, only files of these names. Throws when it cannot be read. */
export async function readSnapshotTree(
  store: string,
  commit: string,
  wanted: (path: string) => boolean,
): Promise<Tree> {
  const files = [...(await list(store, commit, 'project/'))]
    .filter(([, { mode }]) => mode !== '120000')
    .map(([path, { blob }]) => [toText(path), blob] as const)
    .filter(([path]) => !NOT_OURS.test(path) && wanted(path))
    .slice(0, MOST_FILES);
  const texts = new Map<string, string>();
  let bytes = 0;
  await readBlobs(store, [...new Set(files.map(([, blob]) => blob))], (blob, content) => {
    if (content.length > LARGEST_FILE || bytes + content.length > MOST_BYTES || content.includes(0)) return;
    bytes += content.length;
    texts.set(blob, content.toString('utf8'));
  });
  return new Map(files.flatMap(([path, blob]) => (texts.has(blob) ? [[path, texts.get(blob) ?? ''] as const] : [])));
}

/** Is it a test, or something that only tests use? */
export function isTestFile(path: string): boolean {
  return (
    /(^|\/)(tests?|testing|__tests__|specs?|fixtures?|benches|e2e)\//.test(path) ||
    /[._-](test|spec)\.[^./]+$|_test\.go$|(^|\/)test_[^/]*\.py$|(^|\/)(conftest|tests?)\.[^./]+$/.test(path)
  );
}

/** Something that is no code on purpose may stand in these. */
const TEMPLATES = /(^|\/)(templates?|testdata|__fixtures__|snippets|scaffold(ing)?|skeletons?)\//;

/** Is it meant to be code of the product? Tests tell of themselves whether they can be read. */
export function isProduct(path: string): boolean {
  return !isTestFile(path) && !TEMPLATES.test(path);
}

/** Source code of the product in one of the languages we judge. */
export function isSource(path: string, endings: readonly string[]): boolean {
  return endings.some((ending) => path.endsWith(ending)) && !isTestFile(path) && !NOT_OURS.test(path);
}
