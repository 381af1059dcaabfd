// Runs the real program in a folder of its own, with an empty home, and watches what it leaves behind.
import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Metrics } from '../../src/report/metrics.ts';
import type { StampedEvent } from '../../src/session/event.ts';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PROGRAM = join(ROOT, 'bin/mega-test.js');

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
  readonly ms: number;
}

export interface Started {
  readonly pid: number;
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** A folder with an empty home in which sessions are run. */
export class Place {
  readonly dir = mkdtempSync(join(tmpdir(), 'mega-system-'));
  readonly home = join(this.dir, 'home');
  readonly env: Record<string, string>;
  readonly #children: ChildProcess[] = [];

  constructor(env: Record<string, string> = {}) {
    mkdirSync(this.home);
    this.env = { PATH: process.env.PATH ?? '', HOME: this.home, ...env };
  }

  /** Starts mega-test with arguments. */
  start(...args: string[]): Started {
    return this.startProgram(process.execPath, [PROGRAM, ...args]);
  }

  startProgram(file: string, args: readonly string[], cwd = this.dir): Started {
    const beganMs = performance.now();
    const child = spawn(file, args, { cwd, env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#children.push(child);
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString('utf8');
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString('utf8');
    });
    const ended = new Promise<Ended>((resolve) => {
      child.once('close', (code, signal) => resolve({ code, signal, out, err, ms: performance.now() - beganMs }));
    });
    return { pid: child.pid ?? 0, child, ended };
  }

  /** Runs mega-test to its end. */
  run(...args: string[]): Promise<Ended> {
    return this.start(...args).ended;
  }

  /** Starts a session with the rehearsal agent; `scenario` is TOML. */
  rehearse(id: string, scenario: string, ...args: string[]): Started {
    const file = join(this.dir, `${id}.scenario.toml`);
    writeFileSync(file, scenario);
    return this.start('run', '--agent', 'rehearsal', '--scenario', file, '--session-id', id, ...args);
  }

  session(id: string): SessionFiles {
    return new SessionFiles(join(this.dir, 'test_runs', id));
  }

  /** Ends everything that was started here, by whomever, and removes the folder. */
  close(): void {
    for (const pid of pidsWithin(this.dir)) kill(pid);
    for (const child of this.#children) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A test's work in a place of its own, cleaned up whatever happens; so tests can run side by side. */
export function inPlace(work: (place: Place) => Promise<void>, env: Record<string, string> = {}): () => Promise<void> {
  return async () => {
    const place = new Place(env);
    try {
      await work(place);
    } finally {
      place.close();
    }
  };
}

/** The files of one session, as a user finds them. */
export class SessionFiles {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  path(...names: string[]): string {
    return join(this.root, ...names);
  }

  text(...names: string[]): string {
    return readFileSync(this.path(...names), 'utf8');
  }

  json<T>(...names: string[]): T {
    return JSON.parse(this.text(...names)) as T;
  }

  get metrics(): Metrics {
    return this.json<Metrics>('metrics_current.json');
  }

  get status(): string {
    return this.text('status').trim();
  }

  /** Whole events of the journal so far. */
  events(): StampedEvent[] {
    if (!existsSync(this.path('journal.ndjson'))) return [];
    return this.text('journal.ndjson')
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line) as StampedEvent);
  }

  eventsOf<T extends StampedEvent['type']>(type: T): (StampedEvent & { type: T })[] {
    return this.events().filter((event): event is StampedEvent & { type: T } => event.type === type);
  }

  /** Resolves with the first event (not among the first `after`) for which the test says yes. */
  async event(is: (event: StampedEvent) => boolean, after = 0): Promise<StampedEvent> {
    return until(this.path('journal.ndjson'), () => this.events().slice(after).find(is) ?? null);
  }

  async eventOf<T extends StampedEvent['type']>(type: T, after = 0): Promise<StampedEvent & { type: T }> {
    return (await this.event((event) => event.type === type, after)) as StampedEvent & { type: T };
  }

  get ownerPid(): number {
    return this.json<{ pid: number }>('owner.json').pid;
  }
}

const LOOK_MS = 20;
const LIMIT_MS = 50_000;

/** Looks at a file whenever it changes (and now and then) until there is an answer. */
export async function until<T>(path: string, look: () => T | null): Promise<T> {
  const giveUpMs = performance.now() + LIMIT_MS;
  for (;;) {
    const answer = look();
    if (answer !== null) return answer;
    if (performance.now() > giveUpMs) throw new Error(`nothing came within ${LIMIT_MS / 1000} s at ${path}`);
    await changed(path);
  }
}

/** The next change of a file, or a moment later. */
function changed(path: string): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, LOOK_MS * 5);
    let watcher: ReturnType<typeof watch> | null = null;
    try {
      watcher = watch(path, () => done());
    } catch {
      // Not there yet.
    }
    function done(): void {
      clearTimeout(timer);
      watcher?.close();
      resolve();
    }
  });
}

/** Is a process there and not a zombie? */
export function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z /s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

/** Processes that work in a folder or were started with it in their command line. */
export function pidsWithin(dir: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid && isRunning(pid) && mentions(pid, dir));
}

function mentions(pid: number, dir: string): boolean {
  try {
    return (
      readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(dir) || readlinkSync(`/proc/${pid}/cwd`).startsWith(dir)
    );
  } catch {
    return false;
  }
}

export function kill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}
