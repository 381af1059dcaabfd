// `mega-test logs`: the last lines of a session's log or of an agent's output, and what comes after them.
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { Tail } from '../process/tail.ts';
import { Refusal } from '../runtime/refusal.ts';
import { agentLayout } from '../store/layout.ts';
import { isLocked } from '../store/lock.ts';
import { cleaned } from '../text/clean.ts';
import { type Picked, pick } from './pick.ts';
import type { Flags } from './run-options.ts';

export async function logs(id: string | undefined, flags: Flags): Promise<number> {
  const picked = pick(String(flags.runsDir), id);
  const count = Number(flags.lines);
  if (!Number.isInteger(count) || count < 0)
    throw new Refusal(2, `--lines must be a whole number, not "${flags.lines}"`);
  const path = logOf(picked, flags.agent);
  const offset = printLast(path, count);
  if (flags.follow === true) await follow(picked, path, offset, (line) => process.stdout.write(`${line}\n`));
  return 0;
}

function logOf({ id, layout }: Picked, agent: Flags[string]): string {
  if (typeof agent !== 'string') return layout.log;
  const { output } = agentLayout(layout, agent);
  if (!/^[a-z0-9-]+$/.test(agent) || !existsSync(output))
    throw new Refusal(2, `the session "${id}" has no output of an agent "${agent}" yet`);
  return output;
}

/** The end of a file that is looked at for its last lines. */
const LAST_BYTES = 1024 * 1024;

/** Prints the last lines; gives the file's length then. */
function printLast(path: string, count: number): number {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const start = Math.max(0, size - LAST_BYTES);
    const bytes = Buffer.alloc(size - start);
    readSync(file, bytes, 0, bytes.length, start);
    const lines = bytes
      .toString('utf8')
      .split('\n')
      .slice(start === 0 ? 0 : 1, -1);
    for (const line of count === 0 ? [] : lines.slice(-count)) process.stdout.write(`${safe(line)}\n`);
    return size;
  } finally {
    closeSync(file);
  }
}

/** What agents print may hold terminal sequences; a terminal gets none of them. */
function safe(line: string): string {
  return cleaned(line, 2_000);
}

const LOOK_MS = 500;

/** Hands on every new line until nobody runs the session any more. */
export async function follow(
  { layout }: Picked,
  path: string,
  from: number,
  show: (line: string) => void,
): Promise<void> {
  let rest = '';
  const tail = new Tail(
    path,
    Number.MAX_SAFE_INTEGER,
    (chunk) => {
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) show(safe(line));
    },
    { from },
  );
  while (await isLocked(layout.root)) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  tail.close();
}
