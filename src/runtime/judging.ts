// Judges a session at its end: the newest good snapshot, and the verdict that follows from it.
import { join } from 'node:path';
import { isDiskTrouble } from '../host/disk.ts';
import { judgeCriteria } from '../judge/criteria.ts';
import { criticalVerdict } from '../judge/critical.ts';
import { failedJudge, type Judged, ownTestsOf } from '../judge/judged.ts';
import { factsOf } from '../report/facts.ts';
import { newestGood } from '../store/checkpoint-file.ts';
import { judgeSnapshot } from './judge-snapshot.ts';
import { ledgerOf } from './ledger-of.ts';
import { markerOf, projectSource, type SessionParts } from './parts.ts';

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
      return await this.#judge(maxMs);
    } catch (error) {
      const leftMs = maxMs - (clock.nowMs() - startMs);
      if (!isDiskTrouble(error) || leftMs <= 0) throw error;
      log.warn(`the judge begins again: ${(error as Error).message}`);
      return await this.#judge(leftMs);
    }
  }

  async #judge(maxMs: number): Promise<Judged> {
    const { id, layout, config, env, clock, lane, workspace, walls, guard } = this.#parts;
    const { commit, checkpoint } = await lane.run(async () => {
      const good = config.checkpoint.enabled ? newestGood(layout, id).good : null;
      if (good !== null) return { commit: good.checkpoint.workspace.commit, checkpoint: good.number };
      const source = projectSource(this.#parts);
      const unixSeconds = Math.floor(clock.wallMs() / 1000);
      const aside = await workspace.setAside('refs/rescued/judged', [source], unixSeconds);
      return { commit: aside.commit, checkpoint: null };
    });
    return judgeSnapshot({
      session: id,
      layout,
      config,
      env,
      walls,
      guard,
      // Turn 0 is nobody's: what the judged commands leave behind is ended with the same marker.
      marker: markerOf(this.#parts, 0),
      commit,
      checkpoint,
      folder: join(layout.root, 'judge'),
      maxMs,
    });
  }
}
