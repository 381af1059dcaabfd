// Restores a checkpoint of a session that does not run: saves what is there, restores, writes it into the journal.
import { SELFWARE_STATE } from '../agents/selfware-state.ts';
import type { Layout } from '../store/layout.ts';
import { agentLayout } from '../store/layout.ts';
import type { Source } from '../workspace/content.ts';
import { DamagedSnapshot } from '../workspace/restore.ts';
import { gitWorkspace } from '../workspace/workspace.ts';
import { restoreGood } from './checkpointing.ts';
import type { SavedConfig } from './create.ts';
import { continueJournal, readSession } from './open.ts';
import { projectSource } from './parts.ts';
import { Refusal } from './refusal.ts';

/** The caller holds the lock. Gives the checkpoint that was restored, older than asked for when that one is damaged. */
export async function restoreOffline(
  layout: Layout,
  saved: SavedConfig,
  number: number,
  rewindClock: boolean,
): Promise<{ readonly restored: number; readonly notes: readonly string[] }> {
  const opened = readSession(layout);
  const project = projectSource({ layout, config: saved.config });
  const workspace = gitWorkspace(layout.snapshots, project);
  const sources = [
    project,
    ...agentSources(
      layout,
      saved,
      opened.session.plan.agents.map(({ name }) => name),
    ),
  ];
  const { seq } = opened.end;
  await workspace
    .setAside(`refs/rescued/before-restore-${seq}`, [project], Math.floor(Date.now() / 1000))
    .catch(() => null);
  const checkpoint = await restoreGood({ id: saved.session, layout, workspace }, number, sources).catch(
    (error: unknown) => {
      if (error instanceof DamagedSnapshot)
        throw new Refusal(5, `checkpoint ${number} cannot be restored: ${error.message}; nothing was changed`);
      throw error;
    },
  );
  const { clock } = checkpoint.state;
  const { journal } = continueJournal(layout, opened.end);
  journal.append({
    seq: seq + 1,
    atMs: opened.session.clock.lastAtMs,
    wall: new Date().toISOString(),
    type: 'checkpoint-restored',
    number: checkpoint.number,
    by: 'person',
    rewindClock,
    phaseClockMs: clock.workingMs + clock.shiftMs,
    insteadOf: checkpoint.number === number ? null : number,
  });
  const unsaved = journal.sync();
  journal.close();
  if (unsaved !== null) throw unsaved;
  return { restored: checkpoint.number, notes: opened.damage };
}

function agentSources(layout: Layout, saved: SavedConfig, agents: readonly string[]): readonly Source[] {
  if (saved.agent.kind === 'command') return [];
  return agents.map((name) => ({
    name: `agents/${name}`,
    root: agentLayout(layout, name).home,
    exclude: [],
    only: SELFWARE_STATE,
  }));
}
