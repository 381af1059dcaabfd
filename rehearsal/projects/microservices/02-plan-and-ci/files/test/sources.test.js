// Keeps the house rules: each file says what it is for, each part is on the map, nothing comes from outside.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

async function sourceFiles() {
  const entries = await readdir(path.join(ROOT, 'src'), { recursive: true });
  return entries.filter((entry) => entry.endsWith('.js'));
}

test('the first line of each source file says what it is for', async () => {
  for (const file of await sourceFiles()) {
    const [firstLine] = (await readFile(path.join(ROOT, 'src', file), 'utf8')).split('\n');
    assert.match(firstLine, /^\/\/ [A-Z].*\.$/, `src/${file}`);
  }
});

test('each folder of the source is on the map in docs/architecture.md', async () => {
  const map = await readFile(path.join(ROOT, 'docs/architecture.md'), 'utf8');
  for (const file of await sourceFiles()) {
    const folder = path.dirname(file);
    if (folder !== '.') assert.ok(map.includes(`| \`src/${folder}\` |`), `src/${folder} is not on the map`);
  }
});

test('the source imports nothing but Node and itself', async () => {
  for (const file of await sourceFiles()) {
    const text = await readFile(path.join(ROOT, 'src', file), 'utf8');
    for (const [, name] of text.matchAll(/from '([^']+)';$/gm)) assert.match(name, /^(node:|\.)/, `src/${file}`);
  }
});
