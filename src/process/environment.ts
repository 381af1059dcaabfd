// What an agent sees of the world: an allow-list of variables, a home and caches of its own, the user's toolchains.
import {
  constants,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { letGo } from '../host/again.ts';
import { realFolder } from '../host/real-folder.ts';
import { removeTree } from '../host/remove.ts';
import type { AgentPlan } from '../session/plan.ts';

/** Taken over from our environment as they are. Nothing else is, but what the configuration names. */
const PASSED = [
  'PATH',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'npm_config_registry',
  'PIP_INDEX_URL',
  'GOPROXY',
];

export interface AgentEnvironment {
  readonly session: string;
  readonly agent: string;
  readonly role: string;
  readonly turn: number;
  readonly home: string;
  readonly caches: string;
  /** Names of further variables to pass on. */
  readonly pass: readonly string[];
}

/** The environment of a turn. `outer` is ours. */
export function environmentOf(spec: AgentEnvironment, outer: NodeJS.ProcessEnv): Record<string, string> {
  const passed = [...PASSED, ...spec.pass].flatMap((name) => {
    const value = outer[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(passed),
    HOME: spec.home,
    USER: 'agent',
    LOGNAME: 'agent',
    SHELL: '/bin/sh',
    TERM: 'dumb',
    TMPDIR: '/tmp',
    RUSTUP_HOME: rustupHome(outer),
    CARGO_HOME: join(spec.caches, 'cargo'),
    npm_config_cache: join(spec.caches, 'npm'),
    PIP_CACHE_DIR: join(spec.caches, 'pip'),
    GOMODCACHE: join(spec.caches, 'go'),
    GIT_AUTHOR_NAME: `${spec.role} (mega-test)`,
    GIT_AUTHOR_EMAIL: `${spec.agent}@mega-test.invalid`,
    GIT_COMMITTER_NAME: `${spec.role} (mega-test)`,
    GIT_COMMITTER_EMAIL: `${spec.agent}@mega-test.invalid`,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    MEGA_TEST_SESSION: spec.session,
    MEGA_TEST_AGENT: spec.agent,
    MEGA_TEST_TURN: String(spec.turn),
  };
}

/** Makes the shared caches. Everybody behind walls writes there: links that were put there are never followed. */
export function prepareCaches(caches: string, outer: NodeJS.ProcessEnv): void {
  for (const name of ['npm', 'cargo', 'pip', 'go']) realFolder(caches, join(caches, name));
  copyCargoSettings(join(caches, 'cargo'), outer);
}

/** What cargo would obey or run, were it found among what it downloads. */
const NO_DOWNLOADS = ['config', 'bin'];

/** Makes the judge's caches. A judged command may have written there, where the walls have no mounts: only downloads stay. */
export function prepareJudgeCaches(caches: string, outer: NodeJS.ProcessEnv): void {
  realFolder(caches, join(caches, 'cargo'));
  const names = existsSync(cargoSettings(outer)) ? NO_DOWNLOADS : [...NO_DOWNLOADS, 'config.toml'];
  for (const name of names) removeTree(join(caches, 'cargo', name));
  prepareCaches(caches, outer);
}

/**
 * What an agent's home holds from the start: who commits, where cargo finds crates and rustup its toolchains. In files
 * beside the variables, because some agents clear the environment of the commands they run.
 */
export function prepareHome(home: string, { name, role }: AgentPlan, outer: NodeJS.ProcessEnv): void {
  const identity = `[user]\n\tname = ${role} (mega-test)\n\temail = ${name}@mega-test.invalid\n[init]\n\tdefaultBranch = main\n`;
  writeFileSync(join(home, '.gitconfig'), identity);
  mkdirSync(join(home, '.cargo'));
  copyCargoSettings(join(home, '.cargo'), outer);
  const toolchains = rustupHome(outer);
  if (existsSync(toolchains)) symlinkSync(toolchains, join(home, '.rustup'));
}

function rustupHome(outer: NodeJS.ProcessEnv): string {
  return outer.RUSTUP_HOME ?? join(outer.HOME ?? homedir(), '.rustup');
}

function cargoSettings(outer: NodeJS.ProcessEnv): string {
  return join(outer.CARGO_HOME ?? join(outer.HOME ?? homedir(), '.cargo'), 'config.toml');
}

/** cargo keeps the user's registry settings, without which a mirror would not be found. */
function copyCargoSettings(folder: string, outer: NodeJS.ProcessEnv): void {
  const settings = cargoSettings(outer);
  if (!existsSync(settings)) return;
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, COPYFILE_EXCL } = constants;
  // Held while it is written into: agents may be at work, and quick.
  const held = openSync(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    const at = process.platform === 'linux' ? `/proc/self/fd/${held}` : folder;
    // Whole at every moment: another judge may be reading it.
    const copy = join(at, `config.toml.${process.pid}`);
    removeTree(copy);
    copyFileSync(settings, copy, COPYFILE_EXCL);
    const kept = join(at, 'config.toml');
    if (lstatSync(kept, { throwIfNoEntry: false })?.isDirectory() === true) removeTree(kept);
    renameSync(copy, kept);
  } finally {
    letGo(held);
  }
}

/** Copies files an agent logs in with (paths relative to the user's home) into its own home, readable only by it. */
export function copyHomeFiles(home: string, files: readonly string[], outer: NodeJS.ProcessEnv): readonly string[] {
  const missing: string[] = [];
  for (const file of files) {
    const from = join(outer.HOME ?? homedir(), file);
    const to = join(home, file);
    if (!existsSync(from)) {
      missing.push(file);
      continue;
    }
    mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
    copyFileSync(from, to);
  }
  return missing;
}
