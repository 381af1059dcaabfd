// `mega-test doctor`: what is there and what is missing on this machine, each with what to do about it.
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { findAgent, findProgram } from '../agents/find.ts';
import { loadConfig } from '../config/layers.ts';
import { modelsOf } from '../config/models.ts';
import { oldPrices, pricesText } from '../config/prices.ts';
import type { Config } from '../config/schema.ts';
import { freeBytes } from '../host/disk.ts';
import { chooseConfinement } from '../process/confinement.ts';
import { showBytes } from '../text/size.ts';
import { gitVersion } from '../workspace/git.ts';
import { type ToolsFound, toolsHere } from './judge-tools.ts';
import { askModels } from './models.ts';
import { type Flags, layered } from './run-options.ts';

interface Finding {
  readonly is: 'good' | 'note' | 'bad';
  readonly what: string;
  readonly text: string;
}

/** 0 when a session could start, 1 when something must be done first. */
export async function doctor(flags: Flags): Promise<number> {
  const { config } = await loadConfig({ flags: layered(flags), env: process.env, cwd: process.cwd() });
  const findings = [
    node(),
    await git(),
    runsDirectory(config),
    space(config),
    program('perl', 'counts lines of code; without it that figure stays unknown'),
    program('fallocate', 'keeps the output of agents below its cap; without it output may grow'),
    program('du', 'measures what a session holds; without it disk_space_limit_gb cannot be kept'),
    await agent(config),
    ...(await models(config)),
    ...prices(config),
    ...blockedFolder(config),
    await confinement(config),
    ...(await judging()),
  ];
  if (flags.json === true) process.stdout.write(`${JSON.stringify(findings, null, 2)}\n`);
  else for (const { is, what, text } of findings) process.stdout.write(`${MARKS[is]} ${what.padEnd(15)} ${text}\n`);
  return findings.some(({ is }) => is === 'bad') ? 1 : 0;
}

const MARKS = { good: 'ok  ', note: 'note', bad: 'BAD ' } as const;

function finding(is: Finding['is'], what: string, text: string): Finding {
  return { is, what, text };
}

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const enough = major > 20 || (major === 20 && minor >= 19);
  return finding(
    enough ? 'good' : 'bad',
    'node',
    enough ? process.version : `${process.version}; 20.19 or later is needed`,
  );
}

async function git(): Promise<Finding> {
  const version = await gitVersion();
  return version === null
    ? finding('bad', 'git', 'not found; install git: checkpoints need it')
    : finding('good', 'git', version);
}

function runsDirectory({ session }: Config): Finding {
  const folder = resolve(session.runs_dir);
  let existing = folder;
  while (!existsSync(existing)) existing = dirname(existing);
  try {
    accessSync(existing, constants.W_OK);
    return finding('good', 'runs directory', folder);
  } catch {
    return finding('bad', 'runs directory', `${existing} cannot be written; choose another with --runs-dir`);
  }
}

function space({ session, limits }: Config): Finding {
  let folder = resolve(session.runs_dir);
  while (!existsSync(folder)) folder = dirname(folder);
  const free = freeBytes(folder);
  if (free === null) return finding('note', 'disk', 'free space cannot be asked here');
  const wanted = limits.disk_space_limit_gb * 1e9;
  if (free < limits.disk_floor_mb * 1e6)
    return finding(
      'bad',
      'disk',
      `${showBytes(free)} free, below the floor of ${limits.disk_floor_mb} MB (limits.disk_floor_mb)`,
    );
  return free < wanted
    ? finding('note', 'disk', `${showBytes(free)} free, a session may use ${showBytes(wanted)}`)
    : finding('good', 'disk', `${showBytes(free)} free`);
}

function program(name: string, what: string): Finding {
  const found = findProgram(name, process.env, process.cwd());
  return found === null ? finding('note', name, `not found: it ${what}`) : finding('good', name, found);
}

async function agent(config: Config): Promise<Finding> {
  const found = await findAgent(config, process.env, process.cwd());
  return found.is === 'missing'
    ? finding('bad', 'agent', found.text)
    : finding('good', 'agent', `${config.agent.kind}: ${found.adapter.version}`);
}

async function models(config: Config): Promise<readonly Finding[]> {
  if (config.agent.kind === 'rehearsal') return [];
  const answers = await askModels(config, process.env);
  // One that answers is enough to work; the others are what is failed over to.
  const someThere = answers.some(({ trouble }) => trouble === null);
  return answers.map(({ name, endpoint, trouble }) => {
    if (trouble === null) return finding('good', `model ${name}`, `${endpoint} answers`);
    return finding(someThere ? 'note' : 'bad', `model ${name}`, `${endpoint} ${trouble}`);
  });
}

/** What cost is counted by. */
function prices(config: Config): readonly Finding[] {
  const rows = modelsOf(config);
  const text = pricesText(rows);
  if (text === null) return [];
  const old = rows.flatMap((row) => oldPrices(row, Date.now()) ?? []);
  return old.length > 0
    ? old.map((sentence) => finding('note', 'prices', sentence))
    : [finding('good', 'prices', `cost is counted by ${text}`)];
}

/** selfware's own safety check refuses to work below these. */
const BLOCKED = /^\/(root|opt|var)(\/|$)/;

function blockedFolder({ agent: { kind }, session }: Config): readonly Finding[] {
  const folder = resolve(session.runs_dir);
  if (kind !== 'selfware' || !BLOCKED.test(folder)) return [];
  return [
    finding(
      'bad',
      'runs directory',
      `selfware refuses to work below ${folder.split('/').slice(0, 2).join('/')}; choose a folder elsewhere with --runs-dir, like /home/you/test_runs`,
    ),
  ];
}

async function confinement({ agent: { confinement: level } }: Config): Promise<Finding> {
  const walls = await chooseConfinement({ level, means: null });
  if ('impossible' in walls) return finding('bad', 'confinement', `${level} does not work here: ${walls.impossible}`);
  const root = process.getuid?.() === 0 ? ', as root' : '';
  const why = walls.reason === null ? '' : ` (${walls.reason})`;
  const text = `${walls.level} by ${walls.means}${root}${why}; not promised: ${walls.notPromised.join('; ')}`;
  return finding(walls.level === 'full' ? 'good' : 'note', 'confinement', text);
}

/** Nothing here keeps a session from starting: what cannot be measured is inconclusive in its report. */
async function judging(): Promise<readonly Finding[]> {
  return (await toolsHere(process.env)).map((found) =>
    finding(found.missing.length === 0 ? 'good' : 'note', `judge: ${found.ecosystem}`, toolsText(found)),
  );
}

function toolsText({ there, missing }: ToolsFound): string {
  const without = missing.map(({ name, gates }) => `without ${name} ${gates} stays inconclusive`);
  return [...(there.length === 0 ? [] : [there.join(', ')]), ...without].join('; ');
}
