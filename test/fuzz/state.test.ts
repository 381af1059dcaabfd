// Damaged files of a session: what is read back is what was written, or a refusal; never another error, never a guess.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { lifeOf, pick } from '../../src/cli/pick.ts';
import { readSession, repairJournal } from '../../src/runtime/open.ts';
import { Refusal } from '../../src/runtime/refusal.ts';
import type { Session } from '../../src/session/state.ts';
import { created } from '../../src/session/state.ts';
import { step } from '../../src/session/step.ts';
import { STATUS_WORDS } from '../../src/session/words.ts';
import { readCheckpoint, writeCheckpoint } from '../../src/store/checkpoint-file.ts';
import { sealed } from '../../src/store/durable.ts';
import { FORMAT } from '../../src/store/format.ts';
import { BEGINNING, JournalWriter, readJournal } from '../../src/store/journal.ts';
import { layoutOf } from '../../src/store/layout.ts';
import { readStatus, writeStatus } from '../../src/store/sessions.ts';
import { CoreWorld, PLAN } from '../support/core-world.ts';
import { damaged, inTime, runs } from './runs.ts';

const runsDir = mkdtempSync(join(tmpdir(), 'mega-fuzz-'));
afterAll(() => rmSync(runsDir, { recursive: true, force: true }));
const layout = layoutOf(join(runsDir, 's'));
/** The session after each of its events, by their number. */
const STATES = new Map<number, string>();
const WHOLE = makeSession();

/** A short session on disk, with a checkpoint in its middle. */
function makeSession(): Readonly<Record<'journal' | 'config' | 'checkpoint' | 'status', Buffer>> {
  mkdirSync(layout.checkpoints, { recursive: true });
  writeFileSync(layout.config, sealed({ schema: FORMAT, session: 's', token: 't' }));
  writeStatus(layout, 'running');
  const world = new CoreWorld();
  world.pass(60_000);
  const journal = new JournalWriter(layout, BEGINNING);
  let session: Session = created(PLAN);
  for (const event of world.events) {
    journal.append(event);
    session = step(session, event)[0];
    STATES.set(event.seq, JSON.stringify(session));
    if (event.seq === Math.floor(world.events.length / 2))
      writeCheckpoint(layout, {
        session: 's',
        number: 1,
        trigger: 'interval',
        wall: event.wall,
        unixSeconds: 1,
        previous: null,
        journal: journal.end,
        workspace: { commit: 'c', files: 1, bytes: 1, excluded: [], skipped: [], repositories: [] },
        agents: {},
        state: session,
      });
  }
  journal.sync();
  journal.close();
  const bytes = (path: string) => readFileSync(path);
  return {
    journal: bytes(layout.journal),
    config: bytes(layout.config),
    checkpoint: bytes(join(layout.checkpoints, 'checkpoint_001.json')),
    status: bytes(layout.status),
  };
}

function put(files: Readonly<Record<keyof typeof WHOLE, Buffer>>): void {
  writeFileSync(layout.journal, files.journal);
  writeFileSync(layout.config, files.config);
  writeFileSync(join(layout.checkpoints, 'checkpoint_001.json'), files.checkpoint);
  writeFileSync(layout.status, files.status);
}

/** The state read back is one that the session really had; else it is refused with exit code 5. */
function readBack(): void {
  try {
    const { session, end } = inTime(() => readSession(layout));
    expect(JSON.stringify(session)).toBe(STATES.get(end.seq));
    repairJournal(layout, end);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    expect(error.exitCode).toBe(5);
  }
}

test.each(['journal', 'checkpoint', 'config'] as const)('a damaged %s', (name) => {
  fc.assert(
    fc.property(damaged(WHOLE[name]), (bytes) => {
      put({ ...WHOLE, [name]: bytes });
      readBack();
    }),
    runs(4),
  );
});

test('several damaged files at once, and random ones', () => {
  const any = (name: keyof typeof WHOLE) =>
    fc.oneof(
      { weight: 3, arbitrary: damaged(WHOLE[name]) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes)) },
    );
  fc.assert(
    fc.property(any('journal'), any('checkpoint'), fc.boolean(), (journal, checkpoint, both) => {
      put({ ...WHOLE, journal, checkpoint: both ? checkpoint : WHOLE.checkpoint });
      readBack();
    }),
    runs(4),
  );
});

test('lines of a journal in another order, doubled or left out: only what follows is accepted', () => {
  const lines = WHOLE.journal.toString('utf8').trimEnd().split('\n');
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: lines.length - 1 }), { maxLength: 30 }),
      fc.nat({ max: lines.length }),
      (picks, head) => {
        const kept = [...lines.slice(0, head), ...picks.map((index) => lines[index] ?? '')];
        put({ ...WHOLE, journal: Buffer.from(`${kept.join('\n')}\n`) });
        const seen: number[] = [];
        readJournal(layout, BEGINNING, ({ seq }) => seen.push(seq));
        expect(seen).toEqual(seen.map((_, index) => index + 1));
        readBack();
      },
    ),
    runs(2),
  );
});

test('a checkpoint is good only as it was written', () => {
  fc.assert(
    fc.property(damaged(WHOLE.checkpoint), (bytes) => {
      put({ ...WHOLE, checkpoint: bytes });
      const reading = readCheckpoint(layout, 's', 1);
      expect(reading.is === 'good').toBe(bytes.equals(WHOLE.checkpoint));
    }),
    runs(4),
  );
});

test('owner.json, control.json and status with anything in them: a reader gets an answer', async () => {
  const anything = fc.oneof(
    fc.json(),
    fc.string({ unit: 'binary' }),
    fc.constant('{"pid":1,"startTicks":"x","bootId":null,"host":7}'),
  );
  await fc.assert(
    fc.asyncProperty(
      anything,
      anything,
      fc.oneof(anything, fc.constantFrom(...STATUS_WORDS.map((word) => `${word}\n`))),
      async (owner, control, status) => {
        put({ ...WHOLE, status: Buffer.from(status) });
        writeFileSync(layout.owner, owner);
        writeFileSync(layout.control, control);
        const word = readStatus(layout);
        expect(word === null || STATUS_WORDS.includes(word)).toBe(true);
        const { standing } = await lifeOf(pick(runsDir, 's'));
        expect(standing).toEqual(expect.any(String));
      },
    ),
    runs(),
  );
});
