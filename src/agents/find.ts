// From the configuration to the agent that will run: found, asked for its version, given its adapter.
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { modelsOf } from '../config/models.ts';
import { PACKAGE_ROOT } from '../config/projects.ts';
import type { Config } from '../config/schema.ts';
import { runTool } from '../host/tool.ts';
import { commandAdapter } from './command.ts';
import type { AgentAdapter } from './contract.ts';
import { type Generation, generationOf, selfwareAdapter } from './selfware.ts';

export type Found =
  | { readonly is: 'found'; readonly adapter: AgentAdapter }
  | { readonly is: 'missing'; readonly text: string };

/** Finds and probes the configured agent. What is missing is said with what to do about it. */
export async function findAgent(config: Config, env: NodeJS.ProcessEnv, cwd: string): Promise<Found> {
  switch (config.agent.kind) {
    case 'selfware':
      return findSelfware(config, env, cwd);
    case 'command':
      return findCommand(config.agent.command, env, cwd);
    case 'rehearsal':
      return { is: 'found', adapter: rehearsalAdapter(config) };
  }
}

const OR_REHEARSE = 'or type --agent rehearsal to see a session without any';

async function findSelfware(config: Config, env: NodeJS.ProcessEnv, cwd: string): Promise<Found> {
  const { agent } = config;
  const file = findProgram(agent.program, env, cwd);
  if (file === null) {
    const where = agent.program === 'selfware' ? 'selfware is not installed' : `there is no program "${agent.program}"`;
    return {
      is: 'missing',
      text: `${where}; install it with "cargo install selfware", set SELFWARE_BIN to its path, ${OR_REHEARSE}`,
    };
  }
  if (modelsOf(config).length === 0) {
    const what =
      agent.endpoint === undefined
        ? 'no model endpoint is set; give --endpoint http://host:port/v1 and --model'
        : 'no model is set; give --model';
    return { is: 'missing', text: `${what} (or [agent] endpoint and model in the configuration), ${OR_REHEARSE}` };
  }
  const facts = await probeSelfware(file);
  if (facts === null)
    return {
      is: 'missing',
      text: `${file} does not answer --version and --help like selfware; set SELFWARE_BIN to the right program, ${OR_REHEARSE}`,
    };
  return { is: 'found', adapter: selfwareAdapter({ file, prefix: [], ...facts }, 'selfware') };
}

const PROBE_LIMIT_MS = 15_000;

/** Version and generation of a selfware program; null when it is not one. */
export async function probeSelfware(
  file: string,
): Promise<{ readonly version: string; readonly generation: Generation } | null> {
  const ask = async (flag: string) => {
    const result = await runTool(file, [flag], { timeoutMs: PROBE_LIMIT_MS });
    return result.failed ? null : result.out;
  };
  const [version, help] = [await ask('--version'), await ask('--help')];
  if (version === null || help === null || !/^selfware \d+\.\d+\.\d+/.test(version)) return null;
  return { version: version.split('\n')[0]?.trim() ?? version, generation: generationOf(version, help) };
}

function findCommand([file = '', ...args]: readonly string[], env: NodeJS.ProcessEnv, cwd: string): Found {
  const found = findProgram(file, env, cwd);
  if (found === null)
    return { is: 'missing', text: `there is no program "${file}" (agent.command); give its path, ${OR_REHEARSE}` };
  return { is: 'found', adapter: commandAdapter([found, ...args], found) };
}

/** A program by path or by name on PATH; null when there is none that can be executed. */
export function findProgram(name: string, env: NodeJS.ProcessEnv, cwd: string): string | null {
  if (name.includes('/')) {
    const path = isAbsolute(name) ? name : resolve(cwd, name);
    return isExecutable(path) ? path : null;
  }
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The shipped stand-in for a coding agent; it is spoken to like a selfware of the middle generation. */
function rehearsalAdapter({ session, rehearsal }: Config): AgentAdapter {
  const script = join(PACKAGE_ROOT, 'dist/agents/rehearsal/main.js');
  if (!existsSync(script)) throw new Error(`the rehearsal agent is not built (${script}); run npm run build`);
  const version = 'rehearsal (stand-in for selfware)';
  const prefix = [script, '--rehearse', session.project_type, '--scenario', rehearsal.scenario ?? 'calm'];
  return selfwareAdapter({ file: process.execPath, prefix, version, generation: 'json' }, 'rehearsal');
}
