// One night: a session of hours with faults, killed and resumed as it comes, then left in peace until it is complete.
import { createHash, type Hash } from 'node:crypto';
import { planOf } from '../src/config/plan.ts';
import type { Command } from '../src/session/command.ts';
import type { Event, StampedEvent } from '../src/session/event.ts';
import type { Session } from '../src/session/state.ts';
import { checkpointNumbers } from '../src/store/checkpoint-file.ts';
import { OPEN } from '../src/store/files.ts';
import { BEGINNING, JournalWriter } from '../src/store/journal.ts';
import { checkpointName, layoutOf } from '../src/store/layout.ts';
import { writeStatus } from '../src/store/sessions.ts';
import { Agents } from './agents.ts';
import { Chance } from './chance.ts';
import { Code } from './code.ts';
import { SimDisk } from './disk.ts';
import { FAULTS, type FaultKind, MOMENTS } from './faults.ts';
import { Invariants, type Violation } from './invariants.ts';
import { configOf, type Host, Life, saveConfig } from './life.ts';
import { VirtualTime } from './time.ts';

export interface NightPlan {
  readonly seed: number;
  readonly durationMs: number;
  readonly faults: readonly FaultKind[];
  /** For measuring recoveries: every turn changes something, and nobody's hour is used up. */
  readonly plain?: boolean;
  /** Tells every event, for people and for counting what was reached. */
  readonly onEvent?: (session: Session, event: StampedEvent, before: Session) => void;
  readonly onFault?: (kind: string, moment: string | null) => void;
}

export interface NightResult {
  readonly seed: number;
  readonly events: number;
  readonly lives: number;
  readonly faults: readonly FaultKind[];
  readonly sessionMs: number;
  readonly ending: string;
  /** SHA-256 over the journal's chain of checksums as every life left it. */
  readonly hash: string;
  readonly violations: readonly Violation[];
}

/** More lives than any night needs; reaching it means the session never converges. */
const MOST_LIVES = 120;
const MOST_EVENTS = 400_000;
const MINUTE_MS = 60_000;
const START_WALL_MS = Date.UTC(2026, 0, 1);
const ROOT = '/runs/night';

export async function simulate(plan: NightPlan): Promise<NightResult> {
  return new Night(plan).run();
}

export class Night {
  readonly time = new VirtualTime();
  readonly chance: Chance;
  readonly disk: SimDisk;
  readonly code = new Code();
  readonly agents: Agents;
  readonly invariants: Invariants;
  wallShiftMs = 0;
  lowSpaceUntilMs = 0;
  largeUntilMs = 0;
  judge: { ms: number; verdict: 'passed' | 'failed' | 'inconclusive' } = { ms: MINUTE_MS, verdict: 'passed' };
  readonly #plan: NightPlan;
  /** By itself, so that the other faults of a seed stay where they are. */
  readonly #looks: Chance;
  readonly #host: Host;
  readonly #hash: Hash = createHash('sha256');
  readonly #rots: ('checkpoint' | 'journal' | 'snapshot' | 'status')[] = [];
  #life: Life | null = null;
  #lives = 0;
  #events = 0;
  #pending: FaultKind[] = [];
  #aimed: { readonly kind: FaultKind; readonly moment: string; readonly giveUpMs: number }[] = [];
  #calm = false;
  #over = false;
  #lastDone: Session | null = null;
  #activeMs = 0;

  constructor(plan: NightPlan) {
    this.#plan = plan;
    this.chance = new Chance(plan.seed);
    this.#looks = new Chance(plan.seed + 1_000_000);
    this.disk = new SimDisk(this.chance.fork());
    this.agents = new Agents(this.time, this.chance.fork(), this.code);
    this.#host = {
      layout: layoutOf(ROOT, this.disk),
      time: this.time,
      disk: this.disk,
      code: this.code,
      agents: this.agents,
      chance: this.chance.fork(),
      config: configOf({
        metrics: plan.seed % 20 === 0,
        metered: plan.seed % 2 === 1,
        plain: plan.plain === true,
        hasty: plan.seed % 6 === 0,
        hanging: plan.plain !== true && plan.seed % 4 === 2,
      }),
      wallOffsetMs: () => START_WALL_MS + this.wallShiftMs,
      diskFreeBytes: () =>
        this.time.nowMs < this.lowSpaceUntilMs ? 1e6 : Math.min(1e11, Math.max(0, this.disk.trouble.spaceBytes * 1e3)),
      sessionBytes: () => (this.time.nowMs < this.largeUntilMs ? 1e13 : 1e6),
      judge: () => this.judge,
      look: plan.seed % 3 === 0 ? () => this.#look() : () => null,
      deadlineMs: null,
      terminal: this.chance.is(0.5),
      marks: { dirty: false },
    };
    this.agents.metered = plan.seed % 2 === 1;
    if (plan.plain === true) this.agents.fruitful = 1;
    // Where the clock may skip, there must be something to skip.
    else if (plan.seed % 6 === 0) this.agents.fruitful = 0.4;
    this.invariants = new Invariants(this.#host);
    this.invariants.activeNowMs = () => this.#activeNowMs();
    this.disk.onKilled = () => this.kill('killed');
  }

  async run(): Promise<NightResult> {
    this.#create();
    this.#scheduleFaults();
    this.#begin();
    while (!this.#over && this.time.step()) {
      if (this.#host.marks.dirty) {
        this.#host.marks.dirty = false;
        await breath();
      }
      this.#lookAtLife();
      if (this.#events > MOST_EVENTS || this.invariants.violations.length >= 5) break;
    }
    if (!this.#over && this.invariants.violations.length === 0)
      this.invariants.fail('I11', `not complete after ${this.#lives} lives and ${this.#events} events`);
    const session = this.#lastDone;
    if (session !== null) this.invariants.final(session);
    return {
      seed: this.#plan.seed,
      events: this.#events,
      lives: this.#lives,
      faults: this.#plan.faults,
      sessionMs: session?.clock.workingMs ?? 0,
      ending: session !== null && session.stage.is === 'done' ? session.stage.ending.is : 'none',
      hash: this.#hash.digest('hex'),
      violations: this.invariants.violations,
    };
  }

  /** Mostly green, now and then not to be measured; some looks are skipped. */
  #look(): { readonly ms: number; readonly verdict: 'passed' | 'failed' | 'inconclusive' } | null {
    if (this.#looks.is(0.2)) return null;
    const verdict = this.#looks.pick(['passed', 'passed', 'passed', 'failed', 'inconclusive'] as const);
    return { ms: this.#looks.wait(MINUTE_MS), verdict };
  }

  // What faults do.

  post(event: Event): void {
    this.#life?.post(event);
  }

  later(ms: number, call: () => void): void {
    this.time.after(ms, call);
  }

  /** The harness is gone; with `power-cut` the agents and everything unsynced with it. */
  kill(how: 'killed' | 'power-cut'): void {
    const life = this.#life;
    if (life === null) return;
    this.#life = null;
    const { journal, supervisor } = life;
    // With everything flushed and no write cut in the middle, nothing the dead one knew may be lost by a kill.
    const whole = how === 'killed' && journal.isFlushed && this.disk.trouble.killIn === null;
    life.die();
    this.#closeLife(life);
    if (how === 'power-cut') {
      this.disk.cutPower();
      this.agents.killAll();
      // A snapshot is on the disk when `keep` returns; what an unfinished restore left is not.
    }
    this.agents.orphan(this.chance.is(0.7) || how === 'power-cut');
    this.invariants.ended(life, how);
    const quiet = whole && !this.#killedInWrite;
    this.#killedInWrite = false;
    this.#resumeLater(quiet ? supervisor.session : null);
  }

  #killedInWrite = false;

  /** The process is stopped by a signal and continued later; the agents with it, or not. */
  stop(ms: number, agentsToo: boolean): void {
    const life = this.#life;
    if (life === null) return;
    const untilMs = this.time.nowMs + ms;
    this.#activeMs -= Math.max(0, untilMs - Math.max(life.stoppedUntilMs, this.time.nowMs));
    life.stoppedUntilMs = Math.max(life.stoppedUntilMs, untilMs);
    this.invariants.slackMs += 7_000;
    const turns = agentsToo ? this.#runningTurns() : [];
    for (const turn of turns) this.agents.freeze(turn);
    this.later(ms, () => {
      for (const turn of turns) this.agents.thaw(turn);
    });
  }

  /** The model's owner says when it answers again, to whoever works now. */
  closeWindow(waitMs: number): void {
    const working = this.agents.atWork[0];
    if (working === undefined) return;
    const { agent, turn } = working;
    this.post({ type: 'window-closed', agent, turn, upstream: 'primary', waitMs, text: 'usage limit reached' });
  }

  restore(rewindClock: boolean): void {
    const numbers = checkpointNumbers(this.#host.layout);
    if (numbers.length === 0) return;
    this.post({ type: 'restore-requested', by: 'person', number: this.chance.pick(numbers), rewindClock });
  }

  healDisk(): void {
    const { trouble } = this.disk;
    trouble.spaceBytes = Number.POSITIVE_INFINITY;
    trouble.refuses = null;
    trouble.shortWrites = false;
    trouble.failingSyncs = 0;
    this.later(2 * MINUTE_MS, () => {
      this.invariants.diskTrouble = false;
    });
  }

  /** Files rot at rest: seen at the next start, which comes now. */
  rot(what: 'checkpoint' | 'journal' | 'snapshot' | 'status'): void {
    this.#rots.push(what);
    this.kill('killed');
  }

  // A life after the other.

  #create(): void {
    const { layout, config } = this.#host;
    for (const folder of [ROOT, layout.checkpoints, layout.metrics, layout.agents]) this.disk.makeFolder(folder);
    saveConfig(this.#host);
    const plan = planOf(
      {
        ...config,
        session: {
          ...config.session,
          duration_hours: this.#plan.durationMs / 3_600_000,
          agent_count: this.chance.whole(1, 6),
        },
      },
      {
        // The jitter of back-off is seeded by it: no two nights wait alike.
        session: `night-${this.#plan.seed}`,
        durationGiven: true,
        graces: { interruptMs: 3_000, terminateMs: 2_000 },
        terminal: this.#host.terminal,
      },
    );
    const journal = new JournalWriter(layout, BEGINNING);
    journal.append({ seq: 1, atMs: 0, wall: new Date(START_WALL_MS).toISOString(), type: 'session-created', plan });
    journal.sync();
    journal.close();
    writeStatus(layout, 'running');
    const folder = this.disk.open(ROOT, OPEN.readFolder);
    this.disk.sync(folder);
    this.disk.close(folder);
    this.invariants.latestSeq = 1;
    this.invariants.syncedSeq = 1;
  }

  #begin(dead: Session | null = null): void {
    if (this.#life !== null || this.#over) return;
    if (++this.#lives > MOST_LIVES) {
      this.invariants.fail('I11', `not complete after ${MOST_LIVES} lives`);
      this.#over = true;
      return;
    }
    this.disk.revive();
    this.agents.killAll();
    let life: Life;
    try {
      life = new Life(this.#host, [(session, event, before) => this.#observe(session, event, before)], (command) =>
        this.#command(command),
      );
    } catch (error) {
      // A disk that takes nothing: a person tries again later.
      if (this.#calm) this.invariants.fail('I11', `it cannot be resumed: ${(error as Error).stack}`);
      this.disk.kill();
      this.#resumeLater(null);
      return;
    }
    this.#life = life;
    life.journal.onSaved = () => this.#synced();
    this.agents.onTokens = (total) => {
      this.invariants.tokensTold += total;
    };
    this.invariants.reopened(life, dead);
    life.begin();
  }

  #observe(session: Session, event: StampedEvent, before: Session): void {
    this.#events++;
    this.invariants.watch(session, event, before);
    if (event.type === 'checkpoint-written') this.invariants.statusFile(session);
    this.#plan.onEvent?.(session, event, before);
    this.#aim(session);
    if (session.pauses.length > 0 && before.pauses.length === 0) this.#personLooks(session);
  }

  #command(command: Command): void {
    const life = this.#life;
    if (life !== null) this.invariants.command(command, life.supervisor.session);
  }

  /** A person finds a paused session some time later. */
  #personLooks({ pauses }: Session): void {
    if (pauses.some(({ because }) => because === 'disk') && !this.#calm) return;
    const ms = this.chance.wait(this.#calm ? 5_000 : 30 * MINUTE_MS);
    this.later(ms, () => this.post({ type: 'continue-requested', by: 'person' }));
  }

  #lookAtLife(): void {
    const life = this.#life;
    if (life === null) return;
    if (!life.alive) {
      this.#life = null;
      this.#closeLife(life);
      this.agents.orphan(true);
      this.invariants.ended(life, 'killed');
      this.#resumeLater(null);
      return;
    }
    const { session } = life.supervisor;
    if (session.stage.is !== 'done') return;
    this.#life = null;
    life.journal.close();
    life.die();
    this.#closeLife(life);
    this.invariants.ended(life, 'done');
    this.agents.orphan(true);
    this.#lastDone = session;
    if (session.stage.ending.is === 'finish') this.#over = true;
    else this.#resumeLater(life.journal.isFlushed ? session : null);
  }

  #closeLife(life: Life): void {
    const { seq, crc } = life.journal.end;
    this.#hash.update(`${seq} ${crc}\n`);
    // Of a stop that was cut short by death only the part that was lived counts as one.
    this.#activeMs += this.time.nowMs - life.startMs + Math.max(0, life.stoppedUntilMs - this.time.nowMs);
    // What was not yet synced of the clock is lost with a life: two heartbeats at most.
    this.invariants.slackMs += 2 * life.supervisor.session.plan.heartbeatMs + 5_000;
  }

  #activeNowMs(): number {
    const life = this.#life;
    return this.#activeMs + (life === null ? 0 : this.time.nowMs - life.startMs);
  }

  #resumeLater(dead: Session | null): void {
    this.later(this.chance.wait(this.#calm ? 1_000 : 5 * MINUTE_MS), () => {
      const rotten = this.#rots.length > 0;
      for (const what of this.#rots.splice(0)) this.#damage(what);
      this.#begin(rotten ? null : dead);
    });
  }

  #damage(what: 'checkpoint' | 'journal' | 'snapshot' | 'status'): void {
    const { layout } = this.#host;
    const number = checkpointNumbers(layout).at(-1);
    const mark = (which: number | undefined) => {
      const one = which === undefined ? undefined : this.invariants.acknowledged.get(which);
      if (one !== undefined) one.rotten = true;
    };
    switch (what) {
      case 'checkpoint':
        if (number !== undefined && this.disk.damage(`${layout.checkpoints}/${checkpointName(number)}`)) {
          mark(number);
          this.invariants.baseDamaged();
        }
        break;
      case 'journal':
        if (this.disk.damage(layout.journal)) this.invariants.damaged = true;
        break;
      case 'snapshot': {
        const commit = number === undefined ? undefined : this.invariants.acknowledged.get(number)?.commit;
        const kept = commit === undefined ? undefined : this.code.commits.get(commit);
        if (kept !== undefined) kept.rotten = true;
        break;
      }
      case 'status':
        this.disk.remove(layout.status);
        break;
    }
  }

  #synced(): void {
    if (this.#life === null) return;
    // The event at hand is in the file, its effects are not yet in the state.
    this.invariants.syncedAtMs = this.time.nowMs;
    this.invariants.synced = this.#life.supervisor.session.usage;
    this.invariants.syncedSeq = this.#life.journal.end.seq;
  }

  // Faults in time.

  #scheduleFaults(): void {
    this.#pending = [...this.#plan.faults];
    for (const kind of this.#plan.faults) this.later(this.chance.next() * this.#plan.durationMs, () => this.#due(kind));
    this.later(1.5 * this.#plan.durationMs, () => this.#calmDown());
  }

  #due(kind: FaultKind): void {
    if (this.chance.is(0.5)) {
      this.#fire(kind, null);
      return;
    }
    const moment = this.chance.pick(Object.keys(MOMENTS));
    this.#aimed.push({ kind, moment, giveUpMs: this.time.nowMs + 60 * MINUTE_MS });
  }

  #aim(session: Session): void {
    if (this.#aimed.length === 0) return;
    const hit = this.#aimed.filter(
      ({ moment, giveUpMs }) => MOMENTS[moment]?.(session) === true || this.time.nowMs > giveUpMs,
    );
    if (hit.length === 0) return;
    this.#aimed = this.#aimed.filter((one) => !hit.includes(one));
    // Between two events, never inside of one.
    for (const { kind, moment } of hit) this.later(0, () => this.#fire(kind, moment));
  }

  #fire(kind: FaultKind, moment: string | null): void {
    if (this.#calm || this.#over) return;
    this.#plan.onFault?.(kind, moment);
    if (kind.startsWith('disk') || kind.startsWith('sync') || kind === 'status-lost')
      this.invariants.diskTrouble = true;
    if (kind === 'sync-fails') this.later(10 * MINUTE_MS, () => this.healDisk());
    if (kind === 'status-lost') this.later(10 * MINUTE_MS, () => this.healDisk());
    if (kind === 'harness-kill-in-write') this.#killedInWrite = true;
    FAULTS[kind](this);
    this.#pending = this.#pending.filter((one) => one !== kind);
  }

  /** From now on nothing goes wrong any more: the session must come to its end. */
  #calmDown(): void {
    this.#calm = true;
    this.#aimed = [];
    this.healDisk();
    this.disk.trouble.killIn = null;
    this.code.slowFactor = 1;
    this.code.failingSnapshots = 0;
    this.agents.crashLoop = 0;
    this.agents.failingLaunches = 0;
    this.agents.outageUntilMs = 0;
    this.agents.waiting.length = 0;
    this.lowSpaceUntilMs = 0;
    this.largeUntilMs = 0;
    if (this.judge.ms === Number.POSITIVE_INFINITY) this.judge = { ms: MINUTE_MS, verdict: 'inconclusive' };
    if (this.#life !== null && this.#life.supervisor.session.pauses.length > 0)
      this.post({ type: 'continue-requested', by: 'person' });
  }

  #runningTurns(): readonly number[] {
    const session = this.#life?.supervisor.session;
    if (session === undefined) return [];
    return Object.values(session.agents).flatMap(({ at }) => (at.is === 'running' ? [at.turn.number] : []));
  }
}

/** Lets everything that was promised settle: no input or output is ever waited for. */
function breath(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
