// Cobertura XML, as coverage.py and vitest write it: lines of every class, a file being one or more of them.
import type { FileCoverage } from './coverage.ts';
import { all, readXml } from './xml.ts';

export function cobertura(text: string): readonly FileCoverage[] | null {
  const document = readXml(text);
  if (document === null || document.name !== 'coverage') return null;
  const files = new Map<string, Map<string, boolean>>();
  for (const one of all(document.root, 'class')) {
    const path = one.attributes.filename;
    if (path === undefined) continue;
    const lines = files.get(path) ?? new Map<string, boolean>();
    files.set(path, lines);
    // Lines of methods are left alone: they repeat the class's, or are declarations that it does not count.
    for (const { attributes } of one.children.lines?.flatMap(({ children }) => children.line ?? []) ?? []) {
      const number = attributes.number ?? '';
      lines.set(number, lines.get(number) === true || Number(attributes.hits) > 0);
    }
  }
  return [...files].map(([path, hit]) => ({
    path,
    covered: [...hit.values()].filter(Boolean).length,
    total: hit.size,
  }));
}
