// Writes checkpoints and brings them back: the workspace, the agents' own state and ours, joined under one number.
import { isDiskTrouble } from '../host/disk.ts';
import type { Trigger } from '../session/event.ts';
import {
  type AgentRecord,
  type Checkpoint,
  newestGood,
  readCheckpoint,
  writeCheckpoint,
} from '../store/checkpoint-file.ts';
import { agentLayout } from '../store/layout.ts';
import { thinnedNumbers } from '../store/thinned.ts';
import type { Source } from '../workspace/content.ts';
import { DamagedSnapshot } from '../workspace/restore.ts';
import { agentSource, projectSource, type SessionParts } from './parts.ts';

/** After so many snapshots their packs are joined. */
const TIDY_EVERY = 40;

export class Checkpointing {
  readonly #parts: SessionParts;
  #lastSeal: string | null;

  constructor(parts: SessionParts, lastSeal: string | null) {
    this.#parts = parts;
    this.#lastSeal = lastSeal;
  }

  /** Answers with checkpoint-written once it survives a power cut, else with checkpoint-failed. */
  async write(number: number, trigger: Trigger): Promise<void> {
    const { post, clock } = this.#parts;
    const startMs = clock.nowMs();
    try {
      const { sha256, workspace } = await this.#parts.lane.run(() => this.#write(number, trigger));
      const { commit, files, bytes } = workspace;
      const tookMs = clock.nowMs() - startMs;
      post({ type: 'checkpoint-written', number, trigger, sha256, commit, files, bytes, tookMs });
      if (number % TIDY_EVERY === 0) void this.#parts.lane.run(() => this.#parts.workspace.tidy()).catch(() => {});
    } catch (error) {
      const { message } = error as Error;
      if (isDiskTrouble(error)) post({ type: 'disk-filled', path: 'checkpoints/' });
      post({ type: 'checkpoint-failed', number, trigger, reason: message.slice(0, 300) });
    }
  }

  async #write(
    number: number,
    trigger: Trigger,
  ): Promise<{ readonly sha256: string; readonly workspace: Checkpoint['workspace'] }> {
    const { id, layout, journal, clock, session, workspace: code } = this.#parts;
    // State and journal position belong together: both are taken in this moment, before anything is awaited.
    const unsaved = journal.sync();
    if (unsaved !== null) throw unsaved;
    const state = session();
    const position = journal.end;
    const unixSeconds = Math.floor(clock.wallMs() / 1000);
    const snapshot = await code.keep(`refs/checkpoints/${number}`, this.#sources(), unixSeconds);
    const project = snapshot.sources.project;
    if (project === undefined) throw new Error('assertion failed: a snapshot without the project');
    const workspace = { commit: snapshot.commit, ...project };
    const agents = Object.fromEntries(
      state.plan.agents.map(({ name }) => [
        name,
        this.#agentRecord(name, snapshot.sources[`agents/${name}`]?.files ?? 0),
      ]),
    );
    const sha256 = writeCheckpoint(layout, {
      session: id,
      number,
      trigger,
      wall: new Date(clock.wallMs()).toISOString(),
      unixSeconds,
      previous: this.#lastSeal,
      journal: position,
      workspace,
      agents,
      state,
    });
    this.#lastSeal = sha256;
    return { sha256, workspace };
  }

  #sources(): readonly Source[] {
    const { session } = this.#parts;
    const agents = session().plan.agents.map(({ name }) => agentSource(this.#parts, name));
    return [projectSource(this.#parts), ...agents.filter((source) => source !== null)];
  }

  #agentRecord(agent: string, files: number): AgentRecord {
    const { adapter, layout, session } = this.#parts;
    const at = session().agents[agent]?.at;
    const named = at !== undefined && 'turn' in at ? at.turn.named : null;
    const saved = named === null ? null : adapter.savedTask(agentLayout(layout, agent).home, named);
    return { files, task: saved?.task ?? null };
  }

  /** Restores workspace and agents; a damaged checkpoint gives way to the newest good one before it, and says so. */
  async restore(wanted: number, by: string, rewindClock: boolean): Promise<void> {
    const { post, lane } = this.#parts;
    try {
      const checkpoint = await lane.run(() => restoreGood(this.#parts, wanted, this.#sources()));
      const { number, state } = checkpoint;
      const phaseClockMs = state.clock.workingMs + state.clock.shiftMs;
      const insteadOf = number === wanted ? null : wanted;
      post({ type: 'checkpoint-restored', number, by, rewindClock, phaseClockMs, insteadOf });
    } catch (error) {
      const touched = !(error instanceof DamagedSnapshot);
      post({ type: 'restore-failed', number: wanted, reason: (error as Error).message.slice(0, 300), touched });
    }
  }
}

type RestoreParts = Pick<SessionParts, 'id' | 'layout' | 'workspace'>;

/** Restores the newest good checkpoint that is not newer than `wanted`. Throws DamagedSnapshot when there is none. */
export async function restoreGood(
  { id, layout, workspace }: RestoreParts,
  wanted: number,
  sources: readonly Source[],
): Promise<Checkpoint> {
  const reasons: string[] = [];
  const thinned = thinnedNumbers(layout);
  for (let next = wanted; ; ) {
    const { good, damaged } = newestGood(layout, id, next);
    reasons.push(
      ...damaged.flatMap((one) => (one.is === 'damaged' ? [`checkpoint ${one.number}: ${one.reason}`] : [])),
    );
    if (good === null) throw new DamagedSnapshot(reasons.length === 0 ? 'there is no checkpoint' : reasons.join('; '));
    if (thinned.has(good.number)) {
      reasons.push(`checkpoint ${good.number}: its snapshot was removed for want of space`);
      next = good.number - 1;
      continue;
    }
    try {
      await workspace.restore(good.checkpoint.workspace.commit, sources);
      return good.checkpoint;
    } catch (error) {
      if (!(error instanceof DamagedSnapshot)) throw error;
      reasons.push(`checkpoint ${good.number}: ${error.message}`);
      next = good.number - 1;
    }
  }
}

/** The seal of the newest checkpoint file, whole or not at all. */
export function lastSealOf({ id, layout }: Pick<SessionParts, 'id' | 'layout'>, number: number | null): string | null {
  if (number === null) return null;
  const reading = readCheckpoint(layout, id, number);
  return reading.is === 'good' ? reading.sha256 : null;
}
