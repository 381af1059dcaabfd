// The runs directory: making a session directory whole or not at all, finding sessions, reading one without owning it.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { STATUS_WORDS, type StatusWord } from '../session/words.ts';
import { syncFolder, writeDurable } from './durable.ts';
import { type Layout, layoutOf, SESSION_ID } from './layout.ts';

/**
 * Makes a session directory: `fill` writes into a folder beside it, which then takes its name in one step. Throws what
 * the system says; nothing half-made stays under the session's name.
 */
export async function createSessionDirectory(
  root: string,
  runsDir: string,
  fill: (draft: Layout) => void | Promise<void>,
): Promise<Layout> {
  const draft = join(runsDir, `.creating-${process.pid}-${Date.now().toString(36)}`);
  mkdirSync(draft, { mode: 0o700 });
  try {
    await fill(layoutOf(draft));
    syncFolder(draft);
    renameSync(draft, root);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
  syncFolder(runsDir);
  return layoutOf(root);
}

/** Ids of the sessions in a runs directory, oldest first; anything that is not a session is left out. */
export function sessionIds(runsDir: string): readonly string[] {
  if (!existsSync(runsDir)) return [];
  return readdirSync(runsDir)
    .filter((name) => SESSION_ID.test(name) && existsSync(layoutOf(join(runsDir, name)).journal))
    .map((name) => ({
      name,
      bornMs: statSync(layoutOf(join(runsDir, name)).config, { throwIfNoEntry: false })?.mtimeMs ?? 0,
    }))
    .sort((a, b) => a.bornMs - b.bornMs || a.name.localeCompare(b.name))
    .map(({ name }) => name);
}

/** A free id like the given one: the same with the next number behind it. */
export function freeId(runsDir: string, id: string): string {
  const base = id.replace(/-\d+$/, '').slice(0, 58);
  for (let n = 2; ; n++) if (!existsSync(join(runsDir, `${base}-${n}`))) return `${base}-${n}`;
}

export function writeStatus(layout: Layout, word: StatusWord): void {
  writeDurable(layout.status, `${word}\n`, { files: layout.files });
}

/** The word in the file `status`; null when it is missing or not one of the words. */
export function readStatus(layout: Layout): StatusWord | null {
  try {
    const text = layout.files.readText(layout.status);
    return STATUS_WORDS.find((word) => text === `${word}\n`) ?? null;
  } catch {
    return null;
  }
}
