// Who may come in: only programs on this machine, with the token of the agent whose path they use, to where they may go.
import type { IncomingMessage } from 'node:http';
import type { Caller } from './facts.ts';

export interface Refusal {
  readonly status: 400 | 401 | 403 | 404 | 405 | 413 | 503;
  readonly text: string;
}

export interface Entry {
  readonly caller: Caller;
  readonly method: string;
  /** Below the endpoint, with its query: `/chat/completions`. */
  readonly path: string;
  /** `completion`: may go to any upstream; `list`: the models, free of charge; `other`: passed to the primary as it is. */
  readonly kind: 'completion' | 'list' | 'other';
}

type Head = Pick<IncomingMessage, 'headers' | 'method' | 'url'>;

export function enter(head: Head, callerOf: (token: string) => Caller | null): Entry | Refusal {
  const { host = '', origin, authorization = '' } = head.headers;
  if (!/^(127\.0\.0\.1|localhost)(:\d{1,5})?$/i.test(host))
    return refusal(403, 'this gateway is for this machine only');
  // Browsers name where a page comes from; agents are no browsers.
  if (origin !== undefined || isForeign(head)) return refusal(403, 'requests from web pages are refused');
  const [target = '', query] = split(head.url ?? '');
  const match = /^\/agents\/([^/]+)\/v1(\/.*)?$/.exec(target);
  const caller = callerOf(/^bearer\s+(\S+)$/i.exec(authorization)?.[1] ?? '');
  if (caller === null) return refusal(401, 'this needs the token of a running turn');
  if (match === null) return refusal(404, 'there is nothing here');
  if (named(match[1] ?? '') !== caller.agent) return refusal(401, 'this token is for another agent');
  const below = match[2] ?? '';
  if (!isPlain(below)) return refusal(400, 'this path is not allowed');
  return route(
    { caller, method: head.method ?? 'GET', path: query === undefined ? below : `${below}?${query}` },
    below,
  );
}

export function isRefusal(value: Entry | Refusal): value is Refusal {
  return 'status' in value;
}

function route(entry: Omit<Entry, 'kind'>, below: string): Entry | Refusal {
  switch (below) {
    case '/chat/completions':
    case '/completions':
      return entry.method === 'POST' ? { ...entry, kind: 'completion' } : refusal(405, 'this takes POST');
    case '/models':
      return entry.method === 'GET' ? { ...entry, kind: 'list' } : refusal(405, 'this takes GET');
    default:
      return { ...entry, kind: 'other' };
  }
}

/** Nothing in it that any server could take for a way up or out. */
function isPlain(path: string): boolean {
  if (!/^(?:\/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9a-f]{2})+)+$/i.test(path)) return false;
  if (/%(?:2e|2f|5c|25|[01]|7f)/i.test(path)) return false;
  return !path.split('/').some((part) => part === '.' || part === '..');
}

function isForeign({ headers }: Head): boolean {
  const site = headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

function split(url: string): [string, string?] {
  const at = url.indexOf('?');
  return at === -1 ? [url] : [url.slice(0, at), url.slice(at + 1)];
}

function named(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

function refusal(status: Refusal['status'], text: string): Refusal {
  return { status, text };
}
