// Reads and changes a request body without parsing it whole: only the top level is looked at, all other bytes stay as they are.

/** What the gateway needs to know of a request; null values were not given. */
export interface Asked {
  readonly body: Buffer;
  readonly model: string | null;
  readonly stream: boolean;
  /** The client itself asked for usage in its stream. */
  readonly wantsUsage: boolean;
  /** Longest answer the client wants, in tokens: the highest of what it says under whichever names. */
  readonly mostTokens: number | null;
  /** How many answers to one prompt. */
  readonly answers: number;
  readonly fields: ReadonlyMap<string, Place>;
}

/** Upstreams differ in which of these they obey, so each that is given is lowered. */
const MOST_NAMES = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'] as const;

/** A field at the top level: where its value stands in the body. */
interface Place {
  readonly from: number;
  readonly to: number;
}

export interface Change {
  /** Null leaves the model as it is and adds no limit: for what is passed through. */
  readonly model: string | null;
  /** Ask for usage in a stream. */
  readonly usage: boolean;
  /** Null leaves the limit of the answer as it is. */
  readonly mostTokens: number | null;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Null when the body is no JSON object as far as we can see. */
export function readRequest(body: Buffer): Asked | null {
  const fields = fieldsOf(body);
  if (fields === null) return null;
  const value = (name: string) => fieldValue({ body, fields }, name);
  const whole = (name: string) => wholeOf(value(name));
  const most = MOST_NAMES.flatMap((name) => whole(name) ?? []);
  const model = value('model');
  const options = value('stream_options') as { include_usage?: unknown } | null | undefined;
  return {
    body,
    model: typeof model === 'string' ? model : null,
    stream: value('stream') === true,
    wantsUsage: options?.include_usage === true,
    mostTokens: most.length === 0 ? null : Math.max(...most),
    answers: Math.max(whole('n') ?? 1, whole('best_of') ?? 1),
    fields,
  };
}

/** The body for an upstream: its model name, usage asked for in streams, the answer no longer than can be paid. */
export function rewrite(asked: Asked, change: Change): Buffer {
  const { model } = change;
  const fresh = new Map<string, string>(model === null ? [] : [['model', JSON.stringify(model)]]);
  if (change.usage && addsUsage(asked)) fresh.set('stream_options', streamOptions(asked));
  const { mostTokens } = change;
  if (mostTokens !== null) {
    for (const name of MOST_NAMES)
      if ((wholeOf(fieldValue(asked, name)) ?? 0) > mostTokens) fresh.set(name, String(mostTokens));
    if (asked.mostTokens === null && model !== null) fresh.set('max_tokens', String(mostTokens));
  }
  const known = [...fresh.keys()].flatMap((name) => {
    const place = asked.fields.get(name);
    return place === undefined ? [] : [{ name, place }];
  });
  const pieces: Buffer[] = [];
  let at = 0;
  for (const { name, place } of known.sort((a, b) => a.place.from - b.place.from)) {
    pieces.push(asked.body.subarray(at, place.from), Buffer.from(fresh.get(name) ?? 'null'));
    fresh.delete(name);
    at = place.to;
  }
  // New fields stand in front, so that the tail of a long body is not looked for.
  const open = asked.body.indexOf('{') + 1;
  const added = [...fresh].map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',');
  const comma = added !== '' && asked.fields.size > 0 ? ',' : '';
  const rest = [...pieces, asked.body.subarray(at)];
  const first = rest[0] ?? asked.body;
  return Buffer.concat([first.subarray(0, open), Buffer.from(added + comma), first.subarray(open), ...rest.slice(1)]);
}

/** The client streams and did not ask for usage itself. */
export function addsUsage({ stream, wantsUsage }: Asked): boolean {
  return stream && !wantsUsage;
}

function streamOptions(asked: Asked): string {
  const given = fieldValue(asked, 'stream_options');
  return JSON.stringify({ ...(typeof given === 'object' ? given : null), include_usage: true });
}

/** The value of a short field; undefined when it is not there, is long, or is no JSON. */
function fieldValue({ body, fields }: Pick<Asked, 'body' | 'fields'>, name: string): unknown {
  const place = fields.get(name);
  if (place === undefined || place.to - place.from > 64 * 1024) return undefined;
  try {
    return JSON.parse(body.toString('utf8', place.from, place.to));
  } catch {
    return undefined;
  }
}

function wholeOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : null;
}

/** The fields of the top level. Of a field that stands there twice the last counts, as for every parser. */
function fieldsOf(body: Buffer): Map<string, Place> | null {
  const fields = new Map<string, Place>();
  let at = space(body, 0);
  if (body[at] !== 0x7b) return null;
  at = space(body, at + 1);
  if (body[at] === 0x7d) return space(body, at + 1) === body.length ? fields : null;
  for (;;) {
    if (body[at] !== QUOTE) return null;
    const nameEnd = endOfString(body, at);
    if (nameEnd === -1) return null;
    const name = nameOf(body.toString('utf8', at, nameEnd));
    at = space(body, nameEnd);
    if (name === null || body[at] !== 0x3a) return null;
    const from = space(body, at + 1);
    const to = endOfValue(body, from);
    if (to === -1 || to === from) return null;
    fields.set(name, { from, to });
    at = space(body, to);
    if (body[at] === 0x7d) return space(body, at + 1) === body.length ? fields : null;
    if (body[at] !== 0x2c) return null;
    at = space(body, at + 1);
  }
}

function nameOf(text: string): string | null {
  try {
    return JSON.parse(text) as string;
  } catch {
    return null;
  }
}

function endOfValue(body: Buffer, from: number): number {
  if (body[from] === QUOTE) return endOfString(body, from);
  let depth = 0;
  for (let at = from; at < body.length; at++) {
    switch (body[at]) {
      case QUOTE: {
        const end = endOfString(body, at);
        if (end === -1) return -1;
        at = end - 1;
        break;
      }
      case 0x7b:
      case 0x5b:
        depth++;
        break;
      case 0x7d:
      case 0x5d:
        if (depth === 0) return trimmed(body, from, at);
        depth--;
        if (depth === 0) return at + 1;
        break;
      case 0x2c:
        if (depth === 0) return trimmed(body, from, at);
        break;
    }
  }
  return -1;
}

/** Just behind the closing quote of the string that begins at `from`, or -1. */
function endOfString(body: Buffer, from: number): number {
  for (let at = body.indexOf(QUOTE, from + 1); at !== -1; at = body.indexOf(QUOTE, at + 1)) {
    let slashes = 0;
    while (body[at - 1 - slashes] === BACKSLASH && at - 1 - slashes > from) slashes++;
    if (slashes % 2 === 0) return at + 1;
  }
  return -1;
}

function space(body: Buffer, from: number): number {
  let at = from;
  while (body[at] === 0x20 || body[at] === 0x0a || body[at] === 0x0d || body[at] === 0x09) at++;
  return at;
}

function trimmed(body: Buffer, from: number, to: number): number {
  let end = to;
  while (end > from && (body[end - 1] ?? 0) <= 0x20) end--;
  return end;
}
