// Runs real sessions the way a person does: the program, a folder, an empty home; and looks at what they leave behind.
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../bin/mega-test.js', import.meta.url));

/** Random numbers that a seed repeats (a linear congruential generator of 32 bits). */
export function chance(seed) {
  let state = (seed * 2_654_435_761) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const HANGS_MS = 120_000;

export class Place {
  constructor({ runs = null } = {}) {
    this.dir = mkdtempSync(join(tmpdir(), 'mega-oracle-'));
    this.runs = runs ?? join(this.dir, 'test_runs');
    mkdirSync(join(this.dir, 'home'));
    this.env = { PATH: process.env.PATH ?? '', HOME: join(this.dir, 'home') };
  }

  /** Starts mega-test; `wrap` is a command line that runs it, like strace with its arguments. */
  start(args, { wrap = [], env = {}, hangsMs = HANGS_MS } = {}) {
    const [file, ...rest] = [...wrap, process.execPath, PROGRAM, ...args, '--runs-dir', this.runs];
    const child = spawn(file, rest, { cwd: this.dir, env: { ...this.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
    // Nothing here lasts longer; what does hangs, and is told as such.
    let hung = null;
    const limit = setTimeout(() => {
      const running = this.processes();
      hung = { self: running.some(waitsForItself) };
      // A tracer that dies alone would leave whom it traces.
      for (const pid of running) end(pid);
      child.kill('SIGKILL');
    }, hangsMs);
    const ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        clearTimeout(limit);
        const late = setTimeout(() => [child.stdout, child.stderr].map((stream) => stream.destroy()), 5_000);
        child.once('close', () => {
          clearTimeout(late);
          resolve({ code, signal, said, hung });
        });
      });
    });
    return { child, ended };
  }

  run(args, options) {
    return this.start(args, options).ended;
  }

  /** A session with the rehearsal agent, which works at a pace of so many milliseconds a tool call. */
  begin(id, { duration = '10s', pace = 20, config = '', options = {}, extra = [] } = {}) {
    const scenario = join(this.dir, `${id}.scenario.toml`);
    writeFileSync(scenario, `pace_ms = ${pace}\n`);
    const file = join(this.dir, `${id}.toml`);
    writeFileSync(file, config);
    const agent = ['--agent', 'rehearsal', '--scenario', scenario, '--config', file];
    const brisk = ['--agents', '2', '--checkpoint-interval', '1s', '--backoff-initial', '0s', '--backoff-max', '1s'];
    return this.start(['run', ...agent, '--session-id', id, '--duration', duration, ...brisk, ...extra], options);
  }

  session(id) {
    return join(this.runs, id);
  }

  close({ keep = false } = {}) {
    for (const pid of this.processes()) end(pid);
    if (!keep) rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Living processes that work in this place or name it. */
  processes() {
    return pids().filter((pid) => pid !== process.pid && touches(pid, this.dir));
  }
}

function pids() {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0);
}

function touches(pid, dir) {
  try {
    if (/^\d+ \(.*\) [ZX] /s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))) return false;
    return (
      readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(dir) || readlinkSync(`/proc/${pid}/cwd`).startsWith(dir)
    );
  } catch {
    return false;
  }
}

/**
 * Does its main thread read from a pipe whose other end only it has? Then nobody can ever write there. In a Node program
 * that is libuv's signal lock: it ignores that its own write, made in a signal handler, has failed.
 */
function waitsForItself(pid) {
  try {
    const [call, file] = readFileSync(`/proc/${pid}/syscall`, 'latin1').split(' ');
    const pipeOf = (fd) => readlinkSync(`/proc/${pid}/fd/${fd}`);
    const read = Number(file);
    // 0 is read on x86-64, 63 on arm64.
    if ((call !== '0' && call !== '63') || !pipeOf(read).startsWith('pipe:')) return false;
    return readdirSync(`/proc/${pid}/fd`).some((fd) => Number(fd) !== read && pipeOf(fd) === pipeOf(read));
  } catch {
    return false;
  }
}

export function end(pid, signal = 'SIGKILL') {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Whole events of a journal, as far as they are lines of JSON. */
export function eventsOf(root) {
  const path = join(root, 'journal.ndjson');
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line)];
      } catch {
        return [];
      }
    });
}

export function jsonOf(root, ...names) {
  try {
    return JSON.parse(readFileSync(join(root, ...names), 'utf8'));
  } catch {
    return null;
  }
}

export const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Looks again and again until there is an answer, or the time is over: null. */
export async function until(look, limitMs = 60_000) {
  const endMs = performance.now() + limitMs;
  for (let answer = look(); ; answer = look()) {
    if (answer) return answer;
    if (performance.now() > endMs) return null;
    await wait(15);
  }
}
