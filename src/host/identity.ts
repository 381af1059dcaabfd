// Who a process is: pid alone is reused; pid, start time and boot id together are not.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { again } from './again.ts';

/** Identity of a process on this host. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Kernel ticks since boot at which it started (Linux), seconds since the epoch (macOS); null if unknown. */
  readonly startTicks: number | null;
  readonly bootId: string;
}

/** Changes with every boot; on systems without one, a constant. */
export function bootId(): string {
  return readOr('/proc/sys/kernel/random/boot_id', 'no-boot-id').trim();
}

export function hostName(): string {
  return hostname();
}

/** Names the network namespace, in which abstract socket names live; empty where there is none. */
export function networkNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/net');
  } catch {
    return '';
  }
}

export function identityOf(pid: number): ProcessIdentity {
  return { pid, startTicks: startTicksOf(pid), bootId: bootId() };
}

export function startTicksOf(pid: number): number | null {
  return statOf(pid)?.startTicks ?? null;
}

export interface ProcessStat {
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  /** User and system CPU time used, in kernel ticks (Linux: 1/100 s). */
  readonly cpuTicks: number;
  readonly startTicks: number;
  readonly rssPages: number;
}

/** What the kernel says about a process; null when there is none. */
export function statOf(pid: number): ProcessStat | null {
  if (process.platform !== 'linux') return statByPs(pid);
  const stat = statIn(`/proc/${pid}`);
  const thread = stat?.state === 'Z' ? threadOfDead(pid) : null;
  const living = thread === null ? null : statIn(`/proc/${pid}/task/${thread}`);
  return stat === null || living === null ? stat : { ...stat, state: living.state, rssPages: living.rssPages };
}

/**
 * A thread that lives on in a process whose first thread has ended; null for all others. Such a process looks dead: its
 * own files tell of no environment and no memory.
 */
export function threadOfDead(pid: number): number | null {
  if (statIn(`/proc/${pid}`)?.state !== 'Z') return null;
  try {
    const threads = readdirSync(`/proc/${pid}/task`).map(Number);
    return threads.find((thread) => thread !== pid) ?? null;
  } catch {
    return null;
  }
}

function statIn(folder: string): ProcessStat | null {
  const text = readOr(`${folder}/stat`, '');
  // The command name in parentheses may itself hold spaces and parentheses: the last one ends it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  if (fields.length < 22) return null;
  const at = (index: number) => Number(fields[index]);
  return {
    state: fields[0] ?? '?',
    parent: at(1),
    group: at(2),
    cpuTicks: at(11) + at(12),
    startTicks: at(19),
    rssPages: at(21),
  };
}

function statByPs(pid: number): ProcessStat | null {
  try {
    const form = 'state=,ppid=,pgid=,rss=,lstart=';
    const text = execFileSync('ps', ['-o', form, '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, LC_ALL: 'C' },
    });
    return parsePs(text);
  } catch {
    return null;
  }
}

/** Reads one line of `ps -o state=,ppid=,pgid=,rss=,lstart=`. */
export function parsePs(text: string): ProcessStat | null {
  const match = /^\s*(\S)\S*\s+(\d+)\s+(\d+)\s+(\d+)\s+(.+?)\s*$/m.exec(text);
  if (match === null) return null;
  const [, state = '?', parent, group, rssKb, started = ''] = match;
  return {
    state,
    parent: Number(parent),
    group: Number(group),
    cpuTicks: 0,
    startTicks: Math.round(Date.parse(started) / 1000),
    rssPages: Math.round(Number(rssKb) / 4),
  };
}

function readOr(path: string, fallback: string): string {
  try {
    return again(() => readFileSync(path, 'latin1'));
  } catch {
    return fallback;
  }
}
