// Runs a tool of the system (git, du, perl, …): no shell, a time limit, bounded output, an environment that is given.
import { execa } from 'execa';

export interface ToolOptions {
  readonly cwd?: string;
  /** The whole environment of the tool; left out, ours. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly timeoutMs?: number;
  /** Bytes as latin1 text, for names and contents that are no UTF-8. */
  readonly bytes?: boolean;
}

export interface ToolResult {
  readonly failed: boolean;
  /** Null when it was not started or was ended by a signal. */
  readonly exitCode: number | null;
  /** The system's word when it could not be started, like ENOENT. */
  readonly errorCode: string | null;
  readonly timedOut: boolean;
  readonly out: string;
  readonly err: string;
  /** One line about a failure: what it said last, or how it ended. */
  readonly said: string;
}

/** More output than this of a tool is a fault. */
const MOST_OUTPUT = 512 * 1024 * 1024;

/** Runs a tool to its end. Never throws for what the tool does. */
export async function runTool(file: string, args: readonly string[], options: ToolOptions = {}): Promise<ToolResult> {
  const result = await execa(file, [...args], {
    reject: false,
    stripFinalNewline: false,
    encoding: options.bytes === true ? 'latin1' : 'utf8',
    maxBuffer: MOST_OUTPUT,
    timeout: options.timeoutMs ?? 600_000,
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env, extendEnv: false }),
  });
  const err = String(result.stderr ?? '');
  return {
    failed: result.failed,
    exitCode: result.exitCode ?? null,
    errorCode: result.code ?? null,
    timedOut: result.timedOut,
    out: String(result.stdout ?? ''),
    err,
    said: err.trim().split('\n').at(-1) || (result.shortMessage ?? ''),
  };
}

/** A tool that is fed and read while it runs. */
export interface PipedTool {
  readonly stdin: NodeJS.WritableStream;
  readonly stdout: NodeJS.ReadableStream;
  /** How it ended: empty when well, else what it said. */
  readonly ended: Promise<string>;
  kill(): void;
}

export interface PipedToolOptions {
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** In a session of its own, and not ended with us. */
  readonly detached?: boolean;
}

/** Starts a tool with pipes on both sides. */
export function pipeTool(file: string, args: readonly string[], options: PipedToolOptions): PipedTool {
  const { env, detached = false } = options;
  const child = execa(file, [...args], {
    env,
    detached,
    extendEnv: false,
    reject: false,
    buffer: false,
    stdio: 'pipe',
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (said.length < 4_000) said += chunk.toString('utf8');
  });
  // A tool that ended early makes writes fail; how it ended is told by `ended`.
  child.stdin.on('error', () => {});
  const ended = child.then((result) => (result.failed ? said || (result.shortMessage ?? 'failed') : ''));
  return { stdin: child.stdin, stdout: child.stdout, ended, kill: () => child.kill('SIGKILL') };
}

/** Starts another life of our own program: it is not ended with us, and its end is awaited only if wanted. */
export function startProgram(
  args: readonly string[],
  options: { readonly detached: boolean; readonly errors: number | 'inherit' },
): {
  readonly pid: number;
  readonly ended: Promise<{ readonly code: number; readonly signal: string | null }>;
  kill(name: NodeJS.Signals): void;
  unref(): void;
} {
  const out = options.detached ? 'ignore' : 'inherit';
  const child = execa(process.execPath, [...args], {
    stdio: [options.detached ? 'ignore' : 'inherit', out, options.errors as 'inherit'],
    detached: options.detached,
    cleanup: false,
    reject: false,
    buffer: false,
  });
  const ended = child.then(({ exitCode, signal }) => ({ code: exitCode ?? 1, signal: signal ?? null }));
  return { pid: child.pid ?? 0, ended, kill: (name) => child.kill(name), unref: () => child.unref() };
}
