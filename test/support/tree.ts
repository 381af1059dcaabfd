// A folder as a plain value: every name with its kind, permissions and content, for exact comparison.
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

export function treeOf(root: string): Record<string, string> {
  const tree: Record<string, string> = {};
  const visit = (folder: Buffer, shown: string): void => {
    for (const name of readdirSync(folder, 'buffer').sort(Buffer.compare)) {
      const path = Buffer.concat([folder, Buffer.from('/'), name]);
      const label = `${shown}/${name.toString('latin1')}`;
      const stat = lstatSync(path);
      const mode = (stat.mode & 0o7777).toString(8);
      if (stat.isSymbolicLink()) tree[label] = `link ${readlinkSync(path)}`;
      else if (stat.isDirectory()) {
        tree[label] = `folder ${mode}`;
        visit(path, label);
      } else if (stat.isFile())
        tree[label] = `file ${mode} ${createHash('sha1').update(readFileSync(path)).digest('hex')}`;
      else tree[label] = `special ${mode}`;
    }
  };
  visit(Buffer.from(root), '');
  return tree;
}
