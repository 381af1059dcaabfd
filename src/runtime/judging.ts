// Judges a session: the last snapshot, copied out beside the session's files, tested there within a time limit.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isDiskTrouble } from '../host/disk.ts';
import { runOwnTests, type TestResult } from '../judge/own-tests.ts';
import { newestGood } from '../store/checkpoint-file.ts';
import { markerOf, projectSource, type SessionParts } from './parts.ts';
import { judgePlaces } from './places.ts';

/** What the judge found, kept for the report. */
export class Judging {
  readonly #parts: SessionParts;
  #result: TestResult | null = null;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  get result(): TestResult | null {
    return this.#result;
  }

  /** Answers with judged, whatever happens. */
  async judge(maxMs: number): Promise<void> {
    const { layout, log, post } = this.#parts;
    const folder = join(layout.root, 'judge');
    try {
      this.#result = await this.#tryTwice(folder, maxMs);
    } catch (error) {
      log.error(`the judge failed: ${(error as Error).stack}`);
      this.#result = failedJudge((error as Error).message);
    }
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      log.warn(`${folder} could not be removed: ${(error as Error).message}`);
    }
    post({ type: 'judged', verdict: { critical: this.#result.verdict, text: this.#result.text } });
  }

  /** A verdict on the work of hours is worth a second try where the disk failed in the first. */
  async #tryTwice(folder: string, maxMs: number): Promise<TestResult> {
    const { log, clock } = this.#parts;
    const startMs = clock.nowMs();
    try {
      return await this.#judge(folder, maxMs);
    } catch (error) {
      const leftMs = maxMs - (clock.nowMs() - startMs);
      if (!isDiskTrouble(error) || leftMs <= 0) throw error;
      log.warn(`the judge begins again: ${(error as Error).message}`);
      return await this.#judge(folder, leftMs);
    }
  }

  async #judge(folder: string, maxMs: number): Promise<TestResult> {
    const { id, layout, config, env, clock, lane, workspace, walls, guard } = this.#parts;
    const project = join(folder, 'project');
    const scratch = join(folder, 'scratch');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(scratch, { recursive: true });
    const source = projectSource(this.#parts);
    const commit = await lane.run(async () => {
      const good = config.checkpoint.enabled ? newestGood(layout, id).good : null;
      if (good !== null) return good.checkpoint.workspace.commit;
      return (await workspace.setAside('refs/rescued/judged', [source], Math.floor(clock.wallMs() / 1000))).commit;
    });
    await workspace.restore(commit, [{ ...source, root: project }]);
    const testMs = Math.min(maxMs, config.limits.max_test_runtime_min * 60_000);
    // Turn 0 is nobody's: what the tests leave behind is ended with the same marker.
    return runOwnTests({
      session: id,
      project,
      scratch,
      caches: layout.caches,
      marker: markerOf(this.#parts, 0),
      walls,
      guard,
      places: judgePlaces(layout, { folder, project, scratch }),
      maxMs: testMs,
      env,
    });
  }
}

function failedJudge(message: string): TestResult {
  const text = `the judge could not do its work: ${message.slice(0, 300)}`;
  return {
    verdict: 'inconclusive',
    text,
    ecosystem: null,
    command: null,
    exitCode: null,
    tests: null,
    failed: null,
    durationMs: null,
  };
}
