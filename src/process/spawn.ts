// One process tree: started behind its walls with files as its output, ended whole, its death seen at once.
import { constants, openSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { execa } from 'execa';
import { letGo } from '../host/again.ts';
import { startTicksOf } from '../host/identity.ts';
import { MARKER } from '../host/processes.ts';
import type { Rung } from '../session/agent.ts';
import type { Confinement } from './confinement.ts';
import { execErrorOf, exitOf, isReady } from './init.ts';
import type { Exit, Launch, Places, ProcessFiles } from './launch.ts';
import { stepBack } from './rank.ts';
import { scopeOf } from './scope.ts';
import { groupTree, namespaceTree, onlyChildOf, type Tree } from './tree.ts';

export interface Start {
  readonly launch: Launch;
  readonly files: ProcessFiles;
  /** Value of a variable that every process of the tree carries. */
  readonly marker: string;
  readonly walls: Confinement;
  readonly places: Places;
}

export interface AgentProcess {
  /** Of the program itself, as seen from outside its walls. */
  readonly pid: number;
  readonly startTicks: number | null;
  /** The rungs of the stop ladder, to the whole tree. */
  signal(rung: Rung): void;
  freeze(): void;
  thaw(): void;
  /** Pids of the tree that are alive. */
  pids(): readonly number[];
}

/**
 * Starts a process and calls `onExit` once when it has ended, however long what it left behind may live on; that is
 * killed first. Throws what the system says when it cannot be started (ENOENT, EACCES, E2BIG, EMFILE, EAGAIN), and
 * EWALLS when its walls cannot be put up.
 */
export async function startProcess(start: Start, onExit: (exit: Exit) => void): Promise<AgentProcess> {
  const opened: number[] = [];
  try {
    opened.push(...openFiles(start.files));
    const { launch, marker, walls, places } = start;
    const argv = [launch.file, ...launch.args];
    const [file = '', ...args] = walls.wrap?.(argv, scopeOf(places, launch)) ?? argv;
    const [stdin, stdout, stderr] = opened as Descriptor[];
    // Given as descriptors: the agent writes straight into its files, and neither side's death costs the other a line.
    const child = execa(file, args, {
      cwd: places.cwd,
      env: { ...launch.env, [MARKER]: marker },
      extendEnv: false,
      detached: true,
      buffer: false,
      cleanup: false,
      reject: false,
      stdio: walls.wrap === null ? [stdin, stdout, stderr] : [stdin, stdout, stderr, 'pipe'],
    });
    const { pid } = child;
    if (pid === undefined) {
      const { code, shortMessage } = await child;
      throw Object.assign(new Error(shortMessage ?? 'it could not be started'), { code });
    }
    // Judged on `exit`: the promise would wait for everyone who holds a descriptor of the dead process.
    const raw = new Promise<Exit>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
    return walls.wrap === null
      ? asGroup(pid, { marker, niceness: places.niceness, raw, onExit })
      : await asNamespace(pid, child.stdio[3] as unknown as Duplex, { raw, onExit });
  } finally {
    for (const file of opened) letGo(file);
  }
}

/** execa takes any descriptor; its types know only the first few. */
type Descriptor = 3;

function openFiles(files: ProcessFiles): readonly number[] {
  const { O_RDONLY, O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
  const opened = [openSync(files.input, O_RDONLY | O_NOFOLLOW)];
  try {
    for (const file of [files.output, files.errors])
      opened.push(openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600));
    return opened;
  } catch (error) {
    for (const file of opened) letGo(file);
    throw error;
  }
}

interface Grouped extends Wrapped {
  readonly marker: string;
  readonly niceness: number | undefined;
}

function asGroup(pid: number, { marker, niceness, raw, onExit }: Grouped): AgentProcess {
  stepBack(pid, niceness);
  const tree = groupTree(pid, startTicksOf(pid), marker);
  void raw.then((exit) => {
    tree.end();
    onExit(exit);
  });
  return handle(pid, tree);
}

interface Wrapped {
  /** How the outermost program ended. */
  readonly raw: Promise<Exit>;
  readonly onExit: (exit: Exit) => void;
}

/** What its process 1 says is enough for a start and an end; it writes a few dozen bytes. */
const MOST_STATUS = 1_000;
/** The status is there before the exit is seen; nobody but the dead could keep it open. */
const STATUS_GRACE_MS = 100;

/** A process 1 that ran and did not say how the program ended was killed: nothing else ends it. */
const KILLED: Exit = { code: null, signal: 'SIGKILL' };

async function asNamespace(wrapper: number, line: Duplex, { raw, onExit }: Wrapped): Promise<AgentProcess> {
  let said = '';
  // Its end is seen by the exit; a word that comes too late for it is no fault.
  line.on('error', () => {});
  const ready = new Promise<void>((resolve) => {
    line.on('data', (chunk: Buffer) => {
      if (said.length < MOST_STATUS) said += chunk.toString('latin1');
      if (isReady(said)) resolve();
    });
  });
  const closed = new Promise<void>((resolve) => line.once('close', resolve));
  const ended = raw.then(async () => {
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, STATUS_GRACE_MS).unref())]);
    return exitOf(said) ?? KILLED;
  });
  await Promise.race([ready, ended]);
  if (!isReady(said)) throw startError(said, await raw);
  const init = onlyChildOf(wrapper) ?? wrapper;
  const tree = namespaceTree(wrapper, init, (order) => line.write(`${order}\n`));
  void ended.then((exit) => {
    tree.end();
    // Whoever started it hears of the start first.
    setImmediate(() => onExit(exit));
  });
  return handle(onlyChildOf(init) ?? init, tree);
}

function startError(said: string, exit: Exit): Error {
  const code = execErrorOf(said);
  if (code !== null) return Object.assign(new Error(`it could not be executed: ${code}`), { code });
  const how = exit.signal ?? `exit code ${exit.code}`;
  return Object.assign(new Error(`its walls could not be put up (${how}; see its stderr.log)`), { code: 'EWALLS' });
}

function handle(pid: number, tree: Tree): AgentProcess {
  const { signal, freeze, thaw, pids } = tree;
  return { pid, startTicks: startTicksOf(pid), signal, freeze, thaw, pids };
}
