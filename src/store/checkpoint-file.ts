// Checkpoint files: one a checkpoint, sealed, numbered without reuse. A damaged one is seen and an older one taken.
import { join } from 'node:path';
import { again } from '../host/again.ts';
import type { Trigger } from '../session/event.ts';
import type { Session } from '../session/state.ts';
import { sealed, unsealed, writeDurable } from './durable.ts';
import { FORMAT } from './format.ts';
import type { Position } from './journal.ts';
import { checkpointName, type Layout } from './layout.ts';
import { thinnedNumbers } from './thinned.ts';

export interface Checkpoint {
  readonly schema: number;
  readonly session: string;
  readonly number: number;
  readonly trigger: Trigger;
  /** Wall time, ISO 8601 and in seconds since the epoch, for people. */
  readonly wall: string;
  readonly unixSeconds: number;
  /** Seal of the checkpoint before; null for the first. */
  readonly previous: string | null;
  /** Events up to here are in `state`; what follows them is replayed. */
  readonly journal: Position;
  readonly workspace: WorkspaceRecord;
  readonly agents: Readonly<Record<string, AgentRecord>>;
  readonly state: Session;
}

/** What of the project is in the snapshot, and what is knowingly not. */
export interface WorkspaceRecord {
  /** Commit in snapshots.git that holds every file. */
  readonly commit: string;
  readonly files: number;
  readonly bytes: number;
  /** Folders left out: caches that can be rebuilt. */
  readonly excluded: readonly string[];
  /** Entries that cannot be kept: sockets, pipes, devices, unreadable files, with the reason. */
  readonly skipped: readonly string[];
  /** Git repositories found in the project; their .git folders are kept whole. */
  readonly repositories: readonly string[];
}

export interface AgentRecord {
  /** Files of the agent's own resumable state in the snapshot. */
  readonly files: number;
  /** The agent's own task at that time. */
  readonly task: string | null;
}

/** Writes a checkpoint; when this returns it survives a power cut. Returns its seal. */
export function writeCheckpoint(layout: Layout, checkpoint: Omit<Checkpoint, 'schema'>): string {
  const text = sealed({ schema: FORMAT, ...checkpoint });
  const read = unsealed(text);
  if (read === null) throw new Error('assertion failed: a checkpoint does not read back as written');
  writeDurable(join(layout.checkpoints, checkpointName(checkpoint.number)), text, { files: layout.files });
  return read.sha256;
}

/** A checkpoint file that was looked at. */
export type CheckpointReading =
  | { readonly is: 'good'; readonly number: number; readonly checkpoint: Checkpoint; readonly sha256: string }
  | { readonly is: 'damaged'; readonly number: number; readonly reason: string };

export function readCheckpoint(layout: Layout, session: string, number: number): CheckpointReading {
  const damaged = (reason: string): CheckpointReading => ({ is: 'damaged', number, reason });
  let text: string;
  try {
    text = again(() => layout.files.readText(join(layout.checkpoints, checkpointName(number))));
  } catch (error) {
    return damaged((error as Error).message);
  }
  const read = unsealed(text);
  if (read === null) return damaged('its contents do not match its checksum');
  const checkpoint = read.value as Checkpoint;
  if (checkpoint.schema !== FORMAT)
    return damaged(`it was written by another version (format ${checkpoint.schema}, this version reads ${FORMAT})`);
  if (checkpoint.session !== session) return damaged(`it belongs to the session "${checkpoint.session}"`);
  if (checkpoint.number !== number) return damaged(`it is checkpoint ${checkpoint.number} under another name`);
  return { is: 'good', number, checkpoint, sha256: read.sha256 };
}

/** Numbers of all checkpoint files, ascending. */
export function checkpointNumbers(layout: Layout): readonly number[] {
  let names: readonly string[];
  try {
    names = again(() => layout.files.list(layout.checkpoints));
  } catch {
    return [];
  }
  return names
    .map((name) => /^checkpoint_(\d{3,9})\.json$/.exec(name))
    .flatMap((match) => (match?.[1] === undefined ? [] : [Number(match[1])]))
    .sort((a, b) => a - b);
}

/** The newest checkpoint that is whole, and the damaged ones that are newer than it. */
export function newestGood(
  layout: Layout,
  session: string,
  notAfter = Number.POSITIVE_INFINITY,
): { readonly good: (CheckpointReading & { is: 'good' }) | null; readonly damaged: readonly CheckpointReading[] } {
  const damaged: CheckpointReading[] = [];
  for (const number of [...checkpointNumbers(layout)].reverse()) {
    if (number > notAfter) continue;
    const reading = readCheckpoint(layout, session, number);
    if (reading.is === 'good') return { good: reading, damaged };
    damaged.push(reading);
  }
  return { good: null, damaged };
}

/** What a person may name a checkpoint by: a number, a file name or path, `latest`, checkpoint_<unix seconds>.json. */
export function resolveCheckpoint(layout: Layout, session: string, wanted: string): number | string {
  const numbers = checkpointNumbers(layout);
  if (numbers.length === 0) return 'this session has no checkpoints yet';
  if (wanted === 'latest') return numbers.at(-1) ?? 'this session has no checkpoints yet';
  const match = /^(?:.*\/)?(?:checkpoint_)?0*(\d{1,12})(?:\.json)?$/.exec(wanted);
  if (match?.[1] === undefined)
    return `"${wanted}" names no checkpoint; give a number, a file name, or "latest" (there are ${range(numbers)})`;
  const named = Number(match[1]);
  const thinned = thinnedNumbers(layout);
  if (numbers.includes(named)) return thinned.has(named) ? withoutSnapshot(named, numbers, thinned) : named;
  if (named < OLDEST_UNIX_SECONDS) return `there is no checkpoint ${named}; there are ${range(numbers)}`;
  const older = [...numbers].reverse().find((number) => {
    if (thinned.has(number)) return false;
    const reading = readCheckpoint(layout, session, number);
    return reading.is === 'good' && reading.checkpoint.unixSeconds <= named;
  });
  return older ?? `no checkpoint is as old as ${new Date(named * 1000).toISOString()}; there are ${range(numbers)}`;
}

function withoutSnapshot(named: number, numbers: readonly number[], thinned: ReadonlySet<number>): string {
  const kept = numbers.filter((number) => !thinned.has(number));
  const near = [kept.findLast((number) => number < named), kept.find((number) => number > named)];
  const nearest = near.filter((number) => number !== undefined).join(' and ');
  return `the snapshot of checkpoint ${named} was removed for want of space; the nearest that are kept: ${nearest}`;
}

/** Anything this large is a time (2001 and later), not a number of ours. */
const OLDEST_UNIX_SECONDS = 1_000_000_000;

function range(numbers: readonly number[]): string {
  return numbers.length === 1 ? `only number ${numbers[0]}` : `numbers ${numbers[0]} to ${numbers.at(-1)}`;
}
