// How much a folder takes: also where somebody shuts us out of a part of it.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { occupiedBytes } from '../../src/host/occupied.ts';
import { scratch, withoutRoot } from '../store/scratch.ts';

test('a sum without what may not be looked into is none', async () => {
  withoutRoot();
  const place = scratch();
  mkdirSync(join(place, 'shut'));
  writeFileSync(join(place, 'shut/file'), 'x'.repeat(100_000));
  expect(await occupiedBytes(place)).toBeGreaterThan(100_000);
  chmodSync(join(place, 'shut'), 0);
  expect(await occupiedBytes(place)).toBeNull();
  chmodSync(join(place, 'shut'), 0o700);
});
