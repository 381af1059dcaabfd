// Documents that must not rot: the tree, the table of options, the schemas, the workflows. UPDATE_DOCS=1 writes them anew.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { schemaOf } from '../src/cli/config.ts';
import { NOT_BUILT } from '../src/config/rules.ts';
import { CONFIG } from '../src/config/schema.ts';
import { RECOVERIES } from '../src/session/recoveries.ts';

const UPDATE = process.env.UPDATE_DOCS === '1';

/** Compares, or writes, the part of a document between its marks. */
function part(path: string, mark: string, content: string): void {
  const text = readFileSync(path, 'utf8');
  const fresh = text.replace(
    new RegExp(`(<!-- ${mark} -->\n)[\\s\\S]*?(<!-- /${mark} -->)`),
    (_, open: string, close: string) => `${open}${content}${close}`,
  );
  if (UPDATE) writeFileSync(path, fresh);
  else expect(text === fresh, `${path} is not fresh; npm run tree writes it`).toBe(true);
}

test('docs/architecture.md shows the tree as it is', () => {
  const draw = (folder: string, depth: number): string =>
    readdirSync(folder, { withFileTypes: true })
      .sort((a, b) => Number(a.isDirectory()) - Number(b.isDirectory()) || a.name.localeCompare(b.name))
      .map((entry) => {
        const path = join(folder, entry.name);
        const indent = '  '.repeat(depth);
        if (entry.isDirectory()) return `${indent}${entry.name}/\n${draw(path, depth + 1)}`;
        const first =
          readFileSync(path, 'utf8')
            .split('\n')[0]
            ?.replace(/^\/\/ /, '') ?? '';
        return `${indent}${entry.name.padEnd(24 - indent.length)} ${first}\n`;
      })
      .join('');
  part('docs/architecture.md', 'tree', `\n\`\`\`\nsrc/\n${draw('src', 1)}\`\`\`\n\n`);
});

/** Who reads the options of a table, for the last column. */
const READERS: Readonly<Record<string, string>> = {
  metadata: 'nobody: for the reader of the file',
  session: 'the plan',
  checkpoint: 'the plan; exclude: snapshots',
  agent: 'the agent’s adapter and settings, the plan',
  rehearsal: 'the rehearsal agent',
  consensus: 'nobody in this version',
  limits: 'the plan, the judge',
  recovery: 'the plan',
  monitoring: 'metrics, log, the plan’s heartbeat',
  error_handling: 'the plan',
  judge: 'the plan, the judge',
  project: 'the project’s numbers, the judge',
  models: 'the gateway',
  gateway: 'the gateway',
  chaos: 'the plan',
  phases: 'the plan',
  projects: 'the project',
  notifications: 'nobody in this version',
};

function readerOf(key: readonly string[]): string {
  return NOT_BUILT.includes(key.join('.')) ? 'nobody in this version' : (READERS[key[0] ?? ''] ?? '');
}

interface Schema {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
}

test('docs/configuration.md has a row for every option, with its default, meaning and reader', () => {
  const rows: string[] = [];
  const visit = (schema: Schema, path: readonly string[]): void => {
    for (const [name, inner] of Object.entries(schema.properties ?? {})) {
      const key = [...path, name];
      if (inner.properties !== undefined && inner.description === undefined) visit(inner, key);
      else if (inner.description !== undefined) {
        const shown = inner.default === undefined ? '' : `\`${JSON.stringify(inner.default)}\``;
        rows.push(
          `| \`${key.join('.')}\` | ${shown} | ${inner.description.replaceAll('|', '\\|')} | ${readerOf(key)} |`,
        );
      }
    }
  };
  visit(z.toJSONSchema(CONFIG, { io: 'input' }) as Schema, []);
  expect(rows.length).toBeGreaterThan(80);
  part(
    'docs/configuration.md',
    'options',
    `\n| option | default | meaning | read by |\n|---|---|---|---|\n${rows.join('\n')}\n\n`,
  );
});

test('docs/recovery.md shows the table of recoveries as the program has it', () => {
  const rows = RECOVERIES.map(
    ({ name, evidence, action, limits }) => `| ${name} | ${evidence} | ${action} | ${limits} |`,
  );
  const head = '| trouble | seen by | what is done | limits |\n|---|---|---|---|';
  part('docs/recovery.md', 'recoveries', `\n${head}\n${rows.join('\n')}\n\n`);
});

test.each([
  ['config', 'mega_test_config'],
  ['metrics', 'metrics'],
  ['report', 'final_report'],
] as const)('schema of %s is fresh', (name, file) => {
  const path = `schema/${file}.schema.json`;
  const fresh = `${JSON.stringify(schemaOf(name), null, 2)}\n`;
  if (UPDATE) writeFileSync(path, fresh);
  else expect(readFileSync(path, 'utf8') === fresh, `${path} is not fresh; npm run tree writes it`).toBe(true);
});

test('workflows read only, pin their actions by commit, and put no input into a script', () => {
  for (const name of readdirSync('.github/workflows')) {
    const text = readFileSync(join('.github/workflows', name), 'utf8');
    expect(text, name).toMatch(/^permissions:\n {2}contents: read$/m);
    expect(text, name).toContain('persist-credentials: false');
    expect(text, name).toMatch(/timeout-minutes: \d+/);
    expect(Number(/timeout-minutes: (\d+)/.exec(text)?.[1])).toBeLessThanOrEqual(355);
    for (const [, action] of text.matchAll(/uses: (\S+)/g)) expect(action).toMatch(/@[0-9a-f]{40}$/);
    for (const [run] of text.matchAll(/^\s+(?:- )?run: .*$/gm)) expect(run).not.toContain('${{');
  }
});

test('README and glossary name every exit code and every status word', () => {
  const readme = readFileSync('README.md', 'utf8');
  for (const word of ['running', 'recovering', 'paused', 'stopping', 'complete', 'failed', 'interrupted', 'orphaned'])
    expect(readme).toContain(word);
  for (const code of [0, 1, 2, 3, 4, 5, 6, 70, 129, 130, 143]) expect(readme).toMatch(new RegExp(`\\b${code}\\b`));
});
