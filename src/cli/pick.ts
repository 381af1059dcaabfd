// Which session a command is about, and how it really stands: the word in its file, and whether anybody lives.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Refusal } from '../runtime/refusal.ts';
import { isLiveWord, type StatusWord } from '../session/words.ts';
import { type Layout, layoutOf, SESSION_ID } from '../store/layout.ts';
import { foreignOwner, isLocked } from '../store/lock.ts';
import { readStatus, sessionIds } from '../store/sessions.ts';

export interface Picked {
  readonly id: string;
  readonly layout: Layout;
}

/** The named session, or the newest one. Throws a Refusal that says which there are. */
export function pick(runsDir: string, id: string | undefined): Picked {
  const folder = resolve(runsDir);
  const ids = sessionIds(folder);
  const chosen = id ?? ids.at(-1);
  if (chosen === undefined)
    throw new Refusal(
      2,
      `there are no sessions in ${folder}; begin one with "mega-test run", or name the folder with --runs-dir`,
    );
  if (!SESSION_ID.test(chosen))
    throw new Refusal(2, `"${chosen}" is no session id; ids match ^[a-z0-9][a-z0-9._-]{0,63}$`);
  const layout = layoutOf(join(folder, chosen));
  if (!existsSync(layout.root) || !ids.includes(chosen)) {
    const known = ids.length === 0 ? 'there are none' : `there are ${ids.slice(-8).join(', ')}`;
    throw new Refusal(2, `there is no session "${chosen}" in ${folder}; ${known}`);
  }
  return { id: chosen, layout };
}

/** What a session is, as any reader can tell. */
export type Standing = StatusWord | 'orphaned' | 'damaged';

export interface Life {
  readonly standing: Standing;
  /** Somebody on this host holds its lock. */
  readonly alive: boolean;
  /** A host that we cannot see into seems to own it. */
  readonly foreignHost: string | null;
}

export async function lifeOf({ layout }: Picked): Promise<Life> {
  const word = readStatus(layout);
  const alive = await isLocked(layout.root);
  const foreignHost = alive ? null : (foreignOwner(layout, Date.now())?.host ?? null);
  const owned = alive || foreignHost !== null;
  if (word === null) return { standing: owned ? 'running' : 'damaged', alive, foreignHost };
  const dead = !owned && (isLiveWord(word) || (word === 'paused' && existsSync(layout.owner)));
  return { standing: dead ? 'orphaned' : word, alive, foreignHost };
}
