// The quality of a session while it goes on: build and tests of its checkpoints, beside the work, one at a time.
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { pidsWithMarker } from '../host/processes.ts';
import { GATES, type GateName, type GateResult } from '../judge/gate.ts';
import { ownTestsOf } from '../judge/judged.ts';
import { gatesOfCriteria, judgePhaseCriteria } from '../judge/phase-criteria.ts';
import { killAll } from '../process/tree.ts';
import { isTimeToLook, type Look, nextLook, restAfter } from '../session/looks.ts';
import { criteriaAtEndOf } from '../session/quality.ts';
import { list, treeOf } from '../workspace/restore.ts';
import { judgeSnapshot, ofSession } from './judge-snapshot.ts';
import { markerOf, type SessionParts } from './parts.ts';
import type { Observer } from './supervisor.ts';

/** Turn 0 is the judge's at the end; this one is nobody's either. */
const NOBODY = -1;
/** Behind everything else, the agents too. */
const NICENESS = 19;
const LIMIT_MS = 10 * 60_000;
const OPEN_ITEMS = 5;
const LOOK_AGAIN_MS = 50;
/** Results that are kept for snapshots that come again. */
const MOST_KNOWN = 20;
const LIGHT: readonly GateName[] = ['build', 'test'];

export class LightJudging {
  readonly #parts: SessionParts;
  /** Looked at in this life of the harness, or not to be: the machine was too busy, or it failed. */
  readonly #tried = new Set<number>();
  /** Until then nothing is begun that can wait. */
  #restUntilMs = 0;
  #looking: Promise<void> | null = null;
  #cancelWait: () => void = () => {};
  #over = false;
  /** What was found in trees that were looked at, by their names. */
  readonly #known = new Map<string, readonly GateResult[]>();

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /** Looks at checkpoints as they are written, and at those that an earlier life still owes; answers with quality-measured. */
  readonly observe: Observer = (_, event) => {
    if (event.type === 'checkpoint-written' || event.type === 'harness-started') this.#begin();
  };

  /** The session is over, or judged now: what still runs is ended, and nothing is begun any more. */
  async end(): Promise<void> {
    this.#over = true;
    this.#cancelWait();
    const { clock } = this.#parts;
    while (this.#looking !== null) {
      // One that was just being started when we looked is found the next time.
      killAll(() => pidsWithMarker(markerOf(this.#parts, NOBODY)));
      await Promise.race([this.#looking, new Promise<void>((resolve) => clock.after(LOOK_AGAIN_MS, resolve))]);
    }
  }

  #begin(): void {
    const { clock, session } = this.#parts;
    if (this.#looking !== null || this.#over || !isTimeToLook(session())) return;
    this.#cancelWait();
    const beganMs = clock.nowMs();
    const untried = session().looks.filter(({ checkpoint }) => !this.#tried.has(checkpoint));
    const next = nextLook(untried, this.#restUntilMs, beganMs);
    if (next.is === 'wait') this.#cancelWait = clock.after(next.ms, () => this.#begin());
    if (next.is !== 'look') return;
    this.#tried.add(next.look.checkpoint);
    this.#looking = this.#look(next.look).finally(() => {
      this.#looking = null;
      this.#restUntilMs = restAfter(beganMs, clock.nowMs());
      this.#begin();
    });
  }

  async #look(look: Look): Promise<void> {
    const { log, config } = this.#parts;
    const { checkpoint } = look;
    const why = this.#whyNot(look, config.judge.light_max_load);
    if (why !== null) {
      log.info(`checkpoint ${checkpoint} is not looked at: ${why}`);
      return;
    }
    try {
      await this.#measure(look);
    } catch (error) {
      if (!this.#over) log.warn(`checkpoint ${checkpoint} could not be looked at: ${(error as Error).message}`);
    }
  }

  /** What waits for the answer, or begins with it, is not put off for load: it would wait for hours, or not know. */
  #whyNot({ settled }: Look, mostLoad: number): string | null {
    if (this.#parts.session().pauses.some(({ because }) => because === 'disk')) return 'the disk is full';
    const load = (loadavg()[0] ?? 0) / Math.max(1, cpus().length);
    return load > mostLoad && !settled ? 'the machine is too busy' : null;
  }

  async #measure(look: Look): Promise<void> {
    const { session, layout, post } = this.#parts;
    const { checkpoint, workingMs, settled, commit, endOf } = look;
    const wanted = endOf === null ? [] : criteriaAtEndOf(session(), endOf);
    const gates = await this.#gatesOf(look, gatesOfCriteria(wanted.map(({ text }) => text)));
    const files = wanted.length === 0 ? [] : [...(await list(layout.snapshots, commit, 'project/')).keys()];
    if (this.#over) return;
    const { verdict, text, tests, failed } = ownTestsOf({ gates });
    const light = gates.filter(({ gate }) => LIGHT.includes(gate));
    const open = light.flatMap(({ findings }) => findings.map((finding) => finding.text)).slice(0, OPEN_ITEMS);
    const facts = { gates, files, checkpoint, probes: null };
    const criteria = wanted.flatMap(({ phase, text: said }) =>
      judgePhaseCriteria([said], facts).map((one) => ({ phase, ...one })),
    );
    post({ type: 'quality-measured', checkpoint, workingMs, settled, verdict, text, tests, failed, open, criteria });
  }

  /** Gates of a snapshot; one whose tree was looked at before is not built again. */
  async #gatesOf({ checkpoint, commit }: Look, more: readonly GateName[]): Promise<readonly GateResult[]> {
    const { layout } = this.#parts;
    const tree = await treeOf(layout.snapshots, commit, 'project');
    const known = this.#known.get(tree) ?? [];
    const only = GATES.filter((gate) => [...LIGHT, ...more].includes(gate));
    if (only.every((gate) => known.some((one) => one.gate === gate))) return known;
    const { gates } = await judgeSnapshot({
      ...ofSession(this.#parts),
      marker: markerOf(this.#parts, NOBODY),
      commit,
      checkpoint,
      folder: join(layout.root, 'judge-light'),
      maxMs: LIMIT_MS,
      niceness: NICENESS,
      only,
      isOver: () => this.#over,
    });
    // What could not be measured now may be another time.
    if (this.#over || ownTestsOf({ gates }).verdict === 'inconclusive') return gates;
    this.#known.delete(tree);
    this.#known.set(tree, gates);
    for (const oldest of [...this.#known.keys()].slice(0, -MOST_KNOWN)) this.#known.delete(oldest);
    return gates;
  }
}
