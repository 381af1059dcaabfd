// Starts turns and keeps those that run: the prompt is written, the process spawned, its end waited for.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SavedTask } from '../agents/contract.ts';
import { turnPrompt } from '../agents/prompt.ts';
import { selfwareToml } from '../agents/settings.ts';
import { environmentOf } from '../process/environment.ts';
import type { Launch } from '../process/launch.ts';
import { startProcess } from '../process/spawn.ts';
import type { Rung, Turn } from '../session/agent.ts';
import type { Failure } from '../session/failure.ts';
import { type AgentLayout, agentLayout } from '../store/layout.ts';
import { cleaned } from '../text/clean.ts';
import { lastCommits } from '../workspace/history.ts';
import type { ModelAccess } from './model-access.ts';
import { markerOf, type SessionParts } from './parts.ts';
import { turnPlaces } from './places.ts';
import { RunningTurn } from './running-turn.ts';

export class Turns {
  readonly #parts: SessionParts;
  readonly #running = new Map<number, RunningTurn>();
  readonly #models: ModelAccess | null;
  #over = false;

  constructor(parts: SessionParts, models: ModelAccess | null) {
    this.#parts = parts;
    this.#models = models;
  }

  /** Starts a turn once `ready` is; answers with agent-started or agent-start-failed. */
  async start(agent: string, turn: Turn, ready: Promise<void>): Promise<void> {
    const { post, log } = this.#parts;
    try {
      await ready;
      await this.#start(agent, turn);
    } catch (error) {
      this.#running.get(turn.number)?.close();
      this.#running.delete(turn.number);
      log.debug(`turn ${turn.number}: ${(error as Error).stack}`);
      const failure = launchFailure(error as NodeJS.ErrnoException);
      post({ type: 'agent-start-failed', agent, turn: turn.number, failure });
    }
  }

  async #start(agent: string, turn: Turn): Promise<void> {
    const { layout, adapter, post, walls, guard } = this.#parts;
    const places = agentLayout(layout, agent);
    const saved = turn.resume === null ? null : adapter.savedTask(places.home, turn.resume);
    const promptFile = await this.#writePrompt(agent, turn, places);
    if (this.#over) throw new Error('the session is over');
    const running = new RunningTurn(this.#parts, agent, turn, saved);
    this.#running.set(turn.number, running);
    const process = await startProcess(
      {
        launch: this.#launch(agent, turn, places, promptFile, saved),
        files: { input: promptFile, output: places.output, errors: places.errors },
        marker: markerOf(this.#parts, turn.number),
        walls,
        places: turnPlaces(layout, places),
      },
      (exit) => {
        guard.forget(process.pid);
        this.#models?.revoke(agent);
        const tell = () => {
          running.exited(exit);
          this.#running.delete(turn.number);
        };
        // The session may end with this turn: a call that died with the agent is counted first.
        if (this.#models === null) tell();
        else void this.#models.quiet(agent).then(tell);
      },
    );
    guard.watch(process.pid);
    running.started(process);
    const { pid, startTicks } = process;
    const mode = saved === null ? 'fresh' : 'resumed';
    post({ type: 'agent-started', agent, turn: turn.number, pid, startTicks, mode });
  }

  #launch(agent: string, turn: Turn, places: AgentLayout, promptFile: string, saved: SavedTask | null): Launch {
    const { layout, adapter, config, session, env, id, project } = this.#parts;
    const { plan, usage } = session();
    const model = this.#models?.open(agent, turn.number) ?? null;
    // No way round the gateway: the settings name it, not the endpoint behind it.
    if (model !== null)
      writeFileSync(places.config, selfwareToml(config, project.language, model.endpoint), { mode: 0o600 });
    const launch = adapter.launch({
      project: layout.project,
      home: places.home,
      config: places.config,
      promptFile,
      resume: saved?.task ?? null,
      maxMs: turn.maxMs,
      logLevel: config.monitoring.log_level,
      model,
      tokensLeft: plan.limits.totalTokens === null ? null : Math.max(0, plan.limits.totalTokens - usage.tokens),
    });
    const own = {
      session: id,
      agent,
      role: this.#roleOf(agent),
      turn: turn.number,
      home: places.home,
      caches: layout.caches,
      pass: config.agent.env_pass,
    };
    return { ...launch, env: { ...environmentOf(own, env), ...this.#key(), ...launch.env, ...this.#direct() } };
  }

  /** The key of the endpoint, under the name the agent looks for it. */
  #key(): Record<string, string> {
    const { adapter, config, env } = this.#parts;
    const key = env[config.agent.api_key_env];
    // The real key stays with the gateway where there is one.
    return this.#models !== null || adapter.keyVariable === null || key === undefined
      ? {}
      : { [adapter.keyVariable]: key };
  }

  /** The way to our own gateway leads through nobody's proxy. */
  #direct(): Record<string, string> {
    if (this.#models === null) return {};
    const { env } = this.#parts;
    const direct = [env.NO_PROXY ?? env.no_proxy, '127.0.0.1', 'localhost'].filter(Boolean).join(',');
    return { NO_PROXY: direct, no_proxy: direct };
  }

  #roleOf(agent: string): string {
    return this.#parts.session().plan.agents.find(({ name }) => name === agent)?.role ?? agent;
  }

  async #writePrompt(agent: string, turn: Turn, places: AgentLayout): Promise<string> {
    const { layout, session, adapter } = this.#parts;
    const specification = readFileSync(layout.prompt, 'utf8');
    const commits = await lastCommits(layout.project, 10);
    const prompt = turnPrompt(specification, {
      session: session(),
      agent,
      role: this.#roleOf(agent),
      turn,
      lastCommits: commits,
      commitRule: adapter.commitRule,
    });
    mkdirSync(places.prompts, { recursive: true });
    const file = join(places.prompts, `turn_${String(turn.number).padStart(3, '0')}.txt`);
    writeFileSync(file, prompt);
    return file;
  }

  /** The session is over: what still runs is killed, what is about to start does not. */
  end(): void {
    this.#over = true;
    for (const running of this.#running.values()) running.signal('kill');
  }

  signal(turn: number, rung: Rung): void {
    this.#running.get(turn)?.signal(rung);
  }

  freeze(turn: number): void {
    this.#running.get(turn)?.freeze();
  }

  thaw(turn: number): void {
    this.#running.get(turn)?.thaw();
  }

  /** Pids of all running turns' trees. */
  pids(): readonly number[] {
    return [...this.#running.values()].flatMap((running) => running.pids());
  }

  look(cpuTicksOf: (pids: readonly number[]) => number): void {
    for (const running of this.#running.values()) running.look(cpuTicksOf);
  }
}

/** Causes that trying again cannot mend: the program is not there, or not one. */
const HOPELESS = new Set(['ENOENT', 'EACCES', 'ENOEXEC', 'ENOTDIR', 'E2BIG', 'EINVAL']);

function launchFailure(error: NodeJS.ErrnoException): Failure {
  const { code } = error;
  const text = cleaned(`the agent could not be started: ${error.message.split('\n')[0]}`);
  if (code !== undefined && HOPELESS.has(code)) return { kind: 'configuration', key: `launch ${code}`, text };
  return { kind: 'launch', key: `launch ${code ?? 'unknown'}`, text };
}
