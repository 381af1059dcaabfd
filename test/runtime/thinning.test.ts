// Old snapshots on a full disk: told first, then gone; whoever asks for one is told so, and everything else is restored.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { restoreDrill } from '../../src/judge/drill.ts';
import { restoreGood } from '../../src/runtime/checkpointing.ts';
import { projectSource } from '../../src/runtime/parts.ts';
import { Thinning } from '../../src/runtime/thinning.ts';
import { readCheckpoint, resolveCheckpoint } from '../../src/store/checkpoint-file.ts';
import { markThinned, thinnedNumbers } from '../../src/store/thinned.ts';
import { KeptSession } from './kept-session.ts';

async function withTwelve(): Promise<KeptSession> {
  const kept = await KeptSession.begin();
  for (let number = 1; number <= 12; number++)
    await kept.keep(number, { 'a.txt': `state ${number}\n` }, number === 4 ? 'phase-end' : 'interval');
  return kept;
}

const text = (kept: KeptSession) => readFileSync(join(kept.layout.project, 'a.txt'), 'utf8');
const drill = { upTo: 12, maxMs: 60_000 };
const GONE = [1, 2, 3, 5, 6, 7];

test('old snapshots are given up, the rest is restored; files of all stay, and readers know', async () => {
  const kept = await withTwelve();
  const thinning = new Thinning(kept, () => 1e9);
  await thinning.choose();
  expect(kept.posted).toEqual([{ type: 'checkpoints-thinned', numbers: GONE }]);
  expect(await restoreDrill(kept.layout, 's', drill)).toEqual({ proven: 12, bad: [], left: 0 });
  await thinning.thin(GONE);
  expect(kept.posted.at(-1)).toMatchObject({ type: 'disk-freed', what: 'snapshots of 6 old checkpoints' });
  expect([...thinnedNumbers(kept.layout)]).toEqual(GONE);
  expect(await restoreDrill(kept.layout, 's', drill)).toEqual({ proven: 6, bad: [], left: 0 });
  for (const number of GONE) expect(readCheckpoint(kept.layout, 's', number).is).toBe('good');
  expect(resolveCheckpoint(kept.layout, 's', '5')).toBe(
    'the snapshot of checkpoint 5 was removed for want of space; the nearest that are kept: 4 and 8',
  );
  expect(resolveCheckpoint(kept.layout, 's', 'latest')).toBe(12);
  expect((await restoreGood(kept, 7, [projectSource(kept)])).number).toBe(4);
  expect(text(kept)).toBe('state 4\n');
  expect((await restoreGood(kept, 12, [projectSource(kept)])).number).toBe(12);
  expect(text(kept)).toBe('state 12\n');
  kept.posted.length = 0;
  await thinning.choose();
  expect(kept.posted).toEqual([]);
});

test('what a kill left of a thinning, listed and still there, is given up again', async () => {
  const kept = await withTwelve();
  const thinning = new Thinning(kept, () => 1e9);
  markThinned(kept.layout, GONE);
  await thinning.choose();
  expect(kept.posted).toEqual([{ type: 'checkpoints-thinned', numbers: GONE }]);
  await thinning.thin(GONE);
  await thinning.choose();
  expect(kept.posted.map(({ type }) => type)).toEqual(['checkpoints-thinned', 'disk-freed']);
});

test('while the journal cannot be saved nothing is removed', async () => {
  const kept = await withTwelve();
  const journal = { sync: () => new Error('no space') } as unknown as KeptSession['journal'];
  await new Thinning({ ...partsOf(kept), journal }, () => 1e9).thin(GONE);
  expect(kept.said).toEqual(['old snapshots could not be removed: no space']);
  expect(await restoreDrill(kept.layout, 's', drill)).toEqual({ proven: 12, bad: [], left: 0 });
});

test('where there is no room to write anew what stays, it is said and nothing is given up', async () => {
  const kept = await withTwelve();
  await new Thinning(kept, () => 10).choose();
  expect(kept.posted).toEqual([]);
  expect(kept.said[0]).toContain('6 snapshots could be removed, but that needs');
});

function partsOf(kept: KeptSession) {
  const { id, layout, lane, workspace, log, post, session } = kept;
  return { id, layout, lane, workspace, log, post, session };
}
