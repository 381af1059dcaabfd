// Which headers cross the gateway: none that belong to one connection, none with a secret of the other side.
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';

/** RFC 9110, 7.6.1, and what older peers treat so. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** Never from the agent to an upstream: its token, cookies, who it is; and what we say ourselves. */
const NOT_UP = new Set([
  'host',
  'authorization',
  'api-key',
  'x-api-key',
  'cookie',
  'forwarded',
  'x-forwarded-for',
  'x-real-ip',
  'origin',
  'referer',
  'expect',
  'accept-encoding',
  'content-length',
]);
/** Never from an upstream to the agent: nothing that leads it past the gateway. */
const NOT_DOWN = new Set(['set-cookie', 'content-length', 'location', 'alt-svc', 'strict-transport-security']);

/** Headers for an upstream, with our own key instead of the agent's token. */
export function headersUp(given: IncomingHttpHeaders, key: string | undefined): OutgoingHttpHeaders {
  const kept = crossing(given, NOT_UP);
  // What is compressed cannot be counted.
  kept['accept-encoding'] = 'identity';
  if (key !== undefined && key !== '') kept.authorization = `Bearer ${key}`;
  return kept;
}

/** Headers for the agent; one that repeats our key does not reach it. */
export function headersDown(given: IncomingHttpHeaders, key: string | undefined): OutgoingHttpHeaders {
  const kept = crossing(given, NOT_DOWN);
  if (key !== undefined && key !== '')
    for (const [name, value] of Object.entries(kept)) if (String(value).includes(key)) delete kept[name];
  return kept;
}

function crossing(given: IncomingHttpHeaders, left: ReadonlySet<string>): OutgoingHttpHeaders {
  const named = new Set((given.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
  const kept: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(given))
    if (value !== undefined && !HOP_BY_HOP.has(name) && !left.has(name) && !named.has(name)) kept[name] = value;
  return kept;
}

/** Our key taken out of bytes for the agent; the very same bytes where it is not in them. */
export function withoutKey(bytes: Buffer, key: string | undefined): Buffer {
  if (key === undefined || key.length < 4 || !bytes.includes(key)) return bytes;
  return Buffer.from(bytes.toString('latin1').replaceAll(Buffer.from(key).toString('latin1'), '***'), 'latin1');
}
