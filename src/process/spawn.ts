// One agent process: started in its own group with files as its output, ended as a whole tree, its death seen at once.
import { closeSync, constants, openSync } from 'node:fs';
import { execa } from 'execa';
import { startTicksOf, statOf } from '../host/identity.ts';
import { MARKER, pidsWithMarker, signal, signalGroup } from '../host/processes.ts';
import type { Rung } from '../session/state.ts';

/** How a process is to be started: no shell, every argument by itself. */
export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface ProcessFiles {
  /** Becomes standard input. */
  readonly input: string;
  readonly output: string;
  readonly errors: string;
}

export interface AgentProcess {
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
 * killed first. Throws what the system says when it cannot be started (ENOENT, EACCES, E2BIG, EMFILE, EAGAIN).
 */
export async function startProcess(
  launch: Launch,
  cwd: string,
  files: ProcessFiles,
  marker: string,
  onExit: (exit: Exit) => void,
): Promise<AgentProcess> {
  const opened: number[] = [];
  try {
    const { O_RDONLY, O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
    opened.push(openSync(files.input, O_RDONLY | O_NOFOLLOW));
    opened.push(openSync(files.output, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600));
    opened.push(openSync(files.errors, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600));
    const [stdin, stdout, stderr] = opened as Descriptor[];
    // Given as descriptors: the agent writes straight into its files, and neither side's death costs the other a line.
    const child = execa(launch.file, [...launch.args], {
      cwd,
      env: { ...launch.env, [MARKER]: marker },
      extendEnv: false,
      detached: true,
      buffer: false,
      cleanup: false,
      reject: false,
      stdio: [stdin, stdout, stderr],
    });
    // Judged on `exit`: the promise would wait for everyone who holds a descriptor of the dead process.
    child.once('exit', (code, name) => {
      endTree(child.pid ?? 0, marker);
      onExit({ code, signal: name });
    });
    const { pid } = child;
    if (pid === undefined) {
      const { code, shortMessage } = await child;
      throw Object.assign(new Error(shortMessage ?? 'it could not be started'), { code });
    }
    return handle(pid, marker);
  } finally {
    for (const file of opened) closeSync(file);
  }
}

/** execa takes any descriptor; its types know only the first few. */
type Descriptor = 3;

function handle(pid: number, marker: string): AgentProcess {
  const startTicks = startTicksOf(pid);
  // A pid can be given to a stranger once ours is reaped; start time tells them apart.
  const isOurs = () => startTicks === null || statOf(pid)?.startTicks === startTicks;
  const tree = (name: NodeJS.Signals) => {
    if (isOurs()) signalGroup(pid, name);
    for (const other of pidsWithMarker(marker)) if (statOf(other)?.group !== pid) signal(other, name);
  };
  return {
    pid,
    startTicks,
    signal: (rung) => {
      switch (rung) {
        case 'interrupt':
          // To the agent alone: its own children are its to end. A frozen one must run to hear it.
          if (isOurs()) signal(pid, 'SIGINT');
          tree('SIGCONT');
          break;
        case 'terminate':
          tree('SIGTERM');
          tree('SIGCONT');
          break;
        case 'kill':
          tree('SIGKILL');
          break;
      }
    },
    freeze: () => tree('SIGSTOP'),
    thaw: () => tree('SIGCONT'),
    pids: () => pidsWithMarker(marker),
  };
}

/** Kills what a dead agent left behind: its group, and whoever carries its marker elsewhere. */
function endTree(group: number, marker: string): void {
  if (group > 0) signalGroup(group, 'SIGKILL');
  killAll(() => pidsWithMarker(marker));
}

/** Kills every process that is found, again until none is left: one may fork while we look. Gives how many. */
export function killAll(find: () => readonly number[]): number {
  let killed = 0;
  for (let round = 0; round < 20; round++) {
    const pids = find();
    if (pids.length === 0) break;
    for (const pid of pids) if (signal(pid, 'SIGKILL')) killed++;
  }
  return killed;
}
