// The agents of a simulated night: processes that step, call tools, spend tokens, change the project, and misbehave.

import type { Rung, Turn } from '../src/session/agent.ts';
import type { Event } from '../src/session/event.ts';
import type { Failure } from '../src/session/failure.ts';
import type { Chance } from './chance.ts';
import type { Code } from './code.ts';
import type { VirtualTime } from './time.ts';

/** How a process misbehaves, from the moment it is told. */
export type Misbehaviour =
  | 'crash'
  | 'hang'
  | 'deaf'
  | 'undying'
  | 'give-up'
  | 'garbage'
  | 'lie'
  | 'parse-failure'
  | 'memory'
  | 'breaks-project'
  | 'loses-state'
  | 'removes-project'
  | 'floods'
  | 'tool-timeouts'
  | 'circles'
  | 'models-exhausted';

interface Process {
  readonly pid: number;
  readonly agent: string;
  readonly turn: Turn;
  readonly task: string;
  alive: boolean;
  /** A daemon it left behind, in its own tree. */
  daemon: boolean;
  frozen: boolean;
  owed: (() => void) | null;
  deaf: boolean;
  undying: boolean;
  /** The kernel has its kill: it runs no code of its own any more, however long it takes to go. */
  killed: boolean;
  silent: boolean;
  stepsLeft: number;
  changes: boolean;
}

/** What the agents' output and exits go to: the life of the harness that runs at that time, if any. */
export type Told = (event: Event) => void;

const STEP_MS = 20_000;

export class Agents {
  tell: Told = () => {};
  /** Told of every token that reached a harness: what it must have counted. */
  onTokens: (total: number) => void = () => {};
  /** More starts than this fail. */
  failingLaunches = 0;
  /** No model answers until then, on the night's clock. */
  outageUntilMs = 0;
  /** Share of turns that change anything at all. */
  fruitful = 0.75;
  /** Their calls go through a gateway, which tells what they used as well. */
  metered = false;
  /** The next so many turns end at once. */
  crashLoop = 0;
  /** For the next process to come, when none runs. */
  readonly waiting: Misbehaviour[] = [];
  spawned = 0;
  readonly #time: VirtualTime;
  readonly #chance: Chance;
  readonly #code: Code;
  #processes: Process[] = [];

  constructor(time: VirtualTime, chance: Chance, code: Code) {
    this.#time = time;
    this.#chance = chance;
    this.#code = code;
  }

  get alive(): readonly { readonly pid: number; readonly agent: string }[] {
    return this.#processes.filter(({ alive, daemon, killed }) => (alive || daemon) && !killed);
  }

  /** Those that can still do something. */
  get atWork(): readonly { readonly agent: string; readonly turn: number }[] {
    return this.#processes
      .filter(({ alive, killed }) => alive && !killed)
      .map(({ agent, turn }) => ({ agent, turn: turn.number }));
  }

  get anyFrozen(): boolean {
    return this.#processes.some(({ alive, frozen, killed }) => alive && frozen && !killed);
  }

  /** Starts a turn's process; answers as the runtime does. */
  start(agent: string, turn: Turn): void {
    if (this.failingLaunches > 0) {
      this.failingLaunches--;
      const failure: Failure = { kind: 'launch', key: 'launch EAGAIN', text: 'the agent could not be started: EAGAIN' };
      this.tell({ type: 'agent-start-failed', agent, turn: turn.number, failure });
      return;
    }
    const saved = turn.resume === null ? null : (this.#code.homes.get(agent) ?? null);
    const resumed = saved !== null && saved.task === turn.resume && !saved.finished;
    const process: Process = {
      pid: 1000 + ++this.spawned,
      agent,
      turn,
      task: resumed ? saved.task : `task-${this.spawned}`,
      alive: true,
      daemon: this.#chance.is(0.1),
      frozen: false,
      owed: null,
      deaf: false,
      undying: false,
      killed: false,
      silent: false,
      stepsLeft: this.#chance.whole(5, 80),
      changes: this.#chance.is(this.fruitful),
    };
    this.#processes.push(process);
    const of = { agent, turn: turn.number };
    this.tell({
      type: 'agent-started',
      ...of,
      pid: process.pid,
      startTicks: process.pid,
      mode: resumed ? 'resumed' : 'fresh',
    });
    this.#later(process, this.#chance.wait(500), () => this.#begin(process));
  }

  #begin(process: Process): void {
    const of = { agent: process.agent, turn: process.turn.number };
    if (this.crashLoop > 0) {
      this.crashLoop--;
      this.#exit(process, null, 'SIGSEGV', crash('SIGSEGV'));
      return;
    }
    this.tell({ type: 'task-named', ...of, task: process.task });
    const wish = this.waiting.shift();
    if (wish !== undefined) this.misbehave(wish, process);
    this.#next(process);
  }

  #next(process: Process): void {
    this.#later(process, this.#chance.wait(STEP_MS), () => this.#step(process));
  }

  #step(process: Process): void {
    if (process.silent) return;
    const { agent, turn } = process;
    const of = { agent, turn: turn.number };
    if (this.#time.nowMs < this.outageUntilMs) {
      this.tell({ type: 'agent-erred', ...of, about: 'api', text: '503 service unavailable' });
      this.#exit(process, 1, null, {
        kind: 'llm-error',
        key: 'llm-error: 503',
        text: 'the model does not answer (503)',
      });
      return;
    }
    process.stepsLeft--;
    const total = this.#chance.whole(200, 4_000);
    this.tell({ type: 'agent-stepped', ...of, step: 80 - process.stepsLeft });
    this.tell({ type: 'tool-called', ...of, tool: 'shell_exec', ok: this.#chance.is(0.9) });
    this.tell({ type: 'tokens-used', ...of, total, prompt: null, completion: null, source: 'agent' });
    if (this.metered) this.#called(of, total);
    this.onTokens(total);
    if (process.changes && this.#chance.is(0.4)) this.#code.change();
    const finished = process.stepsLeft <= 0;
    this.#code.homes.set(agent, { task: process.task, steps: 80 - process.stepsLeft, finished });
    if (!finished) {
      this.#next(process);
      return;
    }
    if (process.changes) this.#code.change();
    this.tell({ type: 'completion-claimed', ...of });
    this.#exit(process, 0, null, null);
  }

  /** What a gateway tells of one call that was answered. */
  #called(of: { readonly agent: string; readonly turn: number }, total: number): void {
    const prompt = Math.floor(total * 0.8);
    this.tell({
      type: 'model-called',
      ...of,
      upstream: 'primary',
      asked: 'm',
      answered: 'm',
      status: 200,
      outcome: 'answered',
      prompt,
      completion: total - prompt,
      source: 'reported',
      costUsd: null,
      firstByteMs: 1,
      tookMs: 2,
      injected: false,
      text: null,
    });
  }

  /** Makes the running process misbehave now, or the next one to come. */
  misbehave(how: Misbehaviour, process = this.#processes.find(({ alive }) => alive)): void {
    if (process === undefined) {
      this.waiting.push(how);
      return;
    }
    this.#prepare(how, process);
    const end = ENDS[how];
    if (end !== undefined) this.#exit(process, end.code, end.signal, end.failure);
  }

  /** What the process does to the world around it, or to itself, without ending yet. */
  #prepare(how: Misbehaviour, process: Process): void {
    const of = { agent: process.agent, turn: process.turn.number };
    switch (how) {
      case 'hang':
      case 'deaf':
      case 'undying':
        process.silent = true;
        process.deaf = how !== 'hang';
        process.undying = how === 'undying';
        break;
      case 'garbage':
        this.tell({ type: 'garbage-seen', ...of, bytes: 4096 });
        break;
      case 'lie':
        this.tell({ type: 'completion-claimed', ...of });
        break;
      case 'breaks-project':
        this.#code.sound = false;
        break;
      case 'loses-state':
        this.#code.homes.set(process.agent, null);
        break;
      case 'removes-project':
        this.#code.there = false;
        break;
      case 'floods':
        for (let n = 0; n < 50; n++) this.tell({ type: 'agent-active', ...of, outputBytes: 1_000_000 });
        break;
      case 'tool-timeouts':
        for (let n = 0; n < 2; n++) this.tell({ type: 'tool-timed-out', ...of, tool: 'shell_exec', call: 'soak' });
        break;
      case 'circles':
        for (let n = 0; n < 12; n++)
          this.tell({ type: 'tool-called', ...of, tool: 'file_read', ok: true, call: 'same' });
        break;
      case 'models-exhausted':
        this.tell({ type: 'models-exhausted', ...of, text: 'status 500', injected: false });
        break;
      case 'crash':
      case 'give-up':
      case 'parse-failure':
      case 'memory':
        break;
    }
  }

  signal(turn: number, rung: Rung): void {
    const process = this.#of(turn);
    if (process === undefined) return;
    // A frozen process must run to hear anything but a kill: the ladder continues it.
    this.thaw(turn);
    if (rung === 'kill') {
      process.killed = true;
      const ms = process.undying ? 20_000 : this.#chance.whole(1, 20);
      this.#time.after(ms, () => this.#exit(process, null, 'SIGKILL', crash('SIGKILL')));
      return;
    }
    if (process.deaf) return;
    const name = rung === 'interrupt' ? 'SIGINT' : 'SIGTERM';
    this.#later(process, this.#chance.wait(400), () => this.#exit(process, null, name, crash(name)));
  }

  /** On purpose: it shows no sign of life any more. */
  hang(turn: number): void {
    const process = this.#of(turn);
    if (process !== undefined) this.#prepare('hang', process);
  }

  freeze(turn: number): void {
    const process = this.#of(turn);
    if (process !== undefined) process.frozen = true;
  }

  thaw(turn: number): void {
    const process = this.#of(turn);
    if (process === undefined || !process.frozen) return;
    process.frozen = false;
    const { owed } = process;
    process.owed = null;
    owed?.();
  }

  /** The harness is gone; what dies with it depends on the walls. */
  orphan(walls: boolean): void {
    this.tell = () => {};
    this.onTokens = () => {};
    if (walls) this.killAll();
  }

  /** Ends everything that is left over, as a resume does. */
  killAll(): void {
    for (const process of this.#processes) {
      process.alive = false;
      process.daemon = false;
    }
    this.#processes = [];
  }

  #of(turn: number): Process | undefined {
    return this.#processes.find((process) => process.turn.number === turn && process.alive);
  }

  /** Something the process does by itself, unless it is dead by then; a frozen one does it when it is continued. */
  #later(process: Process, ms: number, act: () => void): void {
    this.#time.after(ms, () => {
      if (!process.alive) return;
      if (process.frozen) process.owed = act;
      else act();
    });
  }

  #exit(process: Process, code: number | null, signal: string | null, failure: Failure | null): void {
    if (!process.alive) return;
    process.alive = false;
    // The runtime ends what the agent left behind before it tells the exit.
    process.daemon = false;
    this.#processes = this.#processes.filter((one) => one !== process);
    this.tell({ type: 'agent-exited', agent: process.agent, turn: process.turn.number, code, signal, failure });
  }
}

interface End {
  readonly code: number | null;
  readonly signal: string | null;
  readonly failure: Failure | null;
}

const KILLED: End = { code: null, signal: 'SIGKILL', failure: crash('SIGKILL') };

/** How misbehaving processes end; those that do not stand here live on. */
const ENDS: Readonly<Partial<Record<Misbehaviour, End>>> = {
  crash: KILLED,
  'breaks-project': KILLED,
  'loses-state': KILLED,
  'removes-project': KILLED,
  lie: { code: 0, signal: null, failure: null },
  'give-up': {
    code: 1,
    signal: null,
    failure: { kind: 'agent-gave-up', key: 'gave up', text: 'the agent gave up' },
  },
  'parse-failure': {
    code: 1,
    signal: null,
    failure: { kind: 'parse-failure', key: 'parse', text: 'no tool call could be read' },
  },
  memory: { ...KILLED, failure: { kind: 'memory-pressure', key: 'memory', text: 'out of memory' } },
};

function crash(signal: string): Failure {
  return { kind: 'process-crash', key: `process-crash: ${signal}`, text: `the agent was ended by ${signal}` };
}
