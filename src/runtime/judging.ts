// Judges a session at its end: the newest good snapshot, and the verdict that follows from it.
import { join } from 'node:path';
import { isDiskTrouble } from '../host/disk.ts';
import { judgeCriteria } from '../judge/criteria.ts';
import { criticalVerdict } from '../judge/critical.ts';
import { failedJudge, type Judged, ownTestsOf } from '../judge/judged.ts';
import { factsOf } from '../report/facts.ts';
import { durationMs } from '../session/plan.ts';
import { bestOf } from '../session/state.ts';
import { newestGood, readCheckpoint } from '../store/checkpoint-file.ts';
import { DamagedSnapshot } from '../workspace/restore.ts';
import { judgeSnapshot, mutantsFor, ofSession } from './judge-snapshot.ts';
import { ledgerOf } from './ledger-of.ts';
import { markerOf, projectSource, type SessionParts } from './parts.ts';

/** Less than this is not worth a second look. */
const LEAST_MS = 10_000;

/** A snapshot to judge; no checkpoint's where its number is null. */
interface State {
  readonly commit: string;
  readonly checkpoint: number | null;
}

/** What the judge found, kept for the report. */
export class Judging {
  readonly #parts: SessionParts;
  #result: Judged | null = null;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  get result(): Judged | null {
    return this.#result;
  }

  /** Answers with judged, whatever happens. */
  async judge(maxMs: number): Promise<void> {
    const { log, post } = this.#parts;
    try {
      this.#result = await this.#tryTwice(maxMs);
      post({ type: 'judged', verdict: this.#verdictOf(this.#result) });
    } catch (error) {
      log.error(`the judge failed: ${(error as Error).stack}`);
      this.#result = failedJudge((error as Error).message);
      post({ type: 'judged', verdict: { critical: 'inconclusive', text: ownTestsOf(this.#result).text } });
    }
  }

  #verdictOf(judged: Judged) {
    const { layout, session, config } = this.#parts;
    const facts = factsOf({ session: session(), ledger: ledgerOf(layout), judged, goals: config.project });
    return criticalVerdict(judgeCriteria(facts));
  }

  /** A verdict on the work of hours is worth a second try where the disk failed in the first. */
  async #tryTwice(maxMs: number): Promise<Judged> {
    const { log, clock } = this.#parts;
    const startMs = clock.nowMs();
    try {
      return await this.#delivered(maxMs);
    } catch (error) {
      const leftMs = maxMs - (clock.nowMs() - startMs);
      if (!isDiskTrouble(error) || leftMs <= 0) throw error;
      log.warn(`the judge begins again: ${(error as Error).message}`);
      return await this.#delivered(leftMs);
    }
  }

  /** The last state; or the best one known, where that is wanted, only it is green, and it still proves to be. */
  async #delivered(maxMs: number): Promise<Judged> {
    const { config, clock, session, lane, workspace, log, post } = this.#parts;
    const startMs = clock.nowMs();
    const last = await this.#judge(await this.#lastState(), maxMs);
    const best = bestOf(session());
    if (config.judge.deliver === 'last' || best === null || last.checkpoint === null) return last;
    if (ownTestsOf(last).verdict === 'passed' || best.checkpoint === last.checkpoint) return last;
    const leftMs = maxMs - (clock.nowMs() - startMs);
    const reading = readCheckpoint(this.#parts.layout, this.#parts.id, best.checkpoint);
    if (leftMs < LEAST_MS || reading.is === 'damaged') {
      log.warn(
        `project/ holds the last state: the best one ${leftMs < LEAST_MS ? 'could not be judged in time' : 'is damaged'}`,
      );
      return last;
    }
    const { commit } = reading.checkpoint.workspace;
    try {
      const judged = await this.#judge({ commit, checkpoint: best.checkpoint }, leftMs);
      if (ownTestsOf(judged).verdict !== 'passed') return last;
      // The last state is in its own checkpoint, and comes back from there.
      await lane.run(() => workspace.restore(commit, [projectSource(this.#parts)]));
      post({ type: 'best-delivered', checkpoint: best.checkpoint, last: last.checkpoint });
      return judged;
    } catch (error) {
      if (!(error instanceof DamagedSnapshot)) throw error;
      log.warn(`project/ holds the last state: the best one cannot be restored (${error.message})`);
      return last;
    }
  }

  /** The newest good snapshot; where there are no checkpoints, one of its own. */
  #lastState(): Promise<State> {
    const { id, layout, config, clock, lane, workspace } = this.#parts;
    return lane.run(async () => {
      const good = config.checkpoint.enabled ? newestGood(layout, id).good : null;
      if (good !== null) return { commit: good.checkpoint.workspace.commit, checkpoint: good.number };
      const source = projectSource(this.#parts);
      const unixSeconds = Math.floor(clock.wallMs() / 1000);
      const aside = await workspace.setAside('refs/rescued/judged', [source], unixSeconds);
      return { commit: aside.commit, checkpoint: null };
    });
  }

  #judge({ commit, checkpoint }: State, maxMs: number): Promise<Judged> {
    const { layout, config, session } = this.#parts;
    return judgeSnapshot({
      ...ofSession(this.#parts),
      // Turn 0 is nobody's: what the judged commands leave behind is ended with the same marker.
      marker: markerOf(this.#parts, 0),
      commit,
      checkpoint,
      folder: join(layout.root, 'judge'),
      maxMs,
      mutants: mutantsFor(config, durationMs(session().plan)),
    });
  }
}
