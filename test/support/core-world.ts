// A world of three lines for the core: answers commands at once or when a test says, and lets time pass without waiting.

import type { Turn } from '../../src/session/agent.ts';
import type { Command } from '../../src/session/command.ts';
import type { Event, StampedEvent } from '../../src/session/event.ts';
import type { Failure } from '../../src/session/failure.ts';
import type { Plan } from '../../src/session/plan.ts';
import { created, type Session } from '../../src/session/state.ts';
import { step } from '../../src/session/step.ts';
import { nextWakeMs } from '../../src/session/wake.ts';

export const PLAN: Plan = {
  session: 'test',
  seed: 7,
  agents: [{ name: 'coder', role: 'Coder' }],
  concurrency: 1,
  phases: [
    { name: 'bootstrap', durationMs: 100_000, objectives: ['begin', 'plan'], criteria: ['compiles'] },
    { name: 'development', durationMs: 200_000, objectives: ['build'], criteria: [] },
  ],
  turn: { maxMs: 60_000, minShare: 0.05, graceShare: 0.05, graceMaxMs: 300_000, stallMs: 40_000 },
  graces: { interruptMs: 3_000, terminateMs: 2_000 },
  hastyGraces: { interruptMs: 2_000, terminateMs: 2_000 },
  checkpoints: { enabled: true, intervalMs: 50_000, toolCalls: 100, tokens: 500_000 },
  recovery: {
    auto: true,
    maxAttempts: 5,
    maxConsecutive: 5,
    strategy: 'exponential',
    initialMs: 1_000,
    maxMs: 8_000,
    windowMs: 600_000,
    restartsPerWindow: 50,
    restartsPerSession: 200,
    progressAfterMs: 5_000,
    drill: false,
  },
  trust: { least: 300, most: 1_000 },
  limits: {
    totalTokens: 5_000_000,
    costUsd: null,
    tokensPerAgentHour: null,
    toolCallsPerAgentHour: null,
    contextTokens: null,
    agentRssBytes: null,
    windows: 3,
    sessionBytes: 2e9,
    diskFloorBytes: 1e8,
    pauseLimitMs: null,
  },
  metered: false,
  models: [],
  chaos: { allowed: false, schedule: [] },
  heartbeatMs: 10_000,
  judgeMaxMs: 60_000,
  advanceWhenDone: false,
  light: 'off',
};

/** How an agent's turn goes: how long, how it ends, whether it changed anything. */
export interface Play {
  readonly ms: number;
  readonly failure?: Failure;
  readonly changed?: boolean;
  /** Signals it does not obey; by default it ends at the interrupt. */
  readonly ignores?: readonly ('interrupt' | 'terminate' | 'kill')[];
}

export type Script = (turn: Turn, agent: string) => Play;

export const CRASH: Failure = {
  kind: 'process-crash',
  key: 'process-crash: sigsegv',
  text: 'the agent was ended by SIGSEGV',
};

interface Running {
  readonly agent: string;
  readonly turn: Turn;
  readonly play: Play;
  readonly endsMs: number;
}

export class CoreWorld {
  session: Session;
  readonly events: StampedEvent[] = [];
  readonly commands: Command[] = [];
  /** Kinds of commands that are not answered by themselves. */
  readonly silent = new Set<Command['type']>();
  nowMs = 0;
  frozen = false;
  #seq = 0;
  #running: Running[] = [];
  readonly #script: Script;

  constructor(script: Script = () => ({ ms: 10_000, changed: true }), plan: Plan = PLAN) {
    this.session = created(plan);
    this.#script = script;
    this.send({ type: 'session-created', plan });
    this.start();
  }

  /** A life of the harness begins; agents of an earlier one are gone. */
  start(): void {
    this.#running = [];
    this.nowMs = 0;
    this.send({
      type: 'harness-started',
      incarnation: this.session.incarnation + 1,
      version: 'test',
      pid: 1,
      pauseLimitMs: this.session.plan.limits.pauseLimitMs,
      lastCheckpoint: 0,
    });
  }

  send(event: Event): void {
    const stamped: StampedEvent = { seq: ++this.#seq, atMs: this.nowMs, wall: '2026-01-01T00:00:00.000Z', ...event };
    this.events.push(stamped);
    const [session, commands] = step(this.session, stamped);
    this.session = session;
    this.commands.push(...commands);
    for (const command of commands) this.#answer(command);
  }

  #answer(command: Command): void {
    if (this.silent.has(command.type)) return;
    switch (command.type) {
      case 'start-agent': {
        const { agent, turn } = command;
        const play = this.#script(turn, agent);
        this.#running.push({ agent, turn, play, endsMs: this.nowMs + play.ms });
        this.send({
          type: 'agent-started',
          agent,
          turn: turn.number,
          pid: 100 + turn.number,
          startTicks: 1,
          mode: turn.resume === null ? 'fresh' : 'resumed',
        });
        break;
      }
      case 'signal-agent': {
        const running = this.#running.find(({ turn }) => turn.number === command.turn);
        if (running === undefined || running.play.ignores?.includes(command.rung)) break;
        this.exit(running, { signal: command.rung === 'kill' ? 'SIGKILL' : 'SIGINT', failure: null });
        break;
      }
      case 'measure-turn': {
        const play = this.#plays.get(command.turn);
        this.send({
          type: 'turn-measured',
          agent: command.agent,
          turn: command.turn,
          changed: play?.changed ?? false,
          files: 3,
        });
        break;
      }
      case 'recover-agent':
        this.send({
          type: 'agent-recovered',
          agent: command.agent,
          turn: command.turn.number,
          workspace: 'kept',
          reason: 'sound',
          checkpoint: null,
          task: `task-${command.turn.number}`,
          changed: this.#plays.get(command.turn.number)?.changed ?? false,
        });
        break;
      case 'write-checkpoint':
        this.send({
          type: 'checkpoint-written',
          number: command.number,
          trigger: command.trigger,
          sha256: 'x',
          commit: 'c',
          files: 1,
          bytes: 1,
          tookMs: 1,
        });
        break;
      case 'restore-checkpoint':
        this.send({
          type: 'checkpoint-restored',
          number: command.number,
          by: command.by,
          rewindClock: command.rewindClock,
          phaseClockMs: 10_000,
          insteadOf: null,
        });
        break;
      case 'judge':
        this.send({ type: 'judged', verdict: { critical: 'passed', text: 'tests passed' } });
        break;
      case 'write-report':
        this.send({ type: 'report-written' });
        break;
      case 'freeze-agent':
        this.frozen = true;
        break;
      case 'thaw-agent':
        this.frozen = false;
        break;
      case 'alert':
        break;
    }
  }

  readonly #plays = new Map<number, Play>();

  /** Ends a running turn's process. */
  exit({ agent, turn, play }: Running, { signal, failure }: { signal: string | null; failure: Failure | null }): void {
    this.#running = this.#running.filter((running) => running.turn.number !== turn.number);
    this.#plays.set(turn.number, play);
    this.send({ type: 'agent-exited', agent, turn: turn.number, code: signal === null ? 0 : null, signal, failure });
  }

  /** Lets so much time pass: deadlines and ends of turns happen when they are due. */
  pass(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (let guard = 0; this.session.stage.is !== 'done'; guard++) {
      if (guard > 100_000) throw new Error('time does not pass');
      const wakeMs = this.session.clock.lastAtMs + nextWakeMs(this.session);
      const next = this.frozen ? undefined : this.#running.toSorted((a, b) => a.endsMs - b.endsMs)[0];
      const nextMs = Math.min(wakeMs, next?.endsMs ?? Number.POSITIVE_INFINITY);
      if (nextMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, Math.ceil(nextMs));
      if (next !== undefined && next.endsMs <= this.nowMs) {
        const failure = next.play.failure ?? null;
        this.exit(next, { signal: failure === null ? null : 'SIGSEGV', failure });
      } else this.send({ type: 'time-passed' });
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  /** Commands of one kind, in order. */
  asked<T extends Command['type']>(type: T): (Command & { type: T })[] {
    return this.commands.filter((command): command is Command & { type: T } => command.type === type);
  }

  get alerts(): string[] {
    return this.asked('alert').map(({ text }) => text);
  }

  agent(name = 'coder') {
    const agent = this.session.agents[name];
    if (agent === undefined) throw new Error(`no agent ${name}`);
    return agent;
  }
}
