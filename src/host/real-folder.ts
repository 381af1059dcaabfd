// A folder that others could have replaced is proven to be one, and made anew where it is none, before anything is done in it.
import { lstatSync, mkdirSync, rmSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/**
 * Makes `folder` and each folder on the way to it from `base`, both included, a real one. A link or a file in such a place
 * is removed, never followed. Gives what was replaced, as paths from what `base` lies in: to be called when nobody
 * who could replace it again is alive. Throws when that cannot be done: nobody may go on in there.
 */
export function realFolder(base: string, folder: string): readonly string[] {
  const replaced: string[] = [];
  let path = base;
  for (const name of ['', ...relative(base, folder).split(sep)]) {
    path = join(path, name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory() === true) continue;
    if (stat !== undefined) {
      rmSync(path);
      replaced.push(relative(join(base, '..'), path));
    }
    mkdirSync(path, { mode: 0o700 });
  }
  return replaced;
}
