// The planted bugs must still be plantable: each changes exactly one place of the source as it is now.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BUGS } from '../planted/bugs.ts';
import { planted } from '../planted/plant.ts';

test.each(BUGS)('$name', (bug) => {
  const text = readFileSync(bug.file, 'utf8');
  expect(planted(bug, text)).not.toBe(text);
});

test('no two have the same name', () => {
  expect(new Set(BUGS.map(({ name }) => name)).size).toBe(BUGS.length);
});
