// The small control server of a running session: save now, stop, pause, continue, restore, and how it stands. Loopback only.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createAdaptorServer } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { metricsOf } from '../report/metrics.ts';
import type { Control } from '../runtime/run.ts';
import type { Supervisor } from '../runtime/supervisor.ts';
import type { StampedEvent } from '../session/event.ts';
import type { Session } from '../session/state.ts';
import { writeDurable } from '../store/durable.ts';
import { checkpointName } from '../store/layout.ts';
import { addWishes } from './wishes.ts';

/** How to reach a running session: the contents of control.json (0600). */
export interface ControlFile {
  readonly session: string;
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly token: string;
}

/** Where the seed's `curl -X POST http://localhost:8080/api/checkpoint` looks for us. */
const FIRST_PORT = 8080;
const PORTS_TRIED = 200;
const BODY_LIMIT = 16 * 1024;
const CONNECTIONS = 20;
/** A checkpoint asked for twice within so long is one checkpoint. */
const CHECKPOINT_EVERY_MS = 10_000;
const ANSWER_LIMIT_MS = 60_000;

/** Starts serving; without a free port the session goes on without a server. The answer closes it. */
export async function serveControl(control: Control, takenPorts: readonly number[]): Promise<() => Promise<void>> {
  const { parts } = control;
  const token = randomBytes(24).toString('base64url');
  const app = controlApp(control, token);
  const server = createAdaptorServer({ fetch: app.fetch });
  if ('maxConnections' in server) server.maxConnections = CONNECTIONS;
  if ('headersTimeout' in server) Object.assign(server, { headersTimeout: 5_000, requestTimeout: 30_000 });
  const port = await listenFree((candidate) => listen(server, candidate), takenPorts);
  if (port === null) {
    parts.log.warn('no free port for the control server: this session can be stopped by signals only');
    return async () => {};
  }
  const url = `http://127.0.0.1:${port}`;
  const file: ControlFile = { session: parts.id, url, port, pid: process.pid, token };
  try {
    writeDurable(parts.layout.control, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
  } catch (error) {
    parts.log.warn(`control.json could not be written: ${(error as Error).message}`);
  }
  parts.log.info(`control: ${url} (curl -X POST ${url}/api/checkpoint saves now)`);
  return () =>
    new Promise((resolve) => {
      // Nobody answers there any more, and another session may take the port.
      try {
        rmSync(parts.layout.control, { force: true });
      } catch (error) {
        parts.log.warn(`control.json could not be removed: ${(error as Error).message}`);
      }
      server.close(() => resolve());
      if ('closeAllConnections' in server) server.closeAllConnections();
    });
}

async function listenFree(
  attempt: (port: number) => Promise<boolean>,
  taken: readonly number[],
): Promise<number | null> {
  for (let port = FIRST_PORT; port < FIRST_PORT + PORTS_TRIED; port++)
    if (!taken.includes(port) && (await attempt(port))) return port;
  return null;
}

function listen(server: ReturnType<typeof createAdaptorServer>, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const failed = () => {
      server.off('listening', worked);
      resolve(false);
    };
    const worked = () => {
      server.off('error', failed);
      // A server that has begun must not end the process by a late error.
      server.on('error', () => {});
      resolve(true);
    };
    server.once('error', failed);
    server.once('listening', worked);
    server.listen(port, '127.0.0.1');
  });
}

/** The routes, without a socket: what tests call directly. */
export function controlApp(control: Control, token: string): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    const refusal = strangerOf(context);
    if (refusal !== null) return context.json({ error: refusal }, 403);
    await next();
  });
  app.use(
    bodyLimit({ maxSize: BODY_LIMIT, onError: (context) => context.json({ error: 'the body is too large' }, 413) }),
  );
  const session = control.parts.id;
  const hasToken = (context: Context) => tokenIsRight(context.req.header('authorization'), token);
  const refused = (context: Context) =>
    context.json({ session, error: 'this needs the token in control.json: Authorization: Bearer …' }, 401);

  app.get('/api/status', (context) => context.json(statusOf(control)));
  // Harmless and coalesced, so the plain curl of the seed needs no token.
  const checkpoints = new CheckpointRequests(control);
  app.post('/api/checkpoint', async (context) => {
    const answer = await checkpoints.request(hasToken(context));
    return context.json({ session, ...answer.body }, answer.status);
  });
  app.post('/api/stop', (context) => {
    if (!hasToken(context)) return refused(context);
    control.parts.post({ type: 'stop-requested', by: 'api' });
    return context.json({ session, status: 'stopping' }, 202);
  });
  app.post('/api/pause', (context) => {
    if (!hasToken(context)) return refused(context);
    control.parts.post({ type: 'pause-requested', by: 'api' });
    return context.json({ session }, 202);
  });
  app.post('/api/continue', (context) => {
    if (!hasToken(context)) return refused(context);
    control.parts.post({ type: 'continue-requested', by: 'api' });
    return context.json({ session }, 202);
  });
  app.post('/api/restore', async (context) => {
    if (!hasToken(context)) return refused(context);
    const json: unknown = await context.req.json().catch(() => null);
    const body: { number?: unknown; rewindClock?: unknown } = json ?? {};
    if (typeof body.number !== 'number' || !Number.isSafeInteger(body.number) || body.number < 1)
      return context.json({ session, error: 'a body like {"number": 3} is needed' }, 400);
    const { stage, restore } = control.parts.session();
    if ((stage.is !== 'working' && stage.is !== 'closing') || restore !== null)
      return context.json({ session, error: `no restore now: the session is ${stage.is}` }, 409);
    const answer = restoreDone(control);
    const { number, rewindClock } = body;
    control.parts.post({ type: 'restore-requested', by: 'api', number, rewindClock: rewindClock === true });
    const done = await answer;
    return done === null
      ? context.json({ session, error: 'the restore did not end in time; see session.log' }, 504)
      : context.json({ session, ...done });
  });
  addWishes(app, control.parts, { hasToken, refused });
  app.notFound((context) => context.json({ error: 'there is nothing here' }, 404));
  app.onError((error, context) => {
    control.parts.log.error(`control server: ${error.stack}`);
    return context.json({ error: 'that failed' }, 500);
  });
  return app;
}

/** A web page that makes the user's browser call us is no owner: it has another Host, Origin or Sec-Fetch-Site. */
function strangerOf(context: Context): string | null {
  const host = context.req.header('host') ?? '';
  if (!/^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/.test(host))
    return 'this server answers to 127.0.0.1 and localhost only';
  const origin = context.req.header('origin');
  if (origin !== undefined && origin !== `http://${host}`) return 'requests from other origins are refused';
  const site = context.req.header('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'cross-site requests are refused';
  return null;
}

function tokenIsRight(header: string | undefined, token: string): boolean {
  const given = Buffer.from(header?.replace(/^Bearer /, '') ?? '');
  const right = Buffer.from(token);
  return given.length === right.length && timingSafeEqual(given, right);
}

function statusOf({ parts, sinceMs }: Control) {
  return metricsOf(parts.session(), sinceMs(), new Date(parts.clock.wallMs()).toISOString(), parts.project.type);
}

interface Answer {
  readonly status: 200 | 409 | 504;
  readonly body: Record<string, unknown>;
}

/** Requests for a checkpoint while one is written share it; so do, for anybody, those within ten seconds. */
class CheckpointRequests {
  readonly #control: Control;
  #lastMs = Number.NEGATIVE_INFINITY;
  #last: Promise<Answer> | null = null;
  #pending = false;

  constructor(control: Control) {
    this.#control = control;
  }

  /** The owner, who has the token, gets one of its own unless one is being written for somebody already. */
  request(owner: boolean): Promise<Answer> {
    const { clock, session } = this.#control.parts;
    const state = session();
    if (!canCheckpoint(state)) return Promise.resolve(conflict(state));
    const recent = clock.nowMs() - this.#lastMs < CHECKPOINT_EVERY_MS;
    if (this.#last !== null && (this.#pending || (recent && !owner))) return this.#last;
    this.#lastMs = clock.nowMs();
    this.#pending = true;
    this.#last = this.#take().finally(() => {
      this.#pending = false;
    });
    return this.#last;
  }

  async #take(): Promise<Answer> {
    const { supervisor, parts } = this.#control;
    const answer = observed<Answer>(
      supervisor,
      { status: 504, body: { error: 'it did not end in time; see session.log' } },
      (session, event) => {
        if (event.type === 'checkpoint-written')
          return {
            status: 200,
            body: { checkpoint: checkpointName(event.number), number: event.number, sha256: event.sha256 },
          };
        if (event.type === 'checkpoint-failed') return { status: 409, body: { error: `it failed: ${event.reason}` } };
        return session.stage.is === 'done' ? conflict(session) : null;
      },
    );
    parts.post({ type: 'checkpoint-requested', by: 'api' });
    return answer;
  }
}

function canCheckpoint({ stage, plan }: Session): boolean {
  return plan.checkpoints.enabled && (stage.is === 'working' || stage.is === 'closing');
}

function conflict({ stage, checkpoints, plan }: Session): Answer {
  const why = plan.checkpoints.enabled
    ? `the session is ${stage.is}`
    : 'checkpoints are switched off (checkpoint.enabled)';
  return { status: 409, body: { error: `no checkpoint now: ${why}`, last: checkpoints.last?.number ?? null } };
}

function restoreDone({ supervisor }: Control): Promise<Record<string, unknown> | null> {
  return observed<Record<string, unknown> | null>(supervisor, null, (_, event) => {
    if (event.type === 'checkpoint-restored') return { restored: event.number, instead_of: event.insteadOf };
    return event.type === 'restore-failed' ? { error: event.reason } : null;
  });
}

/** Waits for the first event that `read` makes an answer of; `late` is the answer when none comes in time. */
function observed<T>(
  supervisor: Supervisor,
  late: T,
  read: (session: Session, event: StampedEvent) => T | null,
): Promise<T> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => finish(late), ANSWER_LIMIT_MS).unref();
    const stop = supervisor.observe((session, event) => {
      const answer = read(session, event);
      if (answer !== null) finish(answer);
    });
    const finish = (answer: T) => {
      clearTimeout(timer);
      stop();
      resolve(answer);
    };
  });
}
