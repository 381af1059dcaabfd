// What must hold in every night, after every event and at every change of lives. Numbers are those of docs/proof.md.

import { phaseClockMs } from '../src/session/clock.ts';
import type { Command } from '../src/session/command.ts';
import type { StampedEvent } from '../src/session/event.ts';
import { phaseEndMs } from '../src/session/plan.ts';
import { bestOf, NO_USAGE, type Session, type Usage } from '../src/session/state.ts';
import { agentsOf } from '../src/session/types.ts';
import { exitCodeOf, STATUS_WORDS, statusOf } from '../src/session/words.ts';
import { newestGood, readCheckpoint } from '../src/store/checkpoint-file.ts';
import { readStatus } from '../src/store/sessions.ts';
import type { Host, Life } from './life.ts';

export interface Violation {
  readonly invariant: string;
  readonly text: string;
  readonly atMs: number;
}

const COUNTERS = [
  'tokens',
  'agentTokens',
  'modelCalls',
  'costUsd',
  'windows',
  'toolCalls',
  'turns',
  'tasksDone',
  'failures',
  'recoveries',
  'agentErrors',
] as const;

/** A wake-up may be late by this before it counts as a stop of the harness. */
const GAP_MS = 2_000;

export class Invariants {
  readonly violations: Violation[] = [];
  readonly acknowledged = new Map<
    number,
    { readonly sha256: string; readonly commit: string; rotten: boolean; thinnedSeq: number | null }
  >();
  /** Counters that survive a power cut, and those that survive a kill. */
  synced: Usage = NO_USAGE;
  syncedSeq = 0;
  syncedAtMs = 0;
  latest: Usage = NO_USAGE;
  latestSeq = 0;
  /** Time the harness really ran, by the night's own clock, less its stops. */
  activeMs = 0;
  /** How far its own clock may be off: a heartbeat for every crash, a gap for every stop. */
  slackMs = GAP_MS;
  tokensTold = 0;
  /** Files that were damaged on purpose: what follows from them is not held against the store. */
  damaged = false;
  /** A journal was begun anew: until the next checkpoint everything hangs on the newest one. */
  #hanging = false;
  /** Named by the failed writes of a full or broken disk. */
  diskTrouble = false;
  readonly #host: Host;
  #completed = false;
  #awakeMs = 0;
  #phase = 0;
  /** Of the clock that was seen last: a rewind that was journalled in the last moment of a life is seen by it. */
  #shiftMs = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  fail(invariant: string, text: string): void {
    if (this.violations.length < 20) this.violations.push({ invariant, text, atMs: this.#host.time.nowMs });
  }

  /** After every event. */
  watch(session: Session, event: StampedEvent, before: Session): void {
    if (event.seq !== this.latestSeq + 1) this.fail('I12', `event ${event.seq} follows ${this.latestSeq}`);
    this.latestSeq = event.seq;
    this.#counters(session.usage, this.latest, 'a counter went down');
    this.latest = session.usage;
    this.#awakeMs = session.clock.awakeMs;
    this.#clock(session, before);
    this.#spin(event);
    this.#phases(session, event, before);
    this.#shiftMs = session.clock.shiftMs;
    this.#status(session);
    this.#restarts(session);
    this.#trust(session, event, before);
    // What the state before asked for is done by now.
    if (before.pauses.length === 0 && before.stage.is === 'working' && this.#host.agents.anyFrozen)
      this.fail('I6', 'a process stays frozen though there is no pause');
    if (event.type === 'checkpoint-written') this.#hanging = false;
    if (event.type === 'checkpoint-written') this.#acknowledge(event.number, event.sha256, event.commit);
    if (event.type === 'checkpoints-thinned') this.#thinned(event, session);
    if (session.stage.is === 'done') this.#done(session);
    else if (this.#completed && event.type !== 'harness-started') this.fail('I4', 'a complete session went on');
  }

  /** Before a command is performed. */
  command(command: Command, session: Session): void {
    if (command.type === 'restore-checkpoint' && this.#host.agents.atWork.length > 0)
      this.fail('I2', `restored under the hands of ${this.#host.agents.atWork.map(({ agent }) => agent).join(', ')}`);
    if (command.type !== 'start-agent') return;
    const limit = session.plan.limits.totalTokens;
    if (limit !== null && session.usage.tokens >= limit)
      this.fail('I10', `a turn began with ${session.usage.tokens} of ${limit} tokens spent`);
    if (session.pauses.length > 0) this.fail('I6', `a turn began in a pause (${session.pauses[0]?.because})`);
    const { atWork } = this.#host.agents;
    if (atWork.length >= session.plan.concurrency)
      this.fail('I6', `turn ${command.turn.number} began while ${atWork.map(({ agent }) => agent).join(', ')} ran`);
    if (this.#host.code.isHalfRestored) this.fail('I2', 'a turn began on a half restored project');
  }

  /** A life ended, killed or by itself; `session` is what it knew. */
  ended(life: Life, how: 'done' | 'killed' | 'power-cut'): void {
    // Lines that wait for the disk die with the process: nobody was told they were saved.
    if (life.bug !== null) this.fail('exit 70', String((life.bug as Error).stack ?? life.bug));
    if (how === 'done') {
      if (this.#host.agents.alive.length > 0)
        this.fail('I5', `${this.#host.agents.alive.length} processes outlive the session`);
      if (exitCodeOf(life.supervisor.session) === null) this.fail('I4', 'done without an exit code');
    }
    if (how === 'power-cut' || !life.journal.isFlushed) {
      this.slackMs += this.#host.time.nowMs - this.syncedAtMs;
      this.latest = this.synced;
      this.latestSeq = this.syncedSeq;
      // Nobody knows any more that they were given up: they must be there.
      for (const one of this.acknowledged.values())
        if (one.thinnedSeq !== null && one.thinnedSeq > this.syncedSeq) one.thinnedSeq = null;
    }
  }

  /** A new life read the state back. `dead`: what the one before knew at its end, when nothing of it can be lost. */
  reopened(life: Life, dead: Session | null): void {
    const { session, end } = life.opened;
    if (life.aside !== null) this.#hanging = true;
    if (session.clock.shiftMs < this.#shiftMs) this.#phase = 0;
    this.#shiftMs = session.clock.shiftMs;
    if (this.damaged) {
      // What could not be read any more is gone, and is said; from here on everything is held to again.
      if (life.told.length === 0 && end.seq < this.latestSeq) this.fail('I3', 'damage was not noticed');
      this.latest = session.usage;
      this.synced = session.usage;
      this.latestSeq = end.seq;
      // What it lived through since is forgotten with the rest, however long it was.
      this.slackMs += GAP_MS + Math.max(0, this.#awakeMs - session.clock.awakeMs);
      this.tokensTold = session.usage.tokens;
      this.#phase = 0;
      this.damaged = false;
      this.#completed = false;
      return;
    }
    if (end.seq < this.latestSeq) this.fail('I2', `events ${end.seq + 1} to ${this.latestSeq} are lost`);
    this.#counters(session.usage, this.latest, 'a counter is lower after a crash');
    this.latest = session.usage;
    this.latestSeq = end.seq;
    this.tokensTold = Math.min(this.tokensTold, session.usage.tokens);
    if (dead !== null && JSON.stringify(dead) !== JSON.stringify(session))
      this.fail('I12', `the journal gives another state: ${difference(dead, session)}`);
    this.#allCheckpoints();
  }

  /** The newest checkpoint rotted: with a journal that was begun anew, what stood between is gone. */
  baseDamaged(): void {
    if (this.#hanging) this.damaged = true;
  }

  /** At the very end. */
  final(session: Session): void {
    if (session.usage.tokens !== this.tokensTold)
      this.fail('I8', `${session.usage.tokens} tokens counted, ${this.tokensTold} told`);
    if (session.usage.recoveries > session.usage.failures) this.fail('I17', 'more recoveries than failures');
    this.#allCheckpoints();
  }

  /** Waking up for nothing again and again would fill the journal and look like work. */
  #spin({ type, atMs }: StampedEvent): void {
    this.#wokenInVain = type === 'time-passed' && atMs === this.#wokenAtMs ? this.#wokenInVain + 1 : 0;
    this.#wokenAtMs = atMs;
    if (this.#wokenInVain > 3) this.fail('I11', `woken ${this.#wokenInVain} times in the same moment`);
  }

  #wokenInVain = 0;
  #wokenAtMs = 0;

  #counters(now: Usage, then: Usage, text: string): void {
    for (const name of COUNTERS)
      if (now[name] < then[name]) this.fail('I8', `${text}: ${name} ${then[name]} -> ${now[name]}`);
  }

  #clock({ clock }: Session, before: Session): void {
    if (clock.workingMs < before.clock.workingMs || clock.awakeMs < before.clock.awakeMs)
      this.fail('I7', 'a clock went back');
    if (clock.workingMs > clock.awakeMs) this.fail('I7', 'more working than awake');
    if (Math.abs(clock.awakeMs - this.activeNowMs()) > this.slackMs)
      this.fail('I7', `awake ${clock.awakeMs} ms, really ${this.activeNowMs()} ms (slack ${this.slackMs})`);
  }

  /** Set by the night: how long the harness ran up to now. */
  activeNowMs: () => number = () => 0;

  #phases(session: Session, event: StampedEvent, before: Session): void {
    const { stage } = session;
    if (stage.is === 'created' || !('phase' in stage) || stage.is === 'done') return;
    const rewound = event.type === 'checkpoint-restored' && event.rewindClock;
    if (stage.phase < this.#phase && !rewound && stage.is === 'working')
      this.fail('I7', `phase ${this.#phase} -> ${stage.phase} at ${event.type}`);
    if (stage.is === 'working' && before.stage.is === 'closing' && stage.phase > this.#phase) {
      const endMs = phaseEndMs(session.plan, this.#phase);
      if (phaseClockMs(session.clock) < endMs) this.fail('I7', `phase ${this.#phase} ended early`);
    }
    if (stage.is === 'working') this.#phase = stage.phase;
    if (rewound) this.#phase = 0;
  }

  #status(session: Session): void {
    if (this.diskTrouble) return;
    const word = statusOf(session);
    if (!STATUS_WORDS.includes(word)) this.fail('I4', `status "${word}"`);
  }

  /** The observer that writes the file runs before this one. */
  statusFile(session: Session): void {
    if (this.diskTrouble) return;
    const word = readStatus(this.#host.layout);
    if (word !== statusOf(session)) this.fail('I4', `the file says ${word}, the session is ${statusOf(session)}`);
  }

  #restarts(session: Session): void {
    const { recovery } = session.plan;
    for (const { name, restarts } of agentsOf(session))
      if (restarts.length > recovery.restartsPerWindow + 1) this.fail('I9', `${name}: ${restarts.length} restarts`);
    if (session.trouble.inARow > Math.max(recovery.maxConsecutive, recovery.maxAttempts) + 1)
      this.fail('I9', `${session.trouble.inARow} failures in a row without a person being asked`);
  }

  /** Within its bounds, untouched by faults on purpose, and never nobody left to work. */
  #trust(session: Session, event: StampedEvent, before: Session): void {
    if (session.agents === before.agents) return;
    const agents = agentsOf(session);
    if (agents.every(({ at }) => at.is === 'benched')) this.fail('I18', 'nobody is left who may work');
    for (const { name, at, trust } of agents) {
      const { now, lowest } = trust;
      if (now < 0 || now > session.plan.trust.most || lowest > now || !Number.isInteger(now))
        this.fail('I18', `${name} is trusted ${now}, at the lowest ${lowest}`);
      const was = before.agents[name];
      if (was?.at.is === 'benched' && at.is !== 'benched') this.fail('I18', `${name} works again`);
      const injected = 'turn' in event && was !== undefined && was.trust.injectedTurn === event.turn;
      if (injected && now < (was?.trust.now ?? 0)) this.fail('I18', `${name} is less trusted for a fault on purpose`);
      const isKilled = event.type === 'agent-exited' && event.agent === name && event.signal === 'SIGKILL';
      if (isKilled && was?.at.is === 'running' && now < was.trust.now)
        this.fail('I18', `${name} is less trusted for a kill that nobody knows the sender of`);
    }
  }

  #acknowledge(number: number, sha256: string, commit: string): void {
    if (this.acknowledged.has(number)) this.fail('I1', `number ${number} was given twice`);
    this.acknowledged.set(number, { sha256, commit, rotten: false, thinnedSeq: null });
    this.#checkpoint(number);
  }

  #checkpoint(number: number): void {
    const expected = this.acknowledged.get(number);
    if (expected === undefined || expected.rotten) return;
    const reading = readCheckpoint(this.#host.layout, 'night', number);
    if (reading.is !== 'good') this.fail('I1', `acknowledged checkpoint ${number}: ${reading.reason}`);
    else if (reading.sha256 !== expected.sha256) this.fail('I1', `checkpoint ${number} has other contents`);
    else if (expected.thinnedSeq === null && !this.#host.code.commits.has(expected.commit))
      this.fail('I1', `checkpoint ${number} has no snapshot`);
  }

  /** Given up on purpose: the file stays, the snapshot may go; never that of the newest or the best. */
  #thinned({ numbers, seq }: StampedEvent & { type: 'checkpoints-thinned' }, session: Session): void {
    for (const number of numbers) {
      const one = this.acknowledged.get(number);
      if (one !== undefined) one.thinnedSeq = seq;
      if (number === session.checkpoints.last?.number || number === bestOf(session)?.checkpoint)
        this.fail('I1', `the snapshot of checkpoint ${number} is given up, which is the newest or the best`);
    }
  }

  #allCheckpoints(): void {
    for (const number of this.acknowledged.keys()) this.#checkpoint(number);
    const { damaged } = newestGood(this.#host.layout, 'night');
    for (const one of damaged)
      if (this.acknowledged.get(one.number)?.rotten !== true) this.fail('I3', `checkpoint ${one.number} is torn`);
  }

  #done(session: Session): void {
    if (session.stage.is === 'done' && session.stage.ending.is === 'finish') this.#completed = true;
  }
}

function difference(one: Session, other: Session): string {
  for (const key of Object.keys(one) as (keyof Session)[]) {
    const [a, b] = [JSON.stringify(one[key]), JSON.stringify(other[key])];
    if (a !== b) return `${key}: ${a?.slice(0, 200)} became ${b?.slice(0, 200)}`;
  }
  return 'other keys';
}
