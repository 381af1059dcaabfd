// The quality of a session while it goes on: build and tests of its checkpoints, beside the work, one at a time.
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { pidsWithMarker } from '../host/processes.ts';
import { ownTestsOf } from '../judge/judged.ts';
import { killAll } from '../process/tree.ts';
import { durationMs } from '../session/plan.ts';
import { judgeSnapshot } from './judge-snapshot.ts';
import { markerOf, type SessionParts } from './parts.ts';
import type { Observer } from './supervisor.ts';

/** Turn 0 is the judge's at the end; this one is nobody's either. */
const NOBODY = -1;
/** Busier than this, a machine has no time for looks beside the work. */
const LOAD_A_CORE = 2;
const LIMIT_MS = 10 * 60_000;
const OPEN_ITEMS = 5;
const LOOK_AGAIN_MS = 50;

export class LightJudging {
  readonly #parts: SessionParts;
  #looking: Promise<void> | null = null;
  #over = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /** Looks at the checkpoints that end a phase; answers with quality-measured. */
  readonly observe: Observer = (session, event) => {
    if (event.type !== 'checkpoint-written' || event.trigger !== 'phase-end') return;
    // The last phase is over: that checkpoint is judged with all gates now.
    if (session.stage.is !== 'working' || this.#looking !== null || this.#over) return;
    const { light, light_from_minutes } = this.#parts.config.judge;
    if (light === 'off' || durationMs(session.plan) < light_from_minutes * 60_000) return;
    this.#looking = this.#look(event.number, event.commit).finally(() => {
      this.#looking = null;
    });
  };

  /** The session is over, or judged now: what still runs is ended, and nothing is begun any more. */
  async end(): Promise<void> {
    this.#over = true;
    const { clock } = this.#parts;
    while (this.#looking !== null) {
      // One that was just being started when we looked is found the next time.
      killAll(() => pidsWithMarker(markerOf(this.#parts, NOBODY)));
      await Promise.race([this.#looking, new Promise<void>((resolve) => clock.after(LOOK_AGAIN_MS, resolve))]);
    }
  }

  async #look(checkpoint: number, commit: string): Promise<void> {
    const { id, layout, config, env, walls, guard, log, post } = this.#parts;
    const load = (loadavg()[0] ?? 0) / Math.max(1, cpus().length);
    if (load > LOAD_A_CORE) {
      log.info(`checkpoint ${checkpoint} is not looked at: the machine is too busy`);
      return;
    }
    try {
      const judged = await judgeSnapshot({
        session: id,
        layout,
        config,
        env,
        walls,
        guard,
        marker: markerOf(this.#parts, NOBODY),
        commit,
        checkpoint,
        folder: join(layout.root, 'judge-light'),
        maxMs: LIMIT_MS,
        only: ['build', 'test'],
        isOver: () => this.#over,
      });
      if (this.#over) return;
      const { verdict, text, tests, failed } = ownTestsOf(judged);
      const open = judged.gates.flatMap(({ findings }) => findings.map((finding) => finding.text)).slice(0, OPEN_ITEMS);
      post({ type: 'quality-measured', checkpoint, verdict, text, tests, failed, open });
    } catch (error) {
      if (!this.#over) log.warn(`checkpoint ${checkpoint} could not be looked at: ${(error as Error).message}`);
    }
  }
}
