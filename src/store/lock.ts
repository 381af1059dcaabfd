// One owner a session: a lock that the kernel itself frees when its holder dies, and a file that says who it is.
import { existsSync, readFileSync, realpathSync, statSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { bootId, hostName, identityOf, networkNamespace } from '../host/identity.ts';
import { sha256, writeDurable } from './durable.ts';
import type { Layout } from './layout.ts';

/** Who owns a session, as written in owner.json. */
export interface Owner {
  readonly pid: number;
  readonly startTicks: number | null;
  readonly bootId: string;
  readonly host: string;
  readonly networkNamespace: string;
  readonly since: string;
}

export interface Lock {
  release(): Promise<void>;
}

/** Takes the lock of a session directory (which need not exist yet); null when somebody on this host holds it. */
export async function takeLock(root: string): Promise<Lock | null> {
  const name = lockName(root);
  const server = await listen(name);
  if (server !== null) return held(server);
  if (name.startsWith('\0') || (await answers(name))) return null;
  // A socket file outlives its owner where there are no abstract names; nobody answers, so it is left over.
  unlinkSync(name);
  const second = await listen(name);
  return second === null ? null : held(second);
}

/** Does a living process on this host and network namespace hold the lock? */
export async function isLocked(root: string): Promise<boolean> {
  const name = lockName(root);
  if (!name.startsWith('\0') && !existsSync(name)) return false;
  return answers(name);
}

/** The kernel keeps abstract socket names (Linux) for exactly as long as the process lives, stopped or not. */
function lockName(root: string): string {
  // A session that is not there yet has no real path of its own.
  const real = existsSync(root) ? realpathSync(root) : join(realpathSync(dirname(root)), basename(root));
  const hash = sha256(real).slice(0, 32);
  return process.platform === 'linux' ? `\0mega-test/${hash}` : join(tmpdir(), `mega-test-${hash}.sock`);
}

function listen(name: string): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(null) : reject(error),
    );
    server.listen(name, () => resolve(server));
  });
}

function held(server: Server): Lock {
  server.unref();
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}

function answers(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(name);
    const done = (alive: boolean) => {
      socket.destroy();
      resolve(alive);
    };
    socket.once('connect', () => done(true));
    socket.once('error', (error: NodeJS.ErrnoException) => done(error.code === 'EAGAIN'));
  });
}

/**
 * Gives a function that writes down who holds the lock, for people and for hosts that cannot see it. Called again it does
 * nothing once that is written, and tries again where it failed: then it answers why.
 */
export function ownerWriter(layout: Layout): () => Error | null {
  let written = false;
  return () => {
    try {
      if (!written) writeOwner(layout);
      written = true;
      return null;
    } catch (error) {
      return error as Error;
    }
  };
}

function writeOwner(layout: Layout): void {
  const { pid, startTicks } = identityOf(process.pid);
  const owner: Owner = {
    pid,
    startTicks,
    bootId: bootId(),
    host: hostName(),
    networkNamespace: networkNamespace(),
    since: new Date().toISOString(),
  };
  writeDurable(layout.owner, `${JSON.stringify(owner, null, 2)}\n`, { files: layout.files });
}

export function removeOwner(layout: Layout): void {
  try {
    unlinkSync(layout.owner);
  } catch {
    // Gone already; a leftover would only cost the next start a look at its age.
  }
}

export function readOwner(layout: Layout): Owner | null {
  try {
    return JSON.parse(readFileSync(layout.owner, 'utf8')) as Owner;
  } catch {
    return null;
  }
}

/** A living owner writes its journal at least this often. */
const SIGN_OF_LIFE_MS = 120_000;

/**
 * An owner on another host, or in another network namespace of this one, whose lock we cannot see: null when there is
 * none or it shows no sign of life.
 */
export function foreignOwner(layout: Layout, nowMs: number): Owner | null {
  const owner = readOwner(layout);
  if (owner === null) return null;
  if (owner.host === hostName() && owner.networkNamespace === networkNamespace()) return null;
  return nowMs - lastSign(layout) < SIGN_OF_LIFE_MS ? owner : null;
}

function lastSign(layout: Layout): number {
  const times = [layout.journal, layout.owner].map((path) => {
    try {
      return statSync(path).mtimeMs;
    } catch {
      return 0;
    }
  });
  return Math.max(...times);
}
