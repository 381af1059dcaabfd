// The processes of one turn, as something to signal, freeze and look at: by its process 1, or by group and marker.
import { readFileSync } from 'node:fs';
import { statOf } from '../host/identity.ts';
import { allPids, pidsWithMarker, signal, signalGroup } from '../host/processes.ts';
import type { Rung } from '../session/agent.ts';
import type { Order } from './init.ts';

export interface Tree {
  signal(rung: Rung): void;
  freeze(): void;
  thaw(): void;
  /** Pids of its processes that are alive. */
  pids(): readonly number[];
  /** Kills what a dead agent left behind. */
  end(): void;
}

/** A group led by the agent itself; whoever left it is found by the marker. */
export function groupTree(leader: number, startTicks: number | null, marker: string): Tree {
  // A pid can be given to a stranger once ours is reaped; start time tells them apart.
  const isOurs = () => startTicks === null || statOf(leader)?.startTicks === startTicks;
  const all = (name: NodeJS.Signals) => {
    if (isOurs()) signalGroup(leader, name);
    for (const other of pidsWithMarker(marker)) if (statOf(other)?.group !== leader) signal(other, name);
  };
  return {
    signal: (rung) => {
      switch (rung) {
        case 'interrupt':
          // To the agent alone: its own children are its to end. A frozen one must run to hear it.
          if (isOurs()) signal(leader, 'SIGINT');
          all('SIGCONT');
          break;
        case 'terminate':
          all('SIGTERM');
          all('SIGCONT');
          break;
        case 'kill':
          all('SIGKILL');
          break;
      }
    },
    freeze: () => all('SIGSTOP'),
    thaw: () => all('SIGCONT'),
    pids: () => pidsWithMarker(marker),
    end: () => {
      if (leader > 0) signalGroup(leader, 'SIGKILL');
      killAll(() => pidsWithMarker(marker));
    },
  };
}

const ORDERS: Readonly<Record<Exclude<Rung, 'kill'>, Order>> = { interrupt: 'INT', terminate: 'TERM' };

/** A namespace: its process 1 does what it is told (see init.ts), and the kernel ends everything with it. */
export function namespaceTree(wrapper: number, init: number, order: (order: Order) => void): Tree {
  const startTicks = statOf(init)?.startTicks ?? null;
  const kill = () => {
    if (startTicks !== null && statOf(init)?.startTicks === startTicks) signal(init, 'SIGKILL');
  };
  return {
    signal: (rung) => (rung === 'kill' ? kill() : order(ORDERS[rung])),
    freeze: () => order('STOP'),
    thaw: () => order('CONT'),
    pids: () => descendantsOf(init),
    // Whatever happens to the init, its namespace ends; the wrapper outside has nothing left to wait for.
    end: () => {
      kill();
      signalGroup(wrapper, 'SIGKILL');
    },
  };
}

/** The child of a process that has but one; null while there is none. */
export function onlyChildOf(pid: number): number | null {
  const child = Number.parseInt(childrenOf(pid), 10);
  return Number.isNaN(child) ? null : child;
}

function childrenOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1');
  } catch {
    // Kernels without that file tell it the long way.
    return allPids()
      .filter((other) => statOf(other)?.parent === pid)
      .join(' ');
  }
}

function descendantsOf(root: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const pid of allPids()) {
    const stat = statOf(pid);
    if (stat === null || stat.state === 'Z') continue;
    children.set(stat.parent, [...(children.get(stat.parent) ?? []), pid]);
  }
  const found: number[] = [];
  for (let level = children.get(root) ?? []; level.length > 0; ) {
    found.push(...level);
    level = level.flatMap((pid) => children.get(pid) ?? []);
  }
  return found;
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
