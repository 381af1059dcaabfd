// The only loop: takes an event, stamps it, journals it, hands it to the core, turns the commands into deeds.
import type { Command } from '../session/command.ts';
import type { Event, StampedEvent } from '../session/event.ts';
import type { Session } from '../session/state.ts';
import { step } from '../session/step.ts';
import { isDue, nextWakeMs } from '../session/wake.ts';
import type { Clock } from './clock.ts';

/** Where events go before anything follows from them. */
export interface Journal {
  append(event: StampedEvent): Error | null;
  sync(): Error | null;
}

/** Turns commands into deeds. Never throws, never waits: answers are events. */
export interface World {
  perform(command: Command): void;
}

/** Someone who watches: log, status file, metrics. Observers change nothing. */
export type Observer = (session: Session, event: StampedEvent, before: Session) => void;

export interface SupervisorParts {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly world: World;
  readonly observers: readonly Observer[];
  /** Milliseconds since the epoch by which all must be saved and reported, less what that takes; null is none. */
  readonly endByWallMs: number | null;
  /** The wall clock was set by somebody: worth a line in the log. */
  readonly onWallJump: (byMs: number) => void;
}

/** The loop looks at its clocks at least this often: how exactly a stop of the whole harness is noticed. */
const PULSE_MS = 2_000;
/** A timer that comes later than this was not late but slept through. */
const GAP_MS = 2_000;

export class Supervisor {
  readonly #parts: SupervisorParts;
  readonly #queue: Event[] = [];
  readonly #observers: Observer[];
  readonly done: Promise<Session>;
  #finish: (session: Session) => void = () => {};
  #session: Session;
  #seq: number;
  #lastMs: number;
  #draining = false;
  /** When the timer was to call. */
  #dueMs = Number.POSITIVE_INFINITY;
  #cancelTimer: () => void = () => {};
  #wallOffsetMs: number;
  #deadlineTold = false;

  /** Continues a session whose last journalled event has number `seq`. */
  constructor(session: Session, seq: number, parts: SupervisorParts) {
    this.#session = session;
    this.#seq = seq;
    this.#parts = parts;
    this.#observers = [...parts.observers];
    this.#lastMs = parts.clock.nowMs();
    this.#wallOffsetMs = parts.clock.wallMs() - this.#lastMs;
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  get session(): Session {
    return this.#session;
  }

  /** When the last event was decided, on the clock. */
  get lastMs(): number {
    return this.#lastMs;
  }

  /** Adds an observer. The answer takes it away again. */
  observe(observer: Observer): () => void {
    this.#observers.push(observer);
    return () => {
      const index = this.#observers.indexOf(observer);
      if (index !== -1) this.#observers.splice(index, 1);
    };
  }

  /** Events may come from anywhere at any time; they are decided one after the other. */
  post(event: Event): void {
    this.#queue.push(event);
    if (this.#draining) return;
    this.#draining = true;
    try {
      this.#noticeGap(this.#dueMs);
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        this.#decide(next);
        // Deciding takes no time: if it did, we were stopped in the middle of it.
        this.#noticeGap(this.#lastMs);
      }
    } finally {
      this.#draining = false;
    }
    this.#arm();
  }

  /**
   * Did the harness stand still? Its timer is overdue then. After a stop other things may call before the timer does,
   * and their time must not be counted as work.
   */
  #noticeGap(expectedMs: number): void {
    const lateMs = this.#parts.clock.nowMs() - expectedMs;
    if (lateMs <= GAP_MS) return;
    this.#decide({ type: 'clock-stalled', gapMs: lateMs });
  }

  #decide(event: Event): void {
    const { clock, journal, world } = this.#parts;
    // What is done stays done, until a new life of the harness goes on with it.
    if (this.#session.stage.is === 'done' && event.type !== 'harness-started') return;
    const before = this.#session;
    const atMs = Math.max(clock.nowMs(), this.#lastMs);
    const stamped: StampedEvent = { seq: this.#seq + 1, atMs, wall: new Date(clock.wallMs()).toISOString(), ...event };
    const failure = IMPORTANT.has(event.type) ? appendAndSync(journal, stamped) : journal.append(stamped);
    this.#seq = stamped.seq;
    this.#lastMs = atMs;
    const [session, commands] = step(before, stamped);
    this.#session = session;
    for (const observe of [...this.#observers]) observe(session, stamped, before);
    for (const command of commands) world.perform(command);
    if (failure !== null && event.type !== 'disk-filled')
      this.#queue.push({ type: 'disk-filled', path: 'journal.ndjson' });
    if (session.stage.is === 'done') this.#end();
  }

  #end(): void {
    this.#cancelTimer();
    this.#parts.journal.sync();
    this.#finish(this.#session);
  }

  #arm(): void {
    this.#cancelTimer();
    if (this.#session.stage.is === 'done') return;
    const { clock } = this.#parts;
    const sinceMs = clock.nowMs() - this.#lastMs;
    const waitMs = Math.max(0, Math.min(nextWakeMs(this.#session) - sinceMs, PULSE_MS));
    this.#dueMs = clock.nowMs() + waitMs;
    this.#cancelTimer = clock.after(waitMs, () => this.#wake());
  }

  #wake(): void {
    const { clock, endByWallMs } = this.#parts;
    const nowMs = clock.nowMs();
    const lateMs = nowMs - this.#dueMs;
    this.#watchWall(nowMs, lateMs);
    if (endByWallMs !== null && !this.#deadlineTold && clock.wallMs() >= endByWallMs) {
      this.#deadlineTold = true;
      this.post({ type: 'deadline-came' });
    } else if (lateMs > GAP_MS || isDue(this.#session, nowMs - this.#lastMs)) this.post({ type: 'time-passed' });
    else this.#arm();
  }

  /** Host sleep moves the wall clock on and the monotonic one not; so does somebody who sets it. */
  #watchWall(nowMs: number, lateMs: number): void {
    const offsetMs = this.#parts.clock.wallMs() - nowMs;
    const byMs = offsetMs - this.#wallOffsetMs;
    this.#wallOffsetMs = offsetMs;
    if (Math.abs(byMs) > GAP_MS && lateMs <= GAP_MS) this.#parts.onWallJump(byMs);
  }
}

function appendAndSync(journal: Journal, event: StampedEvent): Error | null {
  return journal.append(event) ?? journal.sync();
}

/** Events that must survive a power cut before anything follows from them. */
const IMPORTANT: ReadonlySet<Event['type']> = new Set([
  'session-created',
  'harness-started',
  'agent-started',
  'agent-exited',
  'checkpoint-written',
  'checkpoint-restored',
  'restore-requested',
  'signal-received',
  'stop-requested',
  'judged',
]);
