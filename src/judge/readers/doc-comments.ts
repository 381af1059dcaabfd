// Documentation coverage where no tool counts it: exported items of JavaScript, TypeScript and Go with a comment above.
import type { DocumentationCount } from './rustdoc.ts';

const EXPORTED =
  /^export (?:default )?(?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|const|let|interface|type|enum)\b/;
const COMMON = /^(?:async )?function\*? (\w+)|^class (\w+)|^const (\w+) =/;

/** Exported declarations at the beginning of a line; of CommonJS those that `module.exports` names. */
export function javascriptDocs(text: string): DocumentationCount {
  const lines = text.split('\n');
  const names = new Set(
    (/^module\.exports = \{([^}]*)\}/m.exec(text)?.[1] ?? '')
      .split(',')
      .map((name) => name.trim().split(':').at(-1)?.trim() ?? ''),
  );
  return count(lines, (line) => {
    if (EXPORTED.test(line) || /^(?:module\.)?exports\.\w+ = /.test(line)) return true;
    const [, ...found] = COMMON.exec(line) ?? [];
    return found.some((name) => name !== undefined && names.has(name));
  });
}

/** Exported names begin with a capital; tests and commands' `main` are none. */
export function goDocs(text: string): DocumentationCount {
  return count(text.split('\n'), (line) => /^func (?:\([^)]*\) )?[A-Z]|^(?:type|var|const) [A-Z]/.test(line));
}

function count(lines: readonly string[], isPublic: (line: string) => boolean): DocumentationCount {
  let documented = 0;
  let total = 0;
  lines.forEach((line, at) => {
    if (!isPublic(line)) return;
    total++;
    // Decorators and build directives stand between a comment and what it is about.
    let above = at - 1;
    while (above >= 0 && /^(@|\/\/go:)/.test(lines[above] ?? '')) above--;
    if (/\*\/\s*$/.test(lines[above] ?? '') || /^\/\/\s*\S/.test(lines[above] ?? '')) documented++;
  });
  return { documented, total };
}

export function addedDocs(all: readonly DocumentationCount[]): DocumentationCount {
  return {
    documented: all.reduce((sum, one) => sum + one.documented, 0),
    total: all.reduce((sum, one) => sum + one.total, 0),
  };
}
