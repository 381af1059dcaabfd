// `mega-test resume`: ends what an earlier life left over, reads the state back, goes on.
import { findAgent } from '../agents/find.ts';
import { pidsOfSession } from '../host/processes.ts';
import { killAll } from '../process/tree.ts';
import { readSession } from '../runtime/open.ts';
import { Refusal } from '../runtime/refusal.ts';
import { callControl } from '../server/client.ts';
import { foreignOwner, type Lock, takeLock } from '../store/lock.ts';
import { keepResuming } from './keep.ts';
import { operate } from './operate.ts';
import { lifeOf, type Picked, pick } from './pick.ts';
import type { Flags } from './run-options.ts';
import { wallsFor } from './walls.ts';

export async function resume(id: string, flags: Flags): Promise<number> {
  const picked = pick(String(flags.runsDir), id);
  if (flags.keep === true) return keepResuming(picked, flags);
  const lock = await ownerOf(picked, flags.takeOver === true);
  if (lock === null) return continuePaused(picked);
  try {
    const opened = readSession(picked.layout);
    const { stage } = opened.session;
    if (stage.is === 'done' && stage.ending.is === 'finish')
      throw new Refusal(2, `the session "${id}" is complete; its report is ${picked.layout.report}`);
    const { config, token, cwd } = opened.saved;
    const found = await findAgent(config, process.env, cwd);
    if (found.is === 'missing') throw new Refusal(2, found.text);
    const walls = await wallsFor(config);
    const left = killAll(() => pidsOfSession(token));
    if (left > 0)
      process.stderr.write(
        `mega-test: ${left} processes of the session's earlier life were still running; they are ended\n`,
      );
    const terminal = process.stdout.isTTY === true;
    return await operate({ layout: picked.layout, lock, opened, adapter: found.adapter, walls, terminal }, flags);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** The lock; null when the session lives on this host but is paused, and so can be told to go on. */
async function ownerOf(picked: Picked, takeOver: boolean): Promise<Lock | null> {
  const lock = await takeLock(picked.layout.root);
  if (lock === null) {
    const { standing } = await lifeOf(picked);
    if (standing === 'paused') return null;
    throw new Refusal(
      6,
      `the session "${picked.id}" is running in another process on this host; watch it with "mega-test attach ${picked.id}"`,
    );
  }
  const foreign = foreignOwner(picked.layout, Date.now());
  if (foreign === null || takeOver) return lock;
  await lock.release();
  throw new Refusal(
    6,
    `the session "${picked.id}" seems to be running on "${foreign.host}" (pid ${foreign.pid}); if you have checked that it is not, add --take-over`,
  );
}

async function continuePaused({ id, layout }: Picked): Promise<number> {
  await callControl(layout, '/api/continue', {});
  process.stdout.write(`the paused session "${id}" goes on; watch it with "mega-test attach ${id}"\n`);
  return 0;
}
