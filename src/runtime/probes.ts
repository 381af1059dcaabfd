// Looks at disk, memory and agents while a session runs, about once a heartbeat.
import { freeBytes } from '../host/disk.ts';
import { statOf } from '../host/identity.ts';
import { occupiedBytes } from '../host/occupied.ts';
import { residentBytes } from '../host/processes.ts';
import { waitsForProgress } from '../session/recovery.ts';
import { agentsOf } from '../session/types.ts';
import type { FalseFigures } from './chaos.ts';
import type { SessionParts } from './parts.ts';
import type { Turns } from './turns.ts';

/** Adding up a folder costs more than asking for free space, so it is done less often. */
const OCCUPIED_EVERY_MS = 60_000;
const OCCUPIED_EVERY_LOOKS = 5;

export class Probes {
  readonly #parts: SessionParts;
  readonly #turns: Turns;
  readonly #falseFigures: () => FalseFigures;
  readonly #peek: (agent: string, turn: number) => Promise<void>;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #occupiedMs = Number.NEGATIVE_INFINITY;
  #occupied: number | null = null;
  #looking = false;

  constructor(
    parts: SessionParts,
    turns: Turns,
    falseFigures: () => FalseFigures,
    peek: (agent: string, turn: number) => Promise<void>,
  ) {
    this.#parts = parts;
    this.#turns = turns;
    this.#falseFigures = falseFigures;
    this.#peek = peek;
  }

  /** Looks if it is time; answers with probed. */
  look(): void {
    const { clock, session } = this.#parts;
    if (this.#looking || clock.nowMs() - this.#lookedMs < session().plan.heartbeatMs) return;
    this.#lookedMs = clock.nowMs();
    this.#looking = true;
    void this.#look().finally(() => {
      this.#looking = false;
    });
  }

  /** While progress is waited for, whoever works is looked at: a turn can last for an hour. */
  async #progress(): Promise<void> {
    const session = this.#parts.session();
    if (!waitsForProgress(session) || session.pauses.length > 0) return;
    for (const { name, at } of agentsOf(session)) if (at.is === 'running') await this.#peek(name, at.turn.number);
  }

  /** While there is too little space, each look is for when it is back. */
  #occupiedEveryMs(): number {
    const { pauses, plan } = this.#parts.session();
    if (pauses.some(({ because }) => because === 'disk')) return 0;
    return Math.min(OCCUPIED_EVERY_MS, OCCUPIED_EVERY_LOOKS * plan.heartbeatMs);
  }

  async #look(): Promise<void> {
    const { clock, layout, post, journal } = this.#parts;
    this.#turns.look(cpuTicks);
    await this.#progress();
    if (clock.nowMs() - this.#occupiedMs >= this.#occupiedEveryMs()) {
      this.#occupiedMs = clock.nowMs();
      this.#occupied = await occupiedBytes(layout.root);
    }
    const writable = journal.sync() === null;
    const { diskFull, memoryFull } = this.#falseFigures();
    const diskFreeBytes = diskFull ? 0 : freeBytes(layout.root);
    post({
      type: 'probed',
      diskFreeBytes,
      sessionBytes: this.#occupied,
      agentRssBytes: memoryFull ? Number.MAX_SAFE_INTEGER : residentBytes(this.#turns.pids()),
      writable,
    });
  }
}

function cpuTicks(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + (statOf(pid)?.cpuTicks ?? 0), 0);
}
