// `mega-test session list|restore`: the checkpoints of a session, and going back to one.
import { basename } from 'node:path';
import { readSavedConfig } from '../runtime/open.ts';
import { Refusal } from '../runtime/refusal.ts';
import { restoreOffline } from '../runtime/restore-offline.ts';
import { callControl } from '../server/client.ts';
import { checkpointNumbers, readCheckpoint, resolveCheckpoint } from '../store/checkpoint-file.ts';
import { checkpointName } from '../store/layout.ts';
import { takeLock } from '../store/lock.ts';
import { thinnedNumbers } from '../store/thinned.ts';
import { showDuration } from '../text/duration.ts';
import { type Picked, pick } from './pick.ts';
import type { Flags } from './run-options.ts';

export async function listCheckpoints(flags: Flags): Promise<number> {
  const { id, layout } = pick(String(flags.runsDir), String(flags.sessionId));
  const thinned = thinnedNumbers(layout);
  const rows = checkpointNumbers(layout).map((number) => {
    const reading = readCheckpoint(layout, id, number);
    const file = checkpointName(number);
    if (reading.is === 'damaged') return { number, file, state: 'damaged', reason: reading.reason } as const;
    const { trigger, wall, state, workspace, agents } = reading.checkpoint;
    const sessionSeconds = Math.round(state.clock.workingMs / 1000);
    const { files, bytes, excluded } = workspace;
    const tasks = Object.values(agents).filter(({ task }) => task !== null).length;
    return {
      number,
      file,
      state: thinned.has(number) ? 'thinned' : 'good',
      trigger,
      wall,
      session_seconds: sessionSeconds,
      files,
      bytes,
      excluded,
      resumable_agents: tasks,
    } as const;
  });
  if (flags.json === true) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
  else if (rows.length === 0) process.stdout.write(`the session "${id}" has no checkpoints yet\n`);
  else
    for (const row of rows)
      process.stdout.write(
        row.state === 'damaged'
          ? `${row.file}  damaged: ${row.reason}\n`
          : `${row.file}  ${row.wall}  after ${showDuration(row.session_seconds * 1000).padEnd(12)} ${row.trigger.padEnd(10)} ${row.files} files${row.state === 'thinned' ? ', snapshot removed for want of space' : ''}\n`,
      );
  return 0;
}

export async function restoreCheckpoint(flags: Flags): Promise<number> {
  const picked = pick(String(flags.runsDir), String(flags.sessionId));
  const wanted = String(flags.checkpoint);
  const number = resolveCheckpoint(picked.layout, picked.id, wanted);
  if (typeof number === 'string') throw new Refusal(2, number);
  if (basename(wanted) !== checkpointName(number)) process.stdout.write(`"${wanted}" is ${checkpointName(number)}\n`);
  const rewindClock = flags.rewindClock === true;
  const lock = await takeLock(picked.layout.root);
  if (lock === null) return restoreRunning(picked, number, rewindClock);
  try {
    const { restored, notes } = await restoreOffline(
      picked.layout,
      readSavedConfig(picked.layout),
      number,
      rewindClock,
    );
    for (const note of notes) process.stderr.write(`mega-test: ${note}\n`);
    tell(picked, restored, number);
    process.stdout.write(`go on with: mega-test resume ${picked.id}\n`);
    return 0;
  } finally {
    await lock.release();
  }
}

/** A running session does it itself: pause, save, restore, go on. */
async function restoreRunning(picked: Picked, number: number, rewindClock: boolean): Promise<number> {
  const { status, body } = await callControl(picked.layout, '/api/restore', { number, rewindClock });
  if (status !== 200 || typeof body.restored !== 'number')
    throw new Refusal(5, `the running session could not restore checkpoint ${number}: ${String(body.error)}`);
  tell(picked, body.restored, number);
  process.stdout.write('the session is running and goes on from there\n');
  return 0;
}

function tell({ id }: Picked, restored: number, wanted: number): void {
  const instead =
    restored === wanted ? '' : ` (checkpoint ${wanted} is damaged; this is the newest good one before it)`;
  process.stdout.write(
    `restored ${checkpointName(restored)} of "${id}"${instead}; what was there before is kept in snapshots.git under refs/rescued/\n`,
  );
}
