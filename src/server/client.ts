// Talks to a running session through its control server.
import { readFileSync } from 'node:fs';
import pRetry, { AbortError } from 'p-retry';
import type { Layout } from '../store/layout.ts';
import type { ControlFile } from './control.ts';

export interface Reply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A session that cannot be asked: it has no server, or does not answer. */
export class Unreachable extends Error {}

/** One call with the owner's token. A server that is only just starting is tried again for about two seconds. */
export async function callControl(layout: Layout, path: string, body: object | null = null): Promise<Reply> {
  const attempt = async (): Promise<Reply> => {
    const control = readControl(layout);
    const response = await fetch(`${control.url}${path}`, {
      method: path === '/api/status' ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${control.token}`, 'content-type': 'application/json' },
      ...(body === null ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(90_000),
    });
    const reply = (await response.json()) as Reply['body'];
    // Another session may have taken the port after this one ended.
    if (reply.session !== undefined && reply.session !== control.session)
      throw new AbortError('another session answers at that port');
    return { status: response.status, body: reply };
  };
  try {
    return await pRetry(attempt, { retries: 5, minTimeout: 100, factor: 2 });
  } catch (error) {
    throw new Unreachable((error as Error).message);
  }
}

function readControl(layout: Layout): ControlFile {
  // A network error is what p-retry takes for worth another try; a missing file is the same to us.
  return JSON.parse(readFileSync(layout.control, 'utf8')) as ControlFile;
}
