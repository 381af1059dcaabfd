// Runs a session to its end: puts the parts together, starts the loop, and answers with the exit code.
import type { AgentAdapter } from '../agents/contract.ts';
import { parseDeadline } from '../config/deadline.ts';
import { freeBytes } from '../host/disk.ts';
import type { Confinement } from '../process/confinement.ts';
import { type Guard, NO_GUARD, startGuard } from '../process/guard.ts';
import type { Session } from '../session/state.ts';
import { exitCodeOf } from '../session/words.ts';
import { checkpointNumbers } from '../store/checkpoint-file.ts';
import type { JournalWriter } from '../store/journal.ts';
import type { Layout } from '../store/layout.ts';
import { type Lock, ownerWriter, removeOwner } from '../store/lock.ts';
import { gitWorkspace } from '../workspace/workspace.ts';
import { Chaos } from './chaos.ts';
import { Checkpointing, lastSealOf } from './checkpointing.ts';
import { Cleaning } from './cleaning.ts';
import { systemClock } from './clock.ts';
import { guardAgainstBugs } from './crash.ts';
import { Judging } from './judging.ts';
import { Lane } from './lane.ts';
import { LightJudging } from './light-judging.ts';
import { openModelAccess } from './model-access.ts';
import { Notices } from './notices.ts';
import { keepingOwner, keepingStatus, logging } from './observers.ts';
import { continueJournal, type Opened } from './open.ts';
import { markersOf, projectSource, type SessionParts } from './parts.ts';
import { Probes } from './probes.ts';
import { Recovering } from './recovering.ts';
import { Reporting } from './reporting.ts';
import { secretsOf } from './secrets.ts';
import { openSessionLog } from './session-log.ts';
import { onSignals } from './signals.ts';
import { type Observer, Supervisor } from './supervisor.ts';
import { Thinning } from './thinning.ts';
import { Turns } from './turns.ts';
import { VERSION } from './version.ts';
import { systemWorld } from './world.ts';

export interface Run {
  readonly layout: Layout;
  readonly lock: Lock;
  readonly opened: Opened;
  readonly adapter: AgentAdapter;
  readonly walls: Confinement;
  readonly env: NodeJS.ProcessEnv;
  /** Is a person at a terminal who can end a pause? */
  readonly terminal: boolean;
  /** Watches for the terminal, beside our own observers. */
  readonly watch: (control: Control) => Observer;
  readonly onAlert: (text: string) => void;
  /** Opens the control server; its answer closes it. */
  readonly serve: (control: Control) => Promise<() => Promise<void>>;
}

/** A running session as seen from outside the loop. */
export interface Control {
  readonly parts: SessionParts;
  readonly supervisor: Supervisor;
  /** Milliseconds since the last event. */
  readonly sinceMs: () => number;
}

/** Runs until the session is done for this life. Gives the exit code. Throws a Refusal when it cannot even begin. */
export async function runSession(run: Run): Promise<number> {
  const { layout, lock, opened } = run;
  const writeOwner = ownerWriter(layout);
  writeOwner();
  const { journal, aside } = continueJournal(layout, opened.end);
  const { parts, supervisor, reporting, probes, turns, models, light } = await assemble(run, journal, writeOwner);
  const control: Control = { parts, supervisor, sinceMs: () => parts.clock.nowMs() - supervisor.lastMs };
  const watching = run.watch(control);
  supervisor.observe(watching);
  for (const damage of opened.damage) parts.log.warn(damage);
  if (opened.session.incarnation === 0 && parts.rulesAtStart !== null)
    parts.log.info(`it will be judged by the rules ${parts.rulesAtStart.digest}`);
  if (aside !== null) parts.log.warn(`the journal was damaged; it is kept as ${aside}`);
  const release = guardAgainstBugs(parts, () => supervisor.session);
  const unhook = onSignals((signal) => supervisor.post({ type: 'signal-received', signal }));
  supervisor.post({
    type: 'harness-started',
    incarnation: opened.session.incarnation + 1,
    version: VERSION,
    pid: process.pid,
    pauseLimitMs: run.terminal ? null : opened.saved.config.limits.pause_limit_minutes * 60_000,
    lastCheckpoint: checkpointNumbers(layout).at(-1) ?? 0,
  });
  if (aside !== null) supervisor.post({ type: 'checkpoint-requested', by: 'repair' });
  probes.look();
  reporting.metrics(0);
  const close = await run.serve(control);
  const done = await supervisor.done;
  turns.end();
  await light.end();
  await models?.close();
  parts.guard.release();
  await close();
  unhook();
  release();
  await saveLast(journal, parts);
  journal.close();
  removeOwner(layout);
  await lock.release();
  return exitCodeOf(done) ?? 70;
}

/** The last events get a few more tries than the loop gave them: after them there is no next event that brings one. */
const LAST_TRIES = 20;
const LAST_WAIT_MS = 100;

async function saveLast(journal: JournalWriter, { clock, log }: SessionParts): Promise<void> {
  for (let tries = 1; ; tries++) {
    const failure = journal.sync();
    if (failure === null) return;
    if (tries === LAST_TRIES) {
      log.error(`the last events could not be saved: ${failure.message}`);
      return;
    }
    await new Promise<void>((resolve) => clock.after(LAST_WAIT_MS, resolve));
  }
}

async function assemble(run: Run, journal: JournalWriter, writeOwner: () => Error | null) {
  const { layout, opened, adapter, walls, env, onAlert } = run;
  const { saved } = opened;
  const clock = systemClock();
  const log = openSessionLog(layout.log, saved.config.monitoring.log_level, secretsOf({ env, config: saved.config }));
  let started: Supervisor | null = null;
  const parts: SessionParts = {
    id: saved.session,
    layout,
    config: saved.config,
    project: saved.project,
    rulesAtStart: saved.rules,
    adapter,
    token: saved.token,
    walls,
    guard: walls.wrap === null ? guardOf(opened, log) : NO_GUARD,
    journal,
    clock,
    workspace: gitWorkspace(layout.snapshots, projectSource({ layout, config: saved.config })),
    lane: new Lane(),
    log,
    env,
    session: () => (started === null ? opened.session : started.session),
    post: (event) => started?.post(event),
  };
  // Faults are known from the first call on; the gateway is there before the first turn.
  const faults: { chaos: Chaos | null } = { chaos: null };
  const models = await openModelAccess(parts, () => faults.chaos?.gatewayFault() ?? null);
  const turns = new Turns(parts, models);
  const light = new LightJudging(parts);
  const judging = new Judging(parts);
  const reporting = new Reporting(parts, judging);
  const chaos = new Chaos(parts, turns);
  faults.chaos = chaos;
  const recovering = new Recovering(parts);
  const probes = new Probes(
    parts,
    turns,
    () => chaos.falseFigures(),
    (agent, turn) => recovering.peek(agent, turn),
  );
  const deadlineMs = deadlineOf(saved.config.session.deadline, clock.wallMs());
  const alert = (text: string) => {
    log.warn(text);
    onAlert(text);
  };
  const thinning = new Thinning(parts, () => freeBytes(layout.root));
  const world = systemWorld(parts, {
    turns,
    recovering,
    checkpointing: new Checkpointing(parts, lastSealOf(parts, opened.lastCheckpoint)),
    judging: {
      judge: async (maxMs) => {
        await light.end();
        await judging.judge(maxMs);
      },
    },
    reporting,
    chaos,
    cleaning: new Cleaning(parts, thinning, () => turns.pids()),
    thinning,
    notices: new Notices(parts),
    judgeLimitMs: () =>
      deadlineMs === null ? Number.POSITIVE_INFINITY : Math.max(1_000, deadlineMs - SPARE_MS - clock.wallMs()),
    alert,
    // Thrown outside of the promise it ends the process in order (see crash.ts).
    onBug: (error) =>
      queueMicrotask(() => {
        throw error;
      }),
  });
  const supervisor = new Supervisor(opened.session, opened.end.seq, {
    clock,
    journal,
    world,
    observers: [
      keepingOwner(writeOwner, log),
      light.observe,
      logging(log, saved.config.monitoring.agent_activity_logging),
      keepingStatus(layout, log),
      () => probes.look(),
      () => reporting.metrics(0),
    ],
    endByWallMs: deadlineMs === null ? null : deadlineMs - SPARE_MS - endingTakesMs(opened.session),
    onWallJump: (byMs) =>
      log.warn(
        `the wall clock moved by ${Math.round(byMs / 1000)} s against the monotonic one (set, or the host slept)`,
      ),
  });
  started = supervisor;
  return { parts, supervisor, reporting, probes, turns, models, light };
}

function guardOf({ saved, session }: Opened, log: SessionParts['log']): Guard {
  return startGuard(markersOf(saved.token, session.incarnation + 1), (said) =>
    log.warn(`the guard is gone (${said}): after a kill -9 of mega-test agents run on until "mega-test resume"`),
  );
}

/** Saved and reported so long before a deadline. */
const SPARE_MS = 60_000;

/** The longest the end of a session takes: stopping the agents, saving, and a share for the judge. */
function endingTakesMs({ plan }: Session): number {
  const { interruptMs, terminateMs } = plan.graces;
  return interruptMs + terminateMs + 15_000 + Math.min(plan.judgeMaxMs, 120_000);
}

function deadlineOf(text: string | undefined, nowMs: number): number | null {
  if (text === undefined) return null;
  const parsed = parseDeadline(text, nowMs);
  return typeof parsed === 'number' ? parsed : null;
}
