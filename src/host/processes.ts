// Finding and ending process trees: by group, and by the marker in their environment.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { again } from './again.ts';
import { isDiskTrouble } from './disk.ts';
import { statOf, threadOfDead } from './identity.ts';

/** Every process of the session carries this variable; its value is random, so nobody else's can match. */
export const MARKER = 'MEGA_TEST_MARKER';

/** Pids of living processes whose environment holds the marker. Our own process is never among them. */
export function pidsWithMarker(marker: string): readonly number[] {
  const needle = `${MARKER}=${marker}`;
  return process.platform === 'linux' ? byProc(`${needle}\0`) : byPs(`${needle} `);
}

/** The same for every marker that begins with a session's token. */
export function pidsOfSession(token: string): readonly number[] {
  const needle = `${MARKER}=${token}.`;
  return process.platform === 'linux' ? byProc(needle) : byPs(needle);
}

function byProc(needle: string): readonly number[] {
  return allPids().filter(
    (pid) => pid !== process.pid && `\0${environmentOf(pid)}`.includes(`\0${needle}`) && statOf(pid)?.state !== 'Z',
  );
}

/** Empty when it is gone meanwhile, or another user's: neither is ours. */
function environmentOf(pid: number): string {
  const read = (folder: string) => {
    try {
      return again(() => readFileSync(`${folder}/environ`, 'latin1'));
    } catch {
      return '';
    }
  };
  const own = read(`/proc/${pid}`);
  const thread = own === '' && isOurUsers(pid) ? threadOfDead(pid) : null;
  return thread === null ? own : read(`/proc/${pid}/task/${thread}`);
}

/** Costs less than to read what it is. */
function isOurUsers(pid: number): boolean {
  try {
    return statSync(`/proc/${pid}`).uid === process.getuid?.();
  } catch {
    return false;
  }
}

function byPs(needle: string): readonly number[] {
  try {
    const text = execFileSync('ps', ['-A', '-E', '-o', 'pid=,command='], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return text
      .split('\n')
      .filter((line) => line.includes(needle))
      .map((line) => Number.parseInt(line, 10))
      .filter((pid) => pid > 0 && pid !== process.pid);
  } catch {
    return [];
  }
}

/** All processes we can see: none where the system lists none however often it is asked, as where all files are taken. */
export function allPids(list: (folder: string) => readonly string[] = readdirSync): readonly number[] {
  try {
    return again(() => list('/proc'))
      .map(Number)
      .filter((pid) => pid > 0);
  } catch (error) {
    if (!isDiskTrouble(error)) throw error;
    return [];
  }
}

/** Sends a signal to a process; false when it is not there (any more). */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

/** Sends a signal to a process group; false when no process is left in it. */
export function signalGroup(group: number, name: NodeJS.Signals): boolean {
  return signal(-group, name);
}

/** Resident memory of all processes with the marker, in bytes; null where it cannot be read. */
export function residentBytes(pids: readonly number[]): number | null {
  if (process.platform !== 'linux') return null;
  return pids.reduce((sum, pid) => sum + (statOf(pid)?.rssPages ?? 0) * PAGE_BYTES, 0);
}

/** Page size of every platform Node is built for on Linux x64 and most arm64 kernels. */
const PAGE_BYTES = 4096;
