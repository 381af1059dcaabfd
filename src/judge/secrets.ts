// Looks for secrets in the project's files: providers' patterns kept by secretlint, and two that it misses.
import { lintSource } from '@secretlint/core';
import { creator } from '@secretlint/secretlint-rule-preset-recommend';
import { cleaned } from '../text/clean.ts';
import type { Finding } from './gate.ts';
import type { Tree } from './tree.ts';

const RULES = [{ id: '@secretlint/secretlint-rule-preset-recommend', rule: creator, options: {} }];

/** More findings than this say nothing new. */
const MOST = 200;

interface Pattern {
  readonly name: string;
  readonly pattern: RegExp;
}

/** What secretlint lets pass: a token in a header, and a private key however short. */
const PATTERNS: readonly Pattern[] = [
  {
    name: 'a bearer token',
    pattern: /authorization["'`]?\s*[:=,]\s*["'`]?bearer\s+(?=[^\s"'`]*\d)(?=[^\s"'`]*[A-Za-z])[\w.~+/-]{20,}/gi,
  },
  { name: 'a private key', pattern: /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s*(?:\\n)?\s*[A-Za-z0-9+/=]{16,}/g },
];

/** Findings by file and line; the secret itself is in none of them. */
export async function secretsIn(tree: Tree): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const [file, text] of tree) {
    if (found.length >= MOST) break;
    const lines = new Map<number, string>();
    for (const { name, pattern } of PATTERNS)
      for (const match of text.matchAll(pattern)) lines.set(lineOf(text, match.index), name);
    const { messages } = await lintSource({
      source: { filePath: `/${file}`, content: text, contentType: 'text' },
      options: { config: { rules: RULES }, noPhysicFilePath: true },
    });
    for (const { loc, message } of messages) lines.set(loc.start.line, cleaned(kindOf(message), 80));
    for (const [line, name] of lines) found.push({ severity: 'high', text: `${name} in a file`, file, line });
  }
  return found.slice(0, MOST);
}

/** "found GitHub Token(…): ghp_…" without what was found. */
function kindOf(message: string): string {
  return message.replace(/^found\s+/, '').split(/[:(]/)[0] ?? 'a secret';
}

function lineOf(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < index; at = text.indexOf('\n', at + 1)) line++;
  return line;
}
