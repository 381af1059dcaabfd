// The built program and its command line tool, run as a user would: started, asked, ended, and never left behind.
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { shown, Wrong, within } from './check.ts';
import { notePeak } from './memory.ts';

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface Running {
  readonly port: number;
  readonly dashboard: number;
  readonly data: string;
  /** Sends a signal to all its processes and waits for the end of the first of them. */
  readonly end: (signal: 'SIGTERM' | 'SIGKILL') => Promise<Ended>;
}

/** A variable that is undefined is taken out. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface Launch {
  readonly argv: readonly string[];
  readonly root: string;
  readonly data: string;
  readonly env: Environment;
}

/** Twice what is promised: other programs of this machine may be at work. */
const READY_MS = 20_000;
const END_MS = 10_000;
const MOST_OUTPUT = 256 * 1024;

/** Rejects with Wrong when it is not ready in time. `put` gets what ends it whatever happens. */
export async function startProgram(launch: Launch, put: (end: () => void) => void): Promise<Running> {
  const [port, dashboard] = await freePorts();
  const { data, root } = launch;
  const filled = launch.argv.map((word) =>
    word
      .replaceAll('{port}', String(port))
      .replaceAll('{data_dir}', data)
      .replaceAll('{dashboard_port}', `${dashboard}`),
  );
  const env = { ...process.env, PORT: `${port}`, DASHBOARD_PORT: `${dashboard}`, DATA_DIR: data, ...launch.env };
  const child = spawn(filled[0] ?? '', filled.slice(1), { cwd: root, env, detached: true });
  put(() => endGroup(child, 'SIGKILL'));
  const output = textOf(child.stdout);
  const errors = textOf(child.stderr);
  const ended = endOf(child);
  // Whoever waits for the end hears of it; nobody may wait.
  ended.catch(() => {});
  const ready = new Promise<void>((resolve) => {
    child.stdout.on('data', () => {
      if (/\bready\b/.test(output())) resolve();
    });
  });
  const early = ended.then(({ code, signal }) => {
    throw new Wrong(`it ended with ${signal ?? `exit code ${code}`}: ${lastOf(errors()) || lastOf(output())}`);
  });
  early.catch(() => {});
  const printed = () => `a line with "ready" (the last one is ${shown(lastOf(output()))})`;
  await within(READY_MS, printed, Promise.race([ready, early]));
  return {
    port,
    dashboard,
    data,
    end: async (signal) => {
      endGroup(child, signal);
      return await within(END_MS, `its end after ${signal}`, ended);
    },
  };
}

export interface ToolRun extends Ended {
  readonly output: string;
  readonly errors: string;
}

export interface Tool {
  readonly ended: Promise<ToolRun>;
  /** To the tool itself, not to what it has started. */
  readonly signal: (signal: 'SIGTERM') => void;
}

export interface ToolCall {
  readonly file: string;
  readonly args: readonly string[];
  readonly root: string;
  readonly env: Environment;
  readonly input: string;
  readonly limitMs: number;
}

export function startTool(call: ToolCall, put: (end: () => void) => void): Tool {
  const env = { ...process.env, ...call.env };
  const child = spawn(call.file, call.args, { cwd: call.root, env, detached: true });
  put(() => signalGroup(child, 'SIGKILL'));
  const output = textOf(child.stdout);
  const errors = textOf(child.stderr);
  // A tool that does not read its input is free to end.
  child.stdin.on('error', () => {});
  child.stdin.end(call.input);
  const run = endOf(child).then((end) => ({ ...end, output: output(), errors: errors() }));
  return {
    ended: within(call.limitMs, `the end of ${call.args.slice(0, 3).join(' ')}`, run),
    signal: (signal) => void child.kill(signal),
  };
}

/** Until its outputs are closed as well: what it printed last is not lost. */
function endOf(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Wrong(`it cannot be started: ${error.message}`)));
    child.once('exit', (code, signal) => {
      const end = () => resolve({ code, signal });
      child.once('close', end);
      setTimeout(end, 500).unref();
    });
  });
}

/** The built program's group, asked first what it took. */
function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid !== undefined) notePeak(child.pid);
  signalGroup(child, signal);
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // All of them are gone.
  }
}

function textOf(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text = `${text}${chunk.toString()}`.slice(-MOST_OUTPUT);
  });
  return () => text;
}

function lastOf(text: string): string {
  return text.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
}

/** Two in a row, as the dashboard's default wants. */
async function freePorts(): Promise<readonly [number, number]> {
  for (let tries = 0; tries < 50; tries++) {
    const port = await listenOnce(0);
    if (port !== null && port < 65_535 && (await listenOnce(port + 1)) !== null) return [port, port + 1];
  }
  throw new Error('no two free ports in a row');
}

/** A port that is free; null when it is not. */
export function listenOnce(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : null));
    });
  });
}
