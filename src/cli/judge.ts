// `mega-test judge`: judges a session's newest checkpoint, or another one, again: no agent, no change to the session.
import { join } from 'node:path';
import { criticalVerdict } from '../judge/critical.ts';
import { NO_GUARD, startGuard } from '../process/guard.ts';
import { factsOf } from '../report/facts.ts';
import { judgementOf } from '../report/judged.ts';
import { verdictPage } from '../report/judged-markdown.ts';
import { removeLeftBenches } from '../runtime/cleaning.ts';
import { judgeSnapshot, mutantsFor } from '../runtime/judge-snapshot.ts';
import { ledgerOf } from '../runtime/ledger-of.ts';
import { readSavedConfig, readSession } from '../runtime/open.ts';
import { Refusal } from '../runtime/refusal.ts';
import { secretsOf, withoutSecrets } from '../runtime/secrets.ts';
import { durationMs } from '../session/plan.ts';
import type { Session } from '../session/state.ts';
import { newestGood, readCheckpoint, resolveCheckpoint } from '../store/checkpoint-file.ts';
import { DamagedSnapshot } from '../workspace/restore.ts';
import { type Picked, pick } from './pick.ts';
import type { Flags } from './run-options.ts';
import { wallsFor } from './walls.ts';

/** Exit code 0: passed, 1: failed or inconclusive, 5: the checkpoint is damaged. */
export async function judge(id: string | undefined, flags: Flags): Promise<number> {
  const picked = pick(String(flags.runsDir), id);
  const { config, token, rules = null } = readSavedConfig(picked.layout);
  const checkpoint = checkpointToJudge(picked, flags.at === undefined ? null : String(flags.at));
  const walls = await wallsFor(config);
  // Begins unlike the session's own markers: a resume must not end what is judged beside it.
  const marker = `judge-${token}.${process.pid}`;
  const guard = walls.wrap === null ? startGuard(marker, () => {}) : NO_GUARD;
  try {
    removeLeftBenches(picked.layout.root);
    const judged = await judgeSnapshot({
      session: picked.id,
      layout: picked.layout,
      config,
      env: process.env,
      walls,
      guard,
      marker,
      commit: checkpoint.commit,
      checkpoint: checkpoint.number,
      folder: join(picked.layout.root, `judge-${process.pid}`),
      maxMs: config.judge.max_minutes * 60_000,
      mutants: mutantsFor(config, durationMs(checkpoint.session.plan)),
    });
    const facts = factsOf({
      session: checkpoint.session,
      ledger: ledgerOf(picked.layout, checkpoint.upToSeq),
      judged,
      goals: config.project,
    });
    const judgement = judgementOf(judged, facts, rules);
    const verdict = criticalVerdict(judgement.criteria);
    const told = withoutSecrets(
      { session: picked.id, checkpoint: checkpoint.number, verdict, ...judgement },
      secretsOf({ env: process.env, config }),
    );
    process.stdout.write(flags.json === true ? `${JSON.stringify(told, null, 2)}\n` : verdictPage(told));
    return verdict.critical === 'passed' ? 0 : 1;
  } catch (error) {
    if (!(error instanceof DamagedSnapshot)) throw error;
    throw new Refusal(5, `checkpoint ${checkpoint.number} cannot be judged: ${error.message}`);
  } finally {
    guard.release();
  }
}

interface Chosen {
  readonly number: number;
  readonly commit: string;
  /** The session as it was then: at a checkpoint that is named, when it was written. */
  readonly session: Session;
  readonly upToSeq: number;
}

function checkpointToJudge({ id, layout }: Picked, at: string | null): Chosen {
  if (at === null) {
    const { good } = newestGood(layout, id);
    if (good === null) throw new Refusal(2, `the session "${id}" has no whole checkpoint to judge`);
    const { session } = readSession(layout);
    return {
      number: good.number,
      commit: good.checkpoint.workspace.commit,
      session,
      upToSeq: Number.POSITIVE_INFINITY,
    };
  }
  const number = resolveCheckpoint(layout, id, at);
  if (typeof number === 'string') throw new Refusal(2, number);
  const reading = readCheckpoint(layout, id, number);
  if (reading.is === 'damaged') throw new Refusal(5, `checkpoint ${number} is damaged: ${reading.reason}`);
  const { workspace, state, journal } = reading.checkpoint;
  // Its state was taken while it was being written: it is itself one more.
  const checkpoints = { ...state.checkpoints, written: state.checkpoints.written + 1 };
  return { number, commit: workspace.commit, session: { ...state, checkpoints }, upToSeq: journal.seq };
}
