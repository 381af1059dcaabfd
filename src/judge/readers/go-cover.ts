// Go's cover profile: blocks of statements. Packages that test each other's code repeat a block.
import type { FileCoverage } from './coverage.ts';

export function goCover(text: string): readonly FileCoverage[] | null {
  if (!/^mode: (set|count|atomic)$/m.test(text.slice(0, 100))) return null;
  const files = new Map<string, Map<string, { readonly statements: number; readonly hit: boolean }>>();
  for (const line of text.split(/\r?\n/)) {
    const [, path, block, statements, hits] = /^(.+\.go):(\S+) (\d+) (\d+)$/.exec(line) ?? [];
    if (path === undefined || block === undefined) continue;
    const blocks = files.get(path) ?? new Map();
    files.set(path, blocks);
    blocks.set(block, { statements: Number(statements), hit: blocks.get(block)?.hit === true || Number(hits) > 0 });
  }
  return [...files].map(([path, blocks]) => {
    const all = [...blocks.values()];
    const count = (some: typeof all) => some.reduce((sum, one) => sum + one.statements, 0);
    return { path, covered: count(all.filter(({ hit }) => hit)), total: count(all) };
  });
}
