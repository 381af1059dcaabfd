// Where gates stand: the manifests of a project, and what is known of each one's folder before anything runs.
import { accessSync, constants } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import type { Tree } from './tree.ts';

export interface Ground {
  /** Relative to the project; '.' is its root. */
  readonly folder: string;
  /** The same, absolute. */
  readonly root: string;
  /** Folder for report files and other things that belong to nobody's code. */
  readonly reports: string;
  /** The texts below the folder, by paths relative to it. */
  readonly tree: Tree;
  /** Is a program of this name on the path? */
  readonly has: (program: string) => boolean;
}

/** Folders that hold projects of their own only as material. */
const MATERIAL = /(^|\/)(tests?|fixtures?|examples?|testdata|benches)(\/|$)/;
const DEEPEST = 3;
const MOST = 8;

/** Folders with a manifest, the topmost of each branch: what lies below one is a part of it, unless each is apart. */
export function foldersWith(tree: Tree, manifests: readonly string[], isApart = false): readonly string[] {
  const folders = [...tree.keys()]
    .filter((path) => manifests.includes(posix.basename(path)))
    .map((path) => posix.dirname(path))
    .filter((folder) => folder === '.' || (folder.split('/').length <= DEEPEST && !MATERIAL.test(folder)));
  const unique = [...new Set(folders)].sort((one, other) => one.length - other.length || one.localeCompare(other));
  return unique
    .filter(
      (folder) =>
        isApart || !unique.some((other) => other !== folder && (other === '.' || folder.startsWith(`${other}/`))),
    )
    .slice(0, MOST);
}

export function groundOf(
  { project, scratch, env }: { readonly project: string; readonly scratch: string; readonly env: NodeJS.ProcessEnv },
  tree: Tree,
  folder: string,
): Ground {
  const prefix = folder === '.' ? '' : `${folder}/`;
  const below = [...tree]
    .filter(([path]) => path.startsWith(prefix))
    .map(([path, text]) => [path.slice(prefix.length), text] as const);
  return {
    folder,
    root: join(project, folder),
    reports: join(scratch, 'reports', folder.replaceAll('/', '%')),
    tree: new Map(below),
    has: (program) => isOnPath(program, env.PATH ?? ''),
  };
}

/** Is there such a program to run? `path` is like the variable PATH. */
export function isOnPath(program: string, path: string): boolean {
  return path.split(':').some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return folder !== '' && dirname(join(folder, program)) === folder.replace(/\/+$/, '');
    } catch {
      return false;
    }
  });
}
