// Reads a session back from its directory: the newest good checkpoint, then what the journal says happened after it.
import { again } from '../host/again.ts';
import { isDiskTrouble } from '../host/disk.ts';
import type { StampedEvent } from '../session/event.ts';
import { created, readBack, type Session } from '../session/state.ts';
import { step } from '../session/step.ts';
import { type CheckpointReading, newestGood } from '../store/checkpoint-file.ts';
import { unsealed } from '../store/durable.ts';
import { FORMAT } from '../store/format.ts';
import { BEGINNING, firstSeq, JournalWriter, leadsTo, type Position, readJournal } from '../store/journal.ts';
import type { Layout } from '../store/layout.ts';
import type { SavedConfig } from './create.ts';
import { Refusal } from './refusal.ts';

export interface Opened {
  readonly saved: SavedConfig;
  readonly session: Session;
  /** Where the journal's good part ends: the next event goes there. */
  readonly end: Position;
  /** Wall time of the last event, ISO 8601. */
  readonly lastWall: string | null;
  readonly lastCheckpoint: number | null;
  /** What was found damaged, and what was taken instead: for the log and the person. */
  readonly damage: readonly string[];
}

/** The saved configuration. Throws a Refusal when it is not there or not whole. */
export function readSavedConfig(layout: Layout): SavedConfig {
  let text: string;
  try {
    text = again(() => layout.files.readText(layout.config));
  } catch (error) {
    throw isDiskTrouble(error)
      ? unreadable(layout.config, error)
      : new Refusal(5, `${layout.config} is missing: without it the session cannot go on`);
  }
  const read = unsealed(text);
  if (read === null) throw new Refusal(5, `${layout.config} is damaged: its contents do not match its checksum`);
  const saved = read.value as SavedConfig;
  if (saved.schema !== FORMAT)
    throw new Refusal(
      5,
      `${layout.config} was written by another version (format ${saved.schema}, this one reads ${FORMAT}): go on with the one that began it (${saved.version})`,
    );
  return saved;
}

/** The disk does not give a file that is there: nothing is known to be lost, so nothing is replaced or cut off. */
function unreadable(path: string, error: unknown): Refusal {
  return new Refusal(5, `${path} cannot be read (${(error as Error).message}); resume when the disk gives it again`);
}

/** Reads the whole state. Changes nothing on disk. Throws a Refusal when nothing good is left, or cannot be read. */
export function readSession(layout: Layout): Opened {
  try {
    return readAll(layout);
  } catch (error) {
    throw isDiskTrouble(error) ? unreadable(layout.journal, error) : error;
  }
}

function readAll(layout: Layout): Opened {
  const saved = readSavedConfig(layout);
  const { good, damaged } = newestGood(layout, saved.session);
  const damage = damaged.flatMap((one) =>
    one.is === 'damaged' ? [`checkpoint ${one.number} is damaged (${one.reason})`] : [],
  );
  const fromCheckpoint =
    good === null ? null : replay(layout, good.checkpoint.journal, readBack(good.checkpoint.state));
  // With all of the journal after the checkpoint there is nothing better; else its beginning may lead further.
  const whole = fromCheckpoint !== null && fromCheckpoint.lost === 0;
  const fromStart = whole ? null : replay(layout, BEGINNING, null);
  const best = better(fromCheckpoint, fromStart);
  if (best === null)
    throw new Refusal(
      5,
      `neither the journal nor any checkpoint of "${saved.session}" can be read (${[...damage, 'journal.ndjson'].join('; ')})`,
    );
  if (best.lost > 0) damage.push(`the last ${best.lost} bytes of journal.ndjson are no whole events`);
  return {
    saved,
    session: best.session,
    end: best.end,
    lastWall: best.lastWall ?? good?.checkpoint.wall ?? null,
    lastCheckpoint: good?.number ?? null,
    damage: [...damage, ...instead(good, damaged)],
  };
}

function instead(
  good: (CheckpointReading & { readonly is: 'good' }) | null,
  damaged: readonly CheckpointReading[],
): readonly string[] {
  if (damaged.length === 0) return [];
  return [good === null ? 'no checkpoint is whole' : `checkpoint ${good.number} is the newest good one`];
}

interface Replayed {
  readonly session: Session;
  readonly end: Position;
  readonly lost: number;
  readonly lastWall: string | null;
}

function replay(layout: Layout, position: Position, base: Session | null): Replayed | null {
  const from = placeOf(layout, position);
  if (from === null) return base === null ? null : { session: base, end: position, lost: 0, lastWall: null };
  return replayFrom(layout, from, base);
}

/**
 * Where in the journal to go on from a position: there, or at its beginning when it was begun anew just after that
 * event; null when it does not lead on from there.
 */
function placeOf(layout: Layout, position: Position): Position | null {
  if (!layout.files.exists(layout.journal)) return null;
  if (leadsTo(layout, position)) return position;
  return firstSeq(layout) === position.seq + 1 ? { ...BEGINNING, seq: position.seq } : null;
}

function replayFrom(layout: Layout, from: Position, base: Session | null): Replayed | null {
  let session = base;
  let lastWall: string | null = null;
  const { position, lost } = readJournal(layout, from, (event: StampedEvent) => {
    if (event.type === 'session-created') session = created(event.plan);
    if (session !== null) session = step(session, event)[0];
    lastWall = event.wall;
  });
  return session === null ? null : { session, end: position, lost, lastWall };
}

function better(one: Replayed | null, other: Replayed | null): Replayed | null {
  if (one === null) return other;
  if (other === null) return one;
  return other.end.seq > one.end.seq ? other : one;
}

/**
 * A journal that does not lead up to where we go on is put aside and a new one begun; nothing is deleted. Throws what the
 * system says.
 */
export function repairJournal(
  layout: Layout,
  end: Position,
): { readonly position: Position; readonly aside: string | null } {
  if (leadsTo(layout, end)) return { position: end, aside: null };
  const aside = `${layout.journal}.corrupt-${end.seq}`;
  if (layout.files.exists(layout.journal)) layout.files.rename(layout.journal, aside);
  return { position: { bytes: 0, seq: end.seq, crc: BEGINNING.crc }, aside };
}

/**
 * Opens the journal to go on after an event. Throws a Refusal when the disk does not let us: a session whose events cannot
 * be written does not begin.
 */
export function continueJournal(
  layout: Layout,
  end: Position,
): { readonly journal: JournalWriter; readonly aside: string | null } {
  try {
    const { position, aside } = repairJournal(layout, end);
    return { journal: new JournalWriter(layout, position), aside };
  } catch (error) {
    if (!isDiskTrouble(error)) throw error;
    throw new Refusal(
      4,
      `${layout.journal} cannot be written (${(error as Error).message}); nothing is lost: resume when the disk is well again`,
    );
  }
}
