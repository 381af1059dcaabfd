// The security gate of a Go project, run with the real govulncheck: a weakness that is called, one that is mended, no database.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import type { GateResult } from '../../src/judge/gate.ts';
import { type Files, gate, judged } from './bench.ts';

const WORDS = `// Package words knows languages.
package words

import "golang.org/x/text/language"

// Known says whether a language is known.
func Known(name string) bool {
	_, err := language.Parse(name)
	return err == nil
}
`;
const SUMS: Readonly<Record<string, string>> = {
  'v0.3.0':
    'golang.org/x/text v0.3.0 h1:g61tztE5qeGQ89tm6NTjjM9VPIm088od1l6aSorWRWg=\ngolang.org/x/text v0.3.0/go.mod h1:NqM8EUOU14njkJ3fqMW+pc6Ldnwhi/IjpwHt7yyuwOQ=\n',
};

function uses(version: string): Files {
  return {
    'go.mod': `module example.com/words\n\ngo 1.18\n\nrequire golang.org/x/text ${version}\n`,
    'go.sum': SUMS[version] ?? '',
    'words.go': WORDS,
  };
}

/** Where a program is; null when it is not on the path. */
function placeOf(program: string): string | null {
  try {
    return execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
}

const TOOL = placeOf('go') === null ? null : placeOf('govulncheck');

/** The entry of the public database as govulncheck itself printed it. */
function entryOf(fixture: string): { readonly id: string; readonly modified: string } {
  const text = readFileSync(`test/fixtures/judge/govulncheck/${fixture}`, 'utf8');
  const message = text.split(/^(?=\{)/m).find((one) => /^\{\s*"osv": \{/.test(one)) ?? '';
  return JSON.parse(message).osv;
}

/** A database of one entry, laid out as https://go.dev/doc/security/vuln/database says. */
function writeDatabase(folder: string): void {
  const entry = entryOf('failing.txt');
  const { id, modified } = entry;
  for (const name of ['index', 'ID']) mkdirSync(join(folder, name), { recursive: true });
  const write = (name: string, value: unknown) => writeFileSync(join(folder, name), JSON.stringify(value));
  write('index/db.json', { modified });
  write('index/modules.json', [{ path: 'golang.org/x/text', vulns: [{ id, modified, fixed: '0.3.7' }] }]);
  write(`ID/${id}.json`, entry);
}

async function securityOf(files: Files, database: 'own' | 'public'): Promise<readonly GateResult[]> {
  const { gates, bench } = await judged(files);
  if (database === 'public') return gates(['fetch', 'security']);
  const bin = join(bench.scratch, 'bin');
  mkdirSync(bin);
  writeDatabase(join(bench.scratch, 'database'));
  const script = `#!/bin/sh\nexec ${TOOL} -db file://${join(bench.scratch, 'database')} "$@"\n`;
  writeFileSync(join(bin, 'govulncheck'), script);
  chmodSync(join(bin, 'govulncheck'), 0o755);
  return gates(['fetch', 'security'], {}, { ...process.env, PATH: `${bin}:${process.env.PATH}` });
}

function skipWithout(context: TestContext, results: readonly GateResult[]): void {
  const { verdict, reason } = gate(results, 'fetch');
  if (verdict !== 'passed') context.skip(`modules of Go cannot be fetched here: ${reason}`);
}

const SLOW = { timeout: 300_000 };

test.skipIf(TOOL === null)('a weakness that is called fails, with its package', SLOW, async (context) => {
  const results = await securityOf(uses('v0.3.0'), 'own');
  skipWithout(context, results);
  expect(gate(results, 'security')).toMatchObject({
    verdict: 'failed',
    reason: '1 known weaknesses of dependencies, 1 of them high or critical',
    findings: [{ severity: 'high', text: expect.stringMatching(/^golang.org\/x\/text v0\.3\.0: GO-2021-0113: /) }],
  });
});

test.skipIf(TOOL === null)('without a call of it, or without dependencies, the gate passes', SLOW, async (context) => {
  const unused = { ...uses('v0.3.0'), 'words.go': '// Package words knows none.\npackage words\n' };
  const results = await securityOf(unused, 'own');
  skipWithout(context, results);
  expect(gate(results, 'security').verdict).toBe('passed');
  const alone = { 'go.mod': 'module example.com/words\n\ngo 1.18\n', 'words.go': 'package words\n' };
  expect(gate(await securityOf(alone, 'own'), 'security')).toMatchObject({
    verdict: 'passed',
    reason: '0 known weaknesses of dependencies, 0 of them high or critical',
  });
});

test(
  'where the tool or its database is not to be had the gate is inconclusive and says which',
  SLOW,
  async (context) => {
    const results = await securityOf(uses('v0.3.0'), 'public');
    const { verdict, reason } = gate(results, 'security');
    if (placeOf('govulncheck') === null) {
      expect([verdict, reason]).toEqual(['inconclusive', 'govulncheck is not installed']);
      return;
    }
    skipWithout(context, results);
    // Where the public database answers, it knows this weakness.
    if (verdict === 'failed') return expect(reason).toContain('known weaknesses');
    expect(verdict).toBe('inconclusive');
    expect(reason).toMatch(/no advisories were told: govulncheck: fetching vulnerabilities: /);
  },
);
