// Makes a new session: everything it needs on disk, whole under its name or not there at all.
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import type { AgentAdapter } from '../agents/contract.ts';
import { projectPrompt } from '../agents/prompt.ts';
import { selfwareToml } from '../agents/settings.ts';
import { parseDeadline } from '../config/deadline.ts';
import type { Loaded } from '../config/layers.ts';
import { planOf } from '../config/plan.ts';
import { projectOf } from '../config/projects.ts';
import { bootId, hostName } from '../host/identity.ts';
import { type Rules, rulesOf } from '../judge/rules.ts';
import type { Confinement, Level } from '../process/confinement.ts';
import { copyHomeFiles, prepareCaches, prepareHome } from '../process/environment.ts';
import type { AgentPlan, Plan } from '../session/plan.ts';
import { sealed, writeDurable } from '../store/durable.ts';
import { FORMAT } from '../store/format.ts';
import { BEGINNING, JournalWriter } from '../store/journal.ts';
import { agentLayout, type Layout } from '../store/layout.ts';
import { type Lock, takeLock } from '../store/lock.ts';
import { createSessionDirectory, freeId, writeStatus } from '../store/sessions.ts';
import { createStore, gitVersion, initProject } from '../workspace/git.ts';
import { Refusal, refusalOf } from './refusal.ts';
import { VERSION } from './version.ts';

export interface NewSession {
  readonly loaded: Loaded;
  readonly adapter: AgentAdapter;
  readonly walls: Confinement;
  readonly terminal: boolean;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Resolved configuration as config.json keeps it; a resumed session reads it back. */
export interface SavedConfig {
  readonly schema: number;
  readonly session: string;
  readonly created: string;
  readonly version: string;
  readonly host: Readonly<Record<string, string | number>>;
  readonly agent: { readonly kind: string; readonly version: string };
  /** Level of the walls it began with; absent in sessions of versions without. */
  readonly confinement?: Level;
  /** Random part of the marker in the environment of every process of this session. */
  readonly token: string;
  /** Where relative paths of the configuration begin. */
  readonly cwd: string;
  readonly project: ReturnType<typeof projectOf>;
  readonly config: Loaded['config'];
  readonly origins: Loaded['origins'];
  /** What it will be judged by, taken before anything begins. */
  readonly rules: Rules;
}

export interface Created {
  readonly layout: Layout;
  readonly lock: Lock;
}

/** The session's name: the given one, or time and project, and four digits so that two at once differ. */
export function idFor({ config }: Loaded): string {
  const { id, project_type } = config.session;
  if (id !== 'auto') return id;
  const time = new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  return `${time}-${project_type.replaceAll('_', '-').slice(0, 32)}-${randomBytes(2).toString('hex')}`;
}

/** Makes the session's directory and takes its lock. Throws a Refusal, with nothing left behind. */
export async function createSession(wish: NewSession): Promise<Created> {
  const { loaded, cwd } = wish;
  if ((await gitVersion()) === null)
    throw new Refusal(2, 'git is not installed; install it: checkpoints and the project itself need it');
  const runsDir = resolve(cwd, loaded.config.session.runs_dir);
  const id = idFor(loaded);
  const root = join(runsDir, id);
  try {
    mkdirSync(runsDir, { recursive: true });
  } catch (error) {
    throw refusalOf(error, 'the runs directory cannot be made');
  }
  if (existsSync(root)) throw existing(runsDir, id);
  const lock = await takeLock(root);
  if (lock === null) throw existing(runsDir, id);
  try {
    // Somebody may have made it between the look and the lock.
    if (existsSync(root)) throw existing(runsDir, id);
    const layout = await createSessionDirectory(root, runsDir, (draft) => fill(draft, id, wish));
    return { layout, lock };
  } catch (error) {
    await lock.release();
    throw error instanceof Refusal ? error : refusalOf(error, 'the session cannot be made');
  }
}

function existing(runsDir: string, id: string): Refusal {
  return new Refusal(
    2,
    `the session "${id}" exists already; continue it with "mega-test resume ${id}", or take a free name like --session-id ${freeId(runsDir, id)}`,
  );
}

async function fill(
  draft: Layout,
  id: string,
  { loaded, adapter, walls, terminal, cwd, env }: NewSession,
): Promise<void> {
  const config = withFixedDeadline(loaded.config);
  const project = projectOf(config, loaded.ownType);
  const durationGiven = loaded.origins['session.duration_hours'] !== undefined;
  const plan = planOf(config, { session: id, durationGiven, graces: adapter.graces, terminal });
  const saved: SavedConfig = {
    schema: FORMAT,
    session: id,
    created: new Date().toISOString(),
    version: VERSION,
    host: hostFacts(),
    agent: { kind: adapter.kind, version: adapter.version },
    confinement: walls.level,
    token: randomBytes(16).toString('hex'),
    cwd,
    project,
    config,
    origins: loaded.origins,
    rules: rulesOf({ config, project: projectOf(config, config.session.project_type), version: VERSION }),
  };
  writeDurable(draft.config, sealed(saved), { mode: 0o600 });
  writeDurable(draft.prompt, projectPrompt(project));
  const settings = selfwareToml(config, project.language);
  writeDurable(draft.selfwareToml, settings, { mode: 0o600 });
  for (const folder of [draft.checkpoints, draft.metrics, draft.agents, draft.caches])
    mkdirSync(folder, { mode: 0o755 });
  prepareCaches(draft.caches, env);
  for (const agent of plan.agents) makeAgent(draft, agent, settings, config.agent.home_files, env);
  await createStore(draft.snapshots);
  if (project.from !== undefined)
    await cp(resolve(cwd, project.from), draft.project, { recursive: true, verbatimSymlinks: true });
  await initProject(draft.project);
  beginJournal(draft, plan);
  closeSync(openSync(draft.log, 'a', 0o644));
  writeStatus(draft, 'running');
}

/** "06:00" means the next six o'clock of today, also when the session is resumed the day after. */
function withFixedDeadline(config: Loaded['config']): Loaded['config'] {
  const { deadline } = config.session;
  const ms = deadline === undefined ? null : parseDeadline(deadline, Date.now());
  return typeof ms !== 'number'
    ? config
    : { ...config, session: { ...config.session, deadline: new Date(ms).toISOString() } };
}

function makeAgent(
  draft: Layout,
  agent: AgentPlan,
  settings: string,
  homeFiles: readonly string[],
  env: NodeJS.ProcessEnv,
): void {
  const places = agentLayout(draft, agent.name);
  mkdirSync(places.home, { recursive: true, mode: 0o700 });
  mkdirSync(places.prompts);
  writeFileSync(places.config, settings, { mode: 0o600 });
  prepareHome(places.home, agent, env);
  const missing = copyHomeFiles(places.home, homeFiles, env);
  if (missing.length > 0)
    throw new Refusal(2, `agent.home_files: there is no ${missing.map((file) => `"${file}"`).join(', ')} in your home`);
}

function beginJournal(draft: Layout, plan: Plan): void {
  const journal = new JournalWriter(draft, BEGINNING);
  const failure = journal.append({ seq: 1, atMs: 0, wall: new Date().toISOString(), type: 'session-created', plan });
  if (failure !== null) throw failure;
  const unsaved = journal.sync();
  journal.close();
  if (unsaved !== null) throw unsaved;
}

function hostFacts(): Record<string, string | number> {
  return {
    name: hostName(),
    boot: bootId(),
    system: `${platform()} ${release()} ${arch()}`,
    cores: cpus().length,
    memory_bytes: totalmem(),
    node: process.version,
  };
}
