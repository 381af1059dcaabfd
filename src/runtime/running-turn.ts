// One running turn as seen from outside: its output and saved state become events, each thing told once.
import type { OutputReader, SavedTask, Signal } from '../agents/contract.ts';
import { TokenMeter } from '../agents/meter.ts';
import { ruled } from '../agents/rules.ts';
import type { Exit } from '../process/launch.ts';
import type { AgentProcess } from '../process/spawn.ts';
import { Tail } from '../process/tail.ts';
import type { Rung, Turn } from '../session/agent.ts';
import { type AgentLayout, agentLayout } from '../store/layout.ts';
import { cleaned } from '../text/clean.ts';
import type { SessionParts } from './parts.ts';

/** CPU time between two looks that counts as work: 0.05 s. */
const BUSY_TICKS = 5;

export class RunningTurn {
  readonly #parts: SessionParts;
  readonly #of: { readonly agent: string; readonly turn: number };
  readonly #places: AgentLayout;
  readonly #reader: OutputReader;
  readonly #meter: TokenMeter;
  readonly #tails: Tail[] = [];
  readonly #startedWallMs: number;
  readonly #resumed: boolean;
  #process: AgentProcess | null = null;
  #task: string | null;
  /** Tool calls of the saved state that are told already. */
  #toolsTold: number;
  #outputBytes = 0;
  #toldMs: number;
  #cpuTicks = 0;

  /** From now on the output files are followed; the process comes with `started`. */
  constructor(parts: SessionParts, agent: string, turn: Turn, saved: SavedTask | null) {
    const { adapter, config, clock, layout } = parts;
    this.#parts = parts;
    this.#of = { agent, turn: turn.number };
    this.#places = agentLayout(layout, agent);
    this.#reader = adapter.reader();
    this.#meter = new TokenMeter(saved?.tokens ?? 0);
    this.#task = saved?.task ?? null;
    this.#toolsTold = saved?.tools.length ?? 0;
    this.#startedWallMs = clock.wallMs();
    this.#resumed = saved !== null;
    this.#toldMs = clock.nowMs();
    const capBytes = config.agent.output_limit_mb * 1024 * 1024;
    this.#follow(this.#places.output, 'out', capBytes);
    this.#follow(this.#places.errors, 'err', capBytes);
  }

  #follow(path: string, stream: 'out' | 'err', capBytes: number): void {
    try {
      this.#tails.push(new Tail(path, capBytes, (chunk) => this.#output(stream, chunk)));
    } catch (error) {
      // The turn will not start: nobody would close what follows its other file.
      this.close();
      throw error;
    }
  }

  started(process: AgentProcess): void {
    this.#process = process;
  }

  signal(rung: Rung): void {
    this.#process?.signal(rung);
  }

  freeze(): void {
    this.#process?.freeze();
  }

  thaw(): void {
    this.#process?.thaw();
  }

  pids(): readonly number[] {
    return this.#process?.pids() ?? [];
  }

  /** Tells what can be seen without output: its task, its tokens, that it computes though it is silent. */
  look(cpuTicksOf: (pids: readonly number[]) => number): void {
    this.#nameTask();
    this.#tellSavedState();
    const cpuTicks = cpuTicksOf(this.pids());
    if (cpuTicks - this.#cpuTicks >= BUSY_TICKS) this.#tellActive(0);
    this.#cpuTicks = cpuTicks;
  }

  /** The process ended: everything it wrote is told, then the end itself. */
  exited(exit: Exit): void {
    this.close();
    this.#tell(this.#reader.end());
    this.#nameTask();
    this.#tellSavedState();
    const seen = this.#parts.adapter.failureOf(exit, this.#reader.seen());
    const failure = seen === null ? null : ruled(seen, this.#parts.config.error_handling);
    this.#parts.post({ type: 'agent-exited', ...this.#of, ...exit, failure });
  }

  /** Stops following the output. */
  close(): void {
    for (const tail of this.#tails) tail.close();
  }

  #output(stream: 'out' | 'err', chunk: Buffer): void {
    this.#outputBytes += chunk.length;
    this.#tell(this.#reader.push(stream, chunk));
    const { clock, session } = this.#parts;
    if (clock.nowMs() - this.#toldMs >= session().plan.heartbeatMs) this.#tellActive(this.#outputBytes);
  }

  #tellActive(outputBytes: number): void {
    this.#toldMs = this.#parts.clock.nowMs();
    this.#outputBytes -= outputBytes;
    this.#parts.post({ type: 'agent-active', ...this.#of, outputBytes });
  }

  #tell(signals: readonly Signal[]): void {
    let garbage = 0;
    for (const signal of signals) {
      if (signal.is === 'garbage') garbage += signal.bytes;
      else this.#tellOne(signal);
    }
    if (garbage > 0) this.#parts.post({ type: 'garbage-seen', ...this.#of, bytes: garbage });
  }

  #tellOne(signal: Exclude<Signal, { is: 'garbage' }>): void {
    const { post } = this.#parts;
    switch (signal.is) {
      case 'step':
        post({ type: 'agent-stepped', ...this.#of, step: signal.step });
        this.#nameTask();
        break;
      case 'tool':
        post({
          type: 'tool-called',
          ...this.#of,
          tool: signal.tool,
          ok: signal.ok,
          ...(signal.call === undefined ? {} : { call: signal.call }),
        });
        break;
      case 'tokens':
        this.#tellTokens(this.#meter.add(signal.prompt + signal.completion), signal.prompt, signal.completion);
        break;
      case 'task-tokens':
        this.#tellTokens(this.#meter.total(signal.total), null, null);
        break;
      case 'task':
        this.#named(signal.task);
        break;
      case 'error':
        post({ type: 'agent-erred', ...this.#of, about: signal.about, text: signal.text });
        break;
      case 'claim':
        post({ type: 'completion-claimed', ...this.#of });
        break;
    }
  }

  #tellTokens(total: number, prompt: number | null, completion: number | null): void {
    if (total > 0) this.#parts.post({ type: 'tokens-used', ...this.#of, total, prompt, completion, source: 'agent' });
  }

  /** Some agents never name their task; it is found by the file that appears in their home. */
  #nameTask(): void {
    if (this.#task !== null) return;
    const found = this.#parts.adapter.newTask(this.#places.home, this.#startedWallMs);
    if (found !== null) this.#named(found.task);
  }

  #named(task: string): void {
    if (this.#task === task) return;
    this.#task = task;
    this.#parts.post({ type: 'task-named', ...this.#of, task });
  }

  /** Tokens, and tool calls where the output does not show them, from the state the agent saves. */
  #tellSavedState(): void {
    const { adapter, post } = this.#parts;
    const saved = this.#task === null ? null : adapter.stateOf(this.#places.home, this.#task);
    if (saved === null) return;
    if (saved.tokens !== null) this.#tellTokens(this.#meter.total(saved.tokens), null, null);
    const told = !adapter.toolsInState(this.#resumed);
    for (const { tool, ok, call, timedOut } of saved.tools.slice(this.#toolsTold)) {
      const named = { ...this.#of, tool: cleaned(tool, 64), call };
      if (!told) post({ type: 'tool-called', ...named, ok });
      if (timedOut) post({ type: 'tool-timed-out', ...named });
    }
    this.#toolsTold = Math.max(this.#toolsTold, saved.tools.length);
  }
}
