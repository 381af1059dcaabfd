// After a turn: what it changed, and, when it failed, a workspace and an agent that can be worked with again.
import { isDiskTrouble } from '../host/disk.ts';
import type { Turn } from '../session/agent.ts';
import type { Failure } from '../session/failure.ts';
import { agentLayout } from '../store/layout.ts';
import { restoreGood } from './checkpointing.ts';
import { agentSource, projectSource, type SessionParts } from './parts.ts';

export class Recovering {
  readonly #parts: SessionParts;
  /** The project as the last look found it: what the running turn began with. */
  #print: string | null = null;
  #counting = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /** Notes what a turn begins with, unless the look after the turn before still holds. */
  async noteStart(): Promise<void> {
    const { workspace, lane, log } = this.#parts;
    if (!workspace.isThere()) {
      log.warn('the project folder is gone; it is restored from the last good checkpoint');
      await lane.run(() => restoreGood(this.#parts, Number.POSITIVE_INFINITY, [projectSource(this.#parts)]));
      this.#print = null;
    }
    if (this.#print === null) await this.#look();
  }

  async #look(): Promise<{ readonly changed: boolean; readonly files: number }> {
    const { print, files } = await this.#parts.workspace.look();
    const changed = this.#print !== null && print !== this.#print;
    this.#print = print;
    return { changed, files };
  }

  /** Looks at what a running turn changed since it began; answers with progress-seen when it did. */
  async peek(agent: string, turn: number): Promise<void> {
    const { post, lane, log, workspace } = this.#parts;
    if (this.#peeking) return;
    this.#peeking = true;
    try {
      const before = this.#print;
      const { print, files } = await lane.run(() => workspace.look());
      if (before !== null && before === this.#print && print !== before)
        post({ type: 'progress-seen', agent, turn, files });
    } catch (error) {
      log.debug(`the project could not be looked at: ${(error as Error).message}`);
    } finally {
      this.#peeking = false;
    }
  }

  #peeking = false;

  /** Answers with turn-measured. */
  async measure(agent: string, turn: number): Promise<void> {
    const { post, lane, log } = this.#parts;
    try {
      const { changed, files } = await lane.run(() => this.#look());
      post({ type: 'turn-measured', agent, turn, changed, files });
      if (changed) void this.count();
    } catch (error) {
      // A project folder that cannot even be listed was not improved by this turn.
      log.warn(`the project could not be looked at: ${(error as Error).message}`);
      post({ type: 'turn-measured', agent, turn, changed: false, files: 0 });
    }
  }

  /** Counts lines of code, one count at a time; answers with code-counted. */
  async count(): Promise<void> {
    if (this.#counting) return;
    this.#counting = true;
    try {
      const { lines, files, reason } = await this.#parts.workspace.count();
      this.#parts.post({ type: 'code-counted', lines, files, reason });
    } catch (error) {
      this.#parts.post({ type: 'code-counted', lines: null, files: 0, reason: (error as Error).message.slice(0, 200) });
    } finally {
      this.#counting = false;
    }
  }

  /** Saves the workspace, keeps it when it is sound, else rolls it back; answers with agent-recovered. */
  async recover(agent: string, turn: Turn, failure: Failure): Promise<void> {
    const { post, lane, log } = this.#parts;
    try {
      post(await lane.run(() => this.#recover(agent, turn)));
    } catch (error) {
      log.error(`recovery of ${agent} after "${failure.text}": ${(error as Error).stack}`);
      if (isDiskTrouble(error)) post({ type: 'disk-filled', path: 'snapshots.git/' });
      post({ type: 'agent-unrecoverable', agent, turn: turn.number, reason: (error as Error).message.slice(0, 300) });
    }
  }

  async #recover(agent: string, turn: Turn) {
    const { workspace, clock } = this.#parts;
    const source = projectSource(this.#parts);
    const { changed } = await this.#look();
    // Saved before anything is decided: whatever happens to it now stays reachable under this name.
    if (changed)
      await workspace.setAside(`refs/rescued/turn-${turn.number}`, [source], Math.floor(clock.wallMs() / 1000));
    const sound = await workspace.check();
    if (!sound.sound) {
      const checkpoint = await restoreGood(this.#parts, Number.POSITIVE_INFINITY, [source]);
      await this.#look();
      const task = await this.#agentState(agent, turn);
      return recovered(agent, turn, 'rolled-back', sound.reason, checkpoint.number, task.task, changed);
    }
    const task = await this.#agentState(agent, turn);
    const locks = sound.locksRemoved === 0 ? '' : `, ${sound.locksRemoved} stale git locks removed`;
    return recovered(agent, turn, 'kept', `${sound.reason}${locks}`, task.checkpoint, task.task, changed);
  }

  /** The agent's own task, from its files as they are or as the last checkpoint has them. */
  async #agentState(
    agent: string,
    turn: Turn,
  ): Promise<{ readonly task: string | null; readonly checkpoint: number | null }> {
    const { adapter, layout, log } = this.#parts;
    const source = agentSource(this.#parts, agent);
    if (source === null || turn.named === null) return { task: null, checkpoint: null };
    const { home } = agentLayout(layout, agent);
    if (adapter.savedTask(home, turn.named) !== null) return { task: turn.named, checkpoint: null };
    // Its state says "finished": whole, but nothing to resume.
    if (adapter.stateOf(home, turn.named) !== null) return { task: null, checkpoint: null };
    try {
      const checkpoint = await restoreGood(this.#parts, Number.POSITIVE_INFINITY, [source]);
      const saved = adapter.savedTask(home, turn.named);
      return { task: saved?.task ?? null, checkpoint: checkpoint.number };
    } catch (error) {
      log.warn(`${agent}: its own state could not be restored (${(error as Error).message}); it starts afresh`);
      return { task: null, checkpoint: null };
    }
  }
}

function recovered(
  agent: string,
  turn: Turn,
  workspace: 'kept' | 'rolled-back',
  reason: string,
  checkpoint: number | null,
  task: string | null,
  changed: boolean,
) {
  return { type: 'agent-recovered', agent, turn: turn.number, workspace, reason, checkpoint, task, changed } as const;
}
