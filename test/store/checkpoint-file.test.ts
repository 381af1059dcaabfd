// Checkpoint files: a damaged, foreign or misnamed one is seen and said, and an older one is taken.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { created } from '../../src/session/state.ts';
import {
  type Checkpoint,
  checkpointNumbers,
  newestGood,
  readCheckpoint,
  resolveCheckpoint,
  writeCheckpoint,
} from '../../src/store/checkpoint-file.ts';
import { sealed } from '../../src/store/durable.ts';
import { FORMAT } from '../../src/store/format.ts';
import { BEGINNING } from '../../src/store/journal.ts';
import { checkpointName, type Layout, layoutOf } from '../../src/store/layout.ts';
import { PLAN } from '../support/core-world.ts';
import { scratch } from './scratch.ts';

const WORKSPACE = { commit: 'c', files: 1, bytes: 2, excluded: [], skipped: [], repositories: [] };
/** 2026-01-01T00:00:00Z. */
const NEW_YEAR = 1_767_225_600;

function checkpoint(number: number, session = 'night-7'): Omit<Checkpoint, 'schema'> {
  return {
    session,
    number,
    trigger: 'interval',
    wall: 'w',
    unixSeconds: NEW_YEAR + number * 60,
    previous: null,
    journal: BEGINNING,
    workspace: WORKSPACE,
    agents: {},
    state: created(PLAN),
  };
}

function withCheckpoints(...numbers: readonly number[]): Layout {
  const layout = layoutOf(scratch());
  mkdirSync(layout.checkpoints);
  for (const number of numbers) writeCheckpoint(layout, checkpoint(number));
  return layout;
}

function file(layout: Layout, number: number): string {
  return join(layout.checkpoints, checkpointName(number));
}

test('a checkpoint reads back as it was written, under the seal that was told', () => {
  const layout = withCheckpoints();
  const seal = writeCheckpoint(layout, checkpoint(1));
  expect(readCheckpoint(layout, 'night-7', 1)).toEqual({
    is: 'good',
    number: 1,
    checkpoint: { schema: FORMAT, ...checkpoint(1), sha256: undefined },
    sha256: seal,
  });
  expect(readdirSync(layout.checkpoints)).toEqual(['checkpoint_001.json']);
});

test('the newest checkpoint is taken when all are whole', () => {
  const layout = withCheckpoints(1, 2, 3);
  expect(newestGood(layout, 'night-7')).toMatchObject({ good: { number: 3 }, damaged: [] });
  expect(newestGood(layout, 'night-7', 2)).toMatchObject({ good: { number: 2 }, damaged: [] });
});

test('damaged ones are skipped, newest first, and it is said which and why', () => {
  const layout = withCheckpoints(1, 2, 3, 4, 5);
  truncateSync(file(layout, 5), 100);
  writeFileSync(file(layout, 4), '');
  rmSync(file(layout, 3));
  mkdirSync(file(layout, 3));
  const { good, damaged } = newestGood(layout, 'night-7');
  expect(good?.number).toBe(2);
  expect(damaged).toMatchObject([
    { number: 5, reason: 'its contents do not match its checksum' },
    { number: 4, reason: 'its contents do not match its checksum' },
    { number: 3, reason: expect.stringContaining('EISDIR') },
  ]);
});

test('a single changed digit in the state makes a checkpoint damaged', () => {
  const layout = withCheckpoints(1);
  const text = readFileSync(file(layout, 1), 'utf8');
  writeFileSync(file(layout, 1), text.replace('"nextTurn": 1', '"nextTurn": 2'));
  expect(readFileSync(file(layout, 1), 'utf8')).not.toBe(text);
  expect(readCheckpoint(layout, 'night-7', 1)).toMatchObject({ is: 'damaged', number: 1 });
});

test('with nothing whole there is no good one, and every damaged one is listed', () => {
  const layout = withCheckpoints(1, 2);
  for (const number of [1, 2]) writeFileSync(file(layout, number), 'nonsense');
  expect(newestGood(layout, 'night-7')).toMatchObject({ good: null, damaged: [{ number: 2 }, { number: 1 }] });
  expect(newestGood(layoutOf(join(layout.root, 'missing')), 'night-7')).toEqual({ good: null, damaged: [] });
});

test('a checkpoint of another session is refused by name', () => {
  const layout = withCheckpoints(1);
  writeCheckpoint(layout, checkpoint(2, 'night-6'));
  expect(readCheckpoint(layout, 'night-7', 2)).toMatchObject({
    is: 'damaged',
    reason: 'it belongs to the session "night-6"',
  });
  expect(newestGood(layout, 'night-7').good?.number).toBe(1);
});

test('a checkpoint copied under another number is refused', () => {
  const layout = withCheckpoints(1, 2);
  copyFileSync(file(layout, 1), file(layout, 9));
  expect(newestGood(layout, 'night-7')).toMatchObject({
    good: { number: 2 },
    damaged: [{ number: 9, reason: 'it is checkpoint 1 under another name' }],
  });
});

test('a checkpoint of a newer format is refused with a sentence, not guessed at', () => {
  const layout = withCheckpoints(1);
  writeFileSync(file(layout, 2), sealed({ schema: FORMAT + 1, ...checkpoint(2) }));
  expect(readCheckpoint(layout, 'night-7', 2)).toMatchObject({
    is: 'damaged',
    reason: `it was written by another version (format ${FORMAT + 1}, this version reads ${FORMAT})`,
  });
});

test('numbers past 999 come after it, and nothing but checkpoints is counted', () => {
  const layout = withCheckpoints(1000, 2, 999);
  for (const name of ['.checkpoint_003.json.12.0.tmp', 'checkpoint_004.json.corrupt', 'checkpoint_5.json', 'notes.txt'])
    writeFileSync(join(layout.checkpoints, name), 'x');
  expect(checkpointNumbers(layout)).toEqual([2, 999, 1000]);
  expect(newestGood(layout, 'night-7').good?.number).toBe(1000);
});

test.each([
  ['latest', 1000],
  ['2', 2],
  ['002', 2],
  ['checkpoint_002.json', 2],
  ['checkpoint_002', 2],
  ['checkpoint_1000.json', 1000],
  ['test_runs/night-7/checkpoints/checkpoint_003.json', 3],
  ['./checkpoint_003.json', 3],
  [`${NEW_YEAR + 180}`, 3],
  [`${NEW_YEAR + 239}`, 3],
  [`checkpoint_${NEW_YEAR + 130}.json`, 2],
])('a person who writes %s means checkpoint %i', (wanted, number) => {
  expect(resolveCheckpoint(withCheckpoints(1, 2, 3, 1000), 'night-7', wanted)).toBe(number);
});

test.each([
  ['4', 'there is no checkpoint 4; there are numbers 1 to 3'],
  ['0', 'there is no checkpoint 0; there are numbers 1 to 3'],
  ['newest', '"newest" names no checkpoint; give a number, a file name, or "latest" (there are numbers 1 to 3)'],
  ['', '"" names no checkpoint'],
  ['-1', '"-1" names no checkpoint'],
  ['1.5', '"1.5" names no checkpoint'],
  ['checkpoint_002.json.tmp', '"checkpoint_002.json.tmp" names no checkpoint'],
  ['1000000000', 'no checkpoint is as old as 2001-09-09T01:46:40.000Z; there are numbers 1 to 3'],
])('a person who writes "%s" is told what there is', (wanted, answer) => {
  expect(resolveCheckpoint(withCheckpoints(1, 2, 3), 'night-7', wanted)).toContain(answer);
});

test('a time is answered by the newest checkpoint before it that is whole', () => {
  const layout = withCheckpoints(1, 2, 3);
  writeFileSync(file(layout, 3), 'torn');
  expect(resolveCheckpoint(layout, 'night-7', `${NEW_YEAR + 3600}`)).toBe(2);
});

test('with one checkpoint, or none, the answer says so', () => {
  expect(resolveCheckpoint(withCheckpoints(5), 'night-7', '4')).toBe(
    'there is no checkpoint 4; there are only number 5',
  );
  expect(resolveCheckpoint(withCheckpoints(), 'night-7', 'latest')).toBe('this session has no checkpoints yet');
});
