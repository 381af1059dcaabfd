// Runs the turns: prompt, process, output into signals, signals into events, the end of the process into its meaning.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OutputReader, Signal } from '../agents/contract.ts';
import { TokenMeter } from '../agents/meter.ts';
import { turnPrompt } from '../agents/prompt.ts';
import { environmentOf } from '../process/environment.ts';
import { type AgentProcess, startProcess } from '../process/spawn.ts';
import { Tail } from '../process/tail.ts';
import type { Rung } from '../session/command.ts';
import type { Failure } from '../session/failure.ts';
import type { Turn } from '../session/state.ts';
import { type AgentLayout, agentLayout } from '../store/layout.ts';
import { cleaned } from '../text/clean.ts';
import { lastCommits } from '../workspace/history.ts';
import { markerOf, type SessionParts } from './parts.ts';

interface RunningTurn {
  readonly agent: string;
  readonly turn: Turn;
  readonly reader: OutputReader;
  readonly meter: TokenMeter;
  readonly tails: readonly Tail[];
  readonly startedWallMs: number;
  process: AgentProcess | null;
  task: string | null;
  /** Tool calls of the saved state that are told already. */
  toolsTold: number;
  outputBytes: number;
  toldMs: number;
  cpuTicks: number;
}

export class Turns {
  readonly #parts: SessionParts;
  readonly #running = new Map<number, RunningTurn>();

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /** Starts a turn; answers with agent-started or agent-start-failed. */
  async start(agent: string, turn: Turn): Promise<void> {
    const { post, log } = this.#parts;
    try {
      await this.#start(agent, turn);
    } catch (error) {
      this.#forget(turn.number);
      log.debug(`turn ${turn.number}: ${(error as Error).stack}`);
      post({
        type: 'agent-start-failed',
        agent,
        turn: turn.number,
        failure: launchFailure(error as NodeJS.ErrnoException),
      });
    }
  }

  async #start(agent: string, turn: Turn): Promise<void> {
    const { layout, adapter, config, clock, post, session, token, env, id } = this.#parts;
    const places = agentLayout(layout, agent);
    const role = session().plan.agents.find(({ name }) => name === agent)?.role ?? agent;
    const saved = turn.resume === null ? null : adapter.savedTask(places.home, turn.resume);
    const promptFile = await this.#writePrompt(agent, role, turn, places);
    const budget = session().plan.limits.totalTokens;
    const launch = adapter.launch({
      project: layout.project,
      home: places.home,
      config: places.config,
      promptFile,
      resume: saved?.task ?? null,
      maxMs: turn.maxMs,
      tokensLeft: budget === null ? null : Math.max(0, budget - session().usage.tokens),
    });
    const reader = adapter.reader();
    const capBytes = config.agent.output_limit_mb * 1024 * 1024;
    const follow = (stream: 'out' | 'err', path: string) =>
      new Tail(path, capBytes, (chunk) => this.#output(running, stream, chunk));
    const running: RunningTurn = {
      agent,
      turn,
      reader,
      meter: new TokenMeter(saved?.tokens ?? 0),
      tails: [follow('out', places.output), follow('err', places.errors)],
      startedWallMs: clock.wallMs(),
      process: null,
      task: saved?.task ?? null,
      toolsTold: saved?.tools.length ?? 0,
      outputBytes: 0,
      toldMs: clock.nowMs(),
      cpuTicks: 0,
    };
    this.#running.set(turn.number, running);
    const own = environmentOf(
      {
        session: id,
        agent,
        role,
        turn: turn.number,
        home: places.home,
        caches: layout.caches,
        pass: config.agent.env_pass,
      },
      env,
    );
    const process = await startProcess(
      { ...launch, env: { ...own, ...this.#key(), ...launch.env } },
      layout.project,
      { input: promptFile, output: places.output, errors: places.errors },
      markerOf(token, turn.number),
      (exit) => this.#exited(running, exit),
    );
    running.process = process;
    post({
      type: 'agent-started',
      agent,
      turn: turn.number,
      pid: process.pid,
      startTicks: process.startTicks,
      mode: saved === null ? 'fresh' : 'resumed',
    });
  }

  /** The key of the endpoint, under the name the agent looks for it. */
  #key(): Record<string, string> {
    const { adapter, config, env } = this.#parts;
    const key = env[config.agent.api_key_env];
    return adapter.keyVariable === null || key === undefined ? {} : { [adapter.keyVariable]: key };
  }

  async #writePrompt(agent: string, role: string, turn: Turn, places: AgentLayout): Promise<string> {
    const { layout, session, adapter } = this.#parts;
    const specification = readFileSync(layout.prompt, 'utf8');
    const commits = await lastCommits(layout.project, 10);
    const prompt = turnPrompt(specification, {
      session: session(),
      agent,
      role,
      turn,
      lastCommits: commits,
      commitRule: adapter.commitRule,
    });
    mkdirSync(places.prompts, { recursive: true });
    const file = join(places.prompts, `turn_${String(turn.number).padStart(3, '0')}.txt`);
    writeFileSync(file, prompt);
    return file;
  }

  signal(turn: number, rung: Rung): void {
    this.#running.get(turn)?.process?.signal(rung);
  }

  freeze(turn: number): void {
    this.#running.get(turn)?.process?.freeze();
  }

  thaw(turn: number): void {
    this.#running.get(turn)?.process?.thaw();
  }

  /** Pids of all running turns' trees. */
  pids(): readonly number[] {
    return [...this.#running.values()].flatMap(({ process }) => process?.pids() ?? []);
  }

  /** A look at every running turn: its tokens so far, and whether it works although it is silent. */
  look(cpuTicksOf: (pids: readonly number[]) => number): void {
    for (const running of this.#running.values()) {
      this.#nameTask(running);
      this.#tellSavedState(running);
      const cpuTicks = cpuTicksOf(running.process?.pids() ?? []);
      if (cpuTicks - running.cpuTicks >= BUSY_TICKS) this.#tellActive(running, 0);
      running.cpuTicks = cpuTicks;
    }
  }

  #output(running: RunningTurn, stream: 'out' | 'err', chunk: Buffer): void {
    running.outputBytes += chunk.length;
    this.#tell(running, running.reader.push(stream, chunk));
    const { clock, session } = this.#parts;
    if (clock.nowMs() - running.toldMs < session().plan.heartbeatMs) return;
    this.#tellActive(running, running.outputBytes);
  }

  #tellActive(running: RunningTurn, outputBytes: number): void {
    running.toldMs = this.#parts.clock.nowMs();
    running.outputBytes -= outputBytes;
    this.#parts.post({ type: 'agent-active', agent: running.agent, turn: running.turn.number, outputBytes });
  }

  #tell(running: RunningTurn, signals: readonly Signal[]): void {
    const of = { agent: running.agent, turn: running.turn.number };
    const { post } = this.#parts;
    let garbage = 0;
    for (const signal of signals) {
      switch (signal.is) {
        case 'step':
          post({ type: 'agent-stepped', ...of, step: signal.step });
          this.#nameTask(running);
          break;
        case 'tool':
          post({ type: 'tool-called', ...of, tool: signal.tool, ok: signal.ok });
          break;
        case 'tokens':
          this.#tellTokens(
            running,
            running.meter.add(signal.prompt + signal.completion),
            signal.prompt,
            signal.completion,
          );
          break;
        case 'turn-tokens':
          this.#tellTokens(running, running.meter.total(signal.total), null, null);
          break;
        case 'task':
          this.#named(running, signal.task);
          break;
        case 'error':
          post({ type: 'agent-erred', ...of, about: signal.about, text: signal.text });
          break;
        case 'garbage':
          garbage += signal.bytes;
          break;
        case 'claim':
          post({ type: 'completion-claimed', ...of });
          break;
      }
    }
    if (garbage > 0) post({ type: 'garbage-seen', ...of, bytes: garbage });
  }

  #tellTokens(running: RunningTurn, total: number, prompt: number | null, completion: number | null): void {
    if (total === 0) return;
    const of = { agent: running.agent, turn: running.turn.number };
    this.#parts.post({ type: 'tokens-used', ...of, total, prompt, completion, source: 'agent' });
  }

  #nameTask(running: RunningTurn): void {
    if (running.task !== null) return;
    const { adapter, layout } = this.#parts;
    const found = adapter.newTask(agentLayout(layout, running.agent).home, running.startedWallMs);
    if (found !== null) this.#named(running, found.task);
  }

  #named(running: RunningTurn, task: string): void {
    if (running.task === task) return;
    running.task = task;
    this.#parts.post({ type: 'task-named', agent: running.agent, turn: running.turn.number, task });
  }

  /** Tokens, and tool calls where the output does not show them, from the state the agent saves. */
  #tellSavedState(running: RunningTurn): void {
    if (running.task === null) return;
    const { adapter, layout, post } = this.#parts;
    const saved = adapter.stateOf(agentLayout(layout, running.agent).home, running.task);
    if (saved === null) return;
    if (saved.tokens !== null) this.#tellTokens(running, running.meter.saved(saved.tokens), null, null);
    if (!adapter.toolsInState) return;
    for (const { tool, ok } of saved.tools.slice(running.toolsTold))
      post({ type: 'tool-called', agent: running.agent, turn: running.turn.number, tool: cleaned(tool, 64), ok });
    running.toolsTold = Math.max(running.toolsTold, saved.tools.length);
  }

  #exited(running: RunningTurn, exit: { readonly code: number | null; readonly signal: string | null }): void {
    for (const tail of running.tails) tail.close();
    this.#tell(running, running.reader.end());
    this.#nameTask(running);
    this.#tellSavedState(running);
    this.#running.delete(running.turn.number);
    const { adapter, post } = this.#parts;
    const failure = adapter.failureOf(exit, running.reader.seen());
    post({ type: 'agent-exited', agent: running.agent, turn: running.turn.number, ...exit, failure });
  }

  #forget(turn: number): void {
    for (const tail of this.#running.get(turn)?.tails ?? []) tail.close();
    this.#running.delete(turn);
  }
}

/** CPU time between two looks that counts as work: 0.05 s. */
const BUSY_TICKS = 5;

/** Causes that trying again cannot mend: the program is not there, or not one. */
const HOPELESS = new Set(['ENOENT', 'EACCES', 'ENOEXEC', 'ENOTDIR', 'E2BIG', 'EINVAL']);

function launchFailure(error: NodeJS.ErrnoException): Failure {
  const { code } = error;
  const text = cleaned(`the agent could not be started: ${error.message.split('\n')[0]}`);
  if (code !== undefined && HOPELESS.has(code)) return { kind: 'configuration', key: `launch ${code}`, text };
  return { kind: 'launch', key: `launch ${code ?? 'unknown'}`, text };
}
