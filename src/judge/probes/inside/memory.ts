// How much memory the built program takes at its peak, as the kernel counts it: all processes of its group together.
import { readdirSync, readFileSync } from 'node:fs';

let peakBytes = 0;

/** The most that any start was seen to take; null: the kernel told nothing. */
export function seenPeak(): number | null {
  return peakBytes === 0 ? null : peakBytes;
}

/** To be called before the group is ended: the dead have no memory. */
export function notePeak(group: number): void {
  let bytes = 0;
  for (const name of namesOfProcesses()) {
    if (groupOf(name) === group) bytes += highWaterOf(name);
  }
  peakBytes = Math.max(peakBytes, bytes);
}

function namesOfProcesses(): readonly string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

function groupOf(pid: string): number {
  // The name of the program stands in brackets and may hold anything.
  const rest = textOf(`/proc/${pid}/stat`).split(') ').at(-1) ?? '';
  return Number(rest.split(' ')[2] ?? Number.NaN);
}

function highWaterOf(pid: string): number {
  const [, kib = '0'] = /^VmHWM:\s+(\d+) kB/m.exec(textOf(`/proc/${pid}/status`)) ?? [];
  return Number(kib) * 1024;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // Gone meanwhile.
    return '';
  }
}
