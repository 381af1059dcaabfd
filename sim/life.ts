// One life of the harness in a simulated night: the production supervisor, core, store, checkpoints, recovery and report.
import { CONFIG } from '../src/config/schema.ts';
import { GROUP } from '../src/process/confinement.ts';
import { NO_GUARD } from '../src/process/guard.ts';
import { Checkpointing, lastSealOf } from '../src/runtime/checkpointing.ts';
import type { Clock } from '../src/runtime/clock.ts';
import type { SavedConfig } from '../src/runtime/create.ts';
import { Lane } from '../src/runtime/lane.ts';
import { keepingStatus } from '../src/runtime/observers.ts';
import { type Opened, readSession, repairJournal } from '../src/runtime/open.ts';
import type { SessionParts } from '../src/runtime/parts.ts';
import { Recovering } from '../src/runtime/recovering.ts';
import { Reporting } from '../src/runtime/reporting.ts';
import type { Logger } from '../src/runtime/session-log.ts';
import { type Observer, Supervisor } from '../src/runtime/supervisor.ts';
import { Thinning } from '../src/runtime/thinning.ts';
import { systemWorld } from '../src/runtime/world.ts';
import type { Command } from '../src/session/command.ts';
import type { Event, StampedEvent } from '../src/session/event.ts';
import { isTimeToLook } from '../src/session/looks.ts';
import { criteriaAtEndOf } from '../src/session/quality.ts';
import { waitsForProgress } from '../src/session/recovery.ts';
import type { Session } from '../src/session/state.ts';
import { agentsOf } from '../src/session/types.ts';
import { checkpointNumbers } from '../src/store/checkpoint-file.ts';
import { sealed } from '../src/store/durable.ts';
import { OPEN } from '../src/store/files.ts';
import { FORMAT } from '../src/store/format.ts';
import { JournalWriter } from '../src/store/journal.ts';
import type { Layout } from '../src/store/layout.ts';
import { simAdapter } from './adapter.ts';
import type { Agents } from './agents.ts';
import type { Chance } from './chance.ts';
import { type Code, simWorkspace } from './code.ts';
import { Killed, type SimDisk } from './disk.ts';
import type { VirtualTime } from './time.ts';

export const PROJECT: SavedConfig['project'] = {
  type: 'simulated',
  name: 'Simulated',
  title: 'Simulated',
  complexity: 'High',
  language: 'rust',
  usual_hours: [4, 6],
  lines_of_code: 1000,
  specification: 'Simulated.',
  components: [],
};

/** What differs from night to night. */
interface Kind {
  /** Metrics are exported in few nights: writing them is most of such a night. */
  readonly metrics?: boolean;
  readonly metered?: boolean;
  readonly plain?: boolean;
  /** The clock skips what is done. */
  readonly hasty?: boolean;
  /** An agent hangs on purpose, again and again. */
  readonly hanging?: boolean;
}

export const configOf = ({ metrics = false, metered = false, plain = false, hasty = false, hanging = false }: Kind) =>
  CONFIG.parse({
    monitoring: { export_metrics: metrics, enabled: metrics },
    session: { project_type: 'simulated', advance_when_done: hasty },
    limits: plain ? { tokens_per_agent_per_hour: 1e9, tool_calls_per_agent_per_hour: 1e6 } : {},
    agent: metered ? { endpoint: 'http://127.0.0.1:9/v1', model: 'm' } : {},
    chaos: hanging
      ? { allow: true, schedule: [30, 150, 270, 390].map((at_minutes) => ({ at_minutes, fault: 'hang' })) }
      : {},
  });

/** What outlives a life of the harness. */
export interface Host {
  readonly layout: Layout;
  readonly time: VirtualTime;
  readonly disk: SimDisk;
  readonly code: Code;
  readonly agents: Agents;
  readonly chance: Chance;
  readonly config: SavedConfig['config'];
  /** Wall time less the night's own time. */
  readonly wallOffsetMs: () => number;
  /** Host facts of the moment. */
  readonly diskFreeBytes: () => number;
  readonly sessionBytes: () => number;
  readonly judge: () => { readonly ms: number; readonly verdict: 'passed' | 'failed' | 'inconclusive' };
  /** What a look at a checkpoint beside the work gives; null: nobody looks. */
  readonly look: () => { readonly ms: number; readonly verdict: 'passed' | 'failed' | 'inconclusive' } | null;
  readonly deadlineMs: number | null;
  readonly terminal: boolean;
  readonly marks: { dirty: boolean };
}

export function saveConfig({ layout, config, disk }: Host): void {
  const saved: Partial<SavedConfig> = {
    schema: FORMAT,
    session: 'night',
    version: 'simulated',
    agent: { kind: 'rehearsal', version: 'simulated 1' },
    token: 'token',
    cwd: '/',
    project: PROJECT,
    config,
  };
  const file = disk.open(layout.config, OPEN.update);
  disk.write(file, Buffer.from(sealed(saved)), 0);
  disk.sync(file);
  disk.close(file);
}

/** What the harness believes to be safe from a power cut is held against it, whatever the disk did. */
class WitnessedJournal extends JournalWriter {
  onSaved: () => void = () => {};

  override sync(): Error | null {
    const failure = super.sync();
    if (failure === null) this.onSaved();
    return failure;
  }
}

export class Life {
  readonly host: Host;
  readonly opened: Opened;
  readonly supervisor: Supervisor;
  readonly journal: WitnessedJournal;
  readonly reporting: Reporting;
  readonly startMs: number;
  alive = true;
  /** The process stands still until then. */
  stoppedUntilMs = 0;
  /** A bug that would have ended the process with exit code 70. */
  bug: unknown = null;
  readonly alerts: string[] = [];
  /** What of the files it found damaged, as the log says it. */
  readonly told: readonly string[];
  /** Where a journal that could not be continued was put. */
  readonly aside: string | null;
  #probedMs = Number.NEGATIVE_INFINITY;
  readonly #looked = new Set<number>();

  /** Reads the session back as `resume` does and puts the parts together; `begin` starts it. */
  constructor(host: Host, observers: readonly Observer[], onCommand: (command: Command) => void) {
    this.host = host;
    this.startMs = host.time.nowMs;
    const { layout } = host;
    this.opened = readSession(layout);
    const { position, aside } = repairJournal(layout, this.opened.end);
    this.aside = aside;
    this.told = [...this.opened.damage, ...(aside === null ? [] : [`the journal was damaged; it is kept as ${aside}`])];
    this.journal = new WitnessedJournal(layout, position);
    const parts = this.#parts();
    const judging = new SimJudging(this);
    this.reporting = new Reporting(parts, judging);
    const thinning = new Thinning(parts, () => host.diskFreeBytes());
    const recovering = new Recovering(parts);
    const world = systemWorld(parts, {
      turns: {
        start: (agent, turn, ready) => this.#startTurn(agent, turn, ready),
        signal: (turn, rung) => host.agents.signal(turn, rung),
        freeze: (turn) => host.agents.freeze(turn),
        thaw: (turn) => host.agents.thaw(turn),
      },
      recovering,
      checkpointing: new Checkpointing(parts, lastSealOf(parts, this.opened.lastCheckpoint)),
      judging,
      reporting: this.reporting,
      chaos: { inject: (command) => this.#inject(command) },
      // Nothing here can be made again, so old snapshots are all that can go.
      cleaning: { free: () => thinning.choose() },
      thinning,
      notices: { write: () => {} },
      judgeLimitMs: () => Number.POSITIVE_INFINITY,
      alert: (text) => this.alerts.push(text),
      onBug: (error) => this.failed(error),
    });
    this.supervisor = new Supervisor(this.opened.session, this.opened.end.seq, {
      clock: parts.clock,
      journal: this.journal,
      world: {
        perform: (command) => {
          if (!this.alive) return;
          onCommand(command);
          host.marks.dirty = true;
          world.perform(command);
        },
      },
      observers: [
        keepingStatus(layout, parts.log),
        (session, event) => this.#look(session, event),
        () => this.#probe(recovering),
        () => {
          if (host.config.monitoring.export_metrics) this.reporting.metrics(0);
        },
        // What a killed one still decides reaches nobody.
        ...observers.map(
          (observe): Observer =>
            (...seen) =>
              this.alive ? observe(...seen) : undefined,
        ),
      ],
      endByWallMs: host.deadlineMs,
      onWallJump: () => {},
    });
  }

  /** The drill and a person's chaos: told first, then done. */
  #inject({ fault, agent, turn, by }: Command & { type: 'inject-fault' }): void {
    this.post({ type: 'fault-injected', fault, agent, turn, by });
    if (turn === null) return;
    if (fault === 'kill') this.host.agents.signal(turn, 'kill');
    else if (fault === 'hang') this.host.agents.hang(turn);
  }

  begin(): void {
    this.host.agents.tell = (event) => this.post(event);
    this.#do(() =>
      this.supervisor.post({
        type: 'harness-started',
        incarnation: this.opened.session.incarnation + 1,
        version: 'simulated',
        pid: 1,
        pauseLimitMs: this.host.terminal ? null : 3_600_000,
        lastCheckpoint: checkpointNumbers(this.host.layout).at(-1) ?? 0,
      }),
    );
    if (this.aside !== null) this.post({ type: 'checkpoint-requested', by: 'repair' });
  }

  /** An event from the world; one that comes while the process stands still comes when it goes on. */
  post(event: Event): void {
    if (!this.alive) return;
    if (this.stoppedUntilMs > this.host.time.nowMs) this.after(0, () => this.supervisor.post(event));
    else this.#do(() => this.supervisor.post(event));
  }

  after(ms: number, call: () => void): () => void {
    let cancelled = false;
    const run = () => {
      if (!this.alive || cancelled) return;
      const waitMs = this.stoppedUntilMs - this.host.time.nowMs;
      if (waitMs > 0) this.host.time.after(waitMs, run);
      else this.#do(call);
    };
    const cancel = this.host.time.after(ms, run);
    return () => {
      cancelled = true;
      cancel();
    };
  }

  die(): void {
    this.alive = false;
    this.host.disk.kill();
  }

  failed(error: unknown): void {
    if (!this.alive || error instanceof Killed) return;
    this.bug ??= error;
    this.die();
  }

  #do(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.failed(error);
    }
  }

  #parts(): SessionParts {
    const { layout, code, disk, time, chance, config } = this.host;
    const clock: Clock = {
      nowMs: () => Math.floor(time.nowMs - this.startMs),
      wallMs: () => Math.floor(time.nowMs + this.host.wallOffsetMs()),
      stepWall: () => {},
      after: (ms, call) => this.after(Math.ceil(ms), call),
    };
    const work = <T>(ms: number, deed: () => T): Promise<T> => this.#work(ms, deed);
    return {
      id: 'night',
      layout,
      config,
      project: PROJECT,
      rulesAtStart: null,
      adapter: simAdapter(code),
      token: 'token',
      walls: GROUP,
      guard: NO_GUARD,
      journal: this.journal,
      clock,
      workspace: simWorkspace(code, disk, { work, chance: chance.fork() }),
      lane: new Lane(),
      log: SILENT,
      env: {},
      session: () => this.supervisor.session,
      post: (event) => this.post(event),
    };
  }

  /** Work on the disk that takes its time; whoever waits for it waits for ever when the harness dies. */
  #work<T>(ms: number, deed: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.after(ms, () => {
        this.host.marks.dirty = true;
        try {
          resolve(deed());
        } catch (error) {
          reject(error as Error);
        }
      });
    });
  }

  /** As the runtime's looks beside the work: each once in a life, also those that an earlier life still owes. */
  #look(session: Session, { type }: StampedEvent): void {
    if ((type !== 'checkpoint-written' && type !== 'harness-started') || !isTimeToLook(session)) return;
    for (const { checkpoint, workingMs, settled, endOf } of session.looks) {
      if (this.#looked.has(checkpoint)) continue;
      this.#looked.add(checkpoint);
      const seen = this.host.look();
      if (seen === null) continue;
      const { ms, verdict } = seen;
      this.after(ms, () => {
        const wanted = endOf === null ? [] : criteriaAtEndOf(this.supervisor.session, endOf);
        const criteria = wanted.map((one) => ({ ...one, verdict, evidence: 'simulated' }));
        const point = { checkpoint, workingMs, settled, verdict, text: 'simulated', tests: 3, failed: 0 };
        this.supervisor.post({ type: 'quality-measured', ...point, open: [], criteria });
      });
    }
  }

  async #startTurn(agent: string, turn: Parameters<Agents['start']>[1], ready: Promise<void>): Promise<void> {
    await ready;
    await this.#work(this.host.chance.wait(20), () => {});
    if (this.alive) this.host.agents.start(agent, turn);
  }

  /** As the production probes look: at who works, while progress is waited for, and at the disk. */
  #probe(recovering: Recovering): void {
    const { time, chance } = this.host;
    if (time.nowMs - this.#probedMs < this.supervisor.session.plan.heartbeatMs) return;
    this.#probedMs = time.nowMs;
    this.after(chance.whole(1, 20), () => {
      const { session } = this.supervisor;
      if (waitsForProgress(session) && session.pauses.length === 0)
        for (const { name, at } of agentsOf(session))
          if (at.is === 'running') {
            this.host.marks.dirty = true;
            void recovering.peek(name, at.turn.number);
          }
      const writable = this.journal.sync() === null;
      this.supervisor.post({
        type: 'probed',
        diskFreeBytes: this.host.diskFreeBytes(),
        sessionBytes: this.host.sessionBytes(),
        agentRssBytes: 1_000_000,
        writable,
      });
    });
  }
}

/** A judge that takes its time and says what the night wants; or never answers. */
class SimJudging {
  readonly result = null;
  readonly #life: Life;

  constructor(life: Life) {
    this.#life = life;
  }

  async judge(): Promise<void> {
    const { ms, verdict } = this.#life.host.judge();
    this.#life.after(ms, () =>
      this.#life.supervisor.post({ type: 'judged', verdict: { critical: verdict, text: 'simulated' } }),
    );
  }
}

const nothing = () => {};
const SILENT = {
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  fatal: nothing,
} as unknown as Logger;
