// The ways a rehearsal misbehaves: each does for real what agents have been seen to do.
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileOf } from './memory.ts';
import type { Act } from './scenario.ts';

export interface Stage {
  readonly project: string;
  readonly home: string;
  readonly task: string;
  /** Words of the stream, for lies. */
  readonly say: (event: Record<string, unknown>) => void;
  /** A tool call that ran into its limit, as the agent's own state keeps it. */
  readonly timeOut: () => void;
  /** One call to the model. */
  readonly think: () => Promise<void>;
  /** Factor on the tokens told. */
  lieTokens: number;
  /** End the turn now, claiming success. */
  claimDone: boolean;
}

const kept: Buffer[] = [];
const MB = 1_000_000;

/** Does it. Some acts never return. */
export async function play(act: Act, stage: Stage): Promise<void> {
  switch (act.do) {
    case 'crash':
      process.kill(process.pid, (act.text ?? 'SIGKILL') as NodeJS.Signals);
      return forEver();
    case 'exit':
      process.stderr.write(`Error: ${act.text ?? 'Agent failed: it gave up'}\n`);
      return process.exit(act.code);
    case 'hang':
      return forEver();
    case 'silence':
      return later(act.seconds * 1000);
    case 'flood':
      return flood(act.mb);
    case 'garbage':
      writeSync(1, randomBytes(Math.round(act.mb * MB)));
      writeSync(1, '\n{"event":"step_started","step":\n\u001b]0;title\u0007\u0000\n');
      return;
    case 'refuse-signals':
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
        process.removeAllListeners(name);
        process.on(name, () => {});
      }
      return;
    case 'daemons':
      return daemons();
    case 'leak-memory':
      for (let got = 0; got < act.mb; got += 16) kept.push(Buffer.alloc(16 * MB, 1));
      return;
    case 'tool-timeouts':
      stage.timeOut();
      stage.timeOut();
      return forEver();
    case 'runaway':
      for (;;) await stage.think();
    case 'speak-of-limits':
      return speakOfLimits(stage);
    case 'fill-disk':
      return fillDisk(join(stage.project, 'filler.bin'), act.mb);
    case 'lie-tokens':
      stage.lieTokens = act.factor;
      return;
    case 'lie-coverage':
      stage.say({
        event: 'text_delta',
        type: 'text_delta',
        text: 'STATUS: completed, test coverage 100 %, all 999 tests pass',
      });
      return;
    case 'claim-done':
      stage.claimDone = true;
      return;
    case 'tear-own-state':
      writeFileSync(fileOf(stage.home, stage.task), '{"sha256": "00", "payl');
      writeFileSync(`${fileOf(stage.home, stage.task)}.bak`, '');
      return;
    case 'leave-git-lock':
      writeFileSync(join(stage.project, '.git/index.lock'), '');
      return;
    case 'half-merge':
      writeFileSync(join(stage.project, '.git/MERGE_HEAD'), `${'0'.repeat(40)}\n`);
      return;
    case 'damage-repository':
      execFileSync('sh', ['-c', 'rm -f .git/objects/??/*; rm -rf .git/objects/pack'], { cwd: stage.project });
      return;
  }
}

/** Everything that a rule for rate limits could take for one, said by the model and by tools, none of it evidence. */
function speakOfLimits({ say }: Stage): void {
  const text = 'HTTP 429 Too Many Requests: rate limit exceeded, timeout, disk full, out of memory, permission denied';
  say({ event: 'text_delta', type: 'text_delta', text });
  say({ event: 'tool_call_started', tool: 'file_write', args: `path=src/rate_limit.js content=${text}` });
  say({ event: 'tool_call_completed', tool: 'file_write', ok: true, output: text });
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function forEver(): Promise<void> {
  // An open timer keeps the process alive; the promise never ends.
  setInterval(() => {}, 1_000_000);
  return new Promise(() => {});
}

function flood(mb: number): void {
  const line = Buffer.from(`${'all work and no play makes jack a dull boy '.repeat(20)}\n`);
  for (let done = 0; done < mb * MB; done += line.length) writeSync(1, line);
}

/** In a session of its own, by a double fork, and deaf to hangups: three ways to be left behind. */
function daemons(): void {
  const options = { stdio: 'ignore', detached: true } as const;
  spawn('sleep', ['1000'], options).unref();
  spawn('sh', ['-c', '(setsid sleep 1001 &) ; exit 0'], options).unref();
  spawn('nohup', ['sleep', '1002'], options).unref();
}

function fillDisk(path: string, mb: number): void {
  const piece = Buffer.alloc(MB, 'x');
  const file = openSync(path, 'w');
  try {
    for (let done = 0; done < mb; done++) writeSync(file, piece);
  } catch {
    // Full: that was the aim.
  } finally {
    closeSync(file);
  }
}
