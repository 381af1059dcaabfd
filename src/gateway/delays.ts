// How long an upstream asks to be left alone: Retry-After, rate-limit headers, and the words of its error.

export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Beyond this a number is no delay but a mistake. */
const LONGEST_MS = 8 * 86_400_000;
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** From the headers: the longest that counts. Null when none says anything. */
export function headerDelay(headers: Headers, wallMs: number): number | null {
  const text = (name: string) => {
    const value = headers[name];
    return typeof value === 'string' ? value.trim() : undefined;
  };
  const found = [retryAfter(text('retry-after'), wallMs), sane(number(text('retry-after-ms')))];
  for (const name of Object.keys(headers)) {
    const match = /^(?:x-|anthropic-)?ratelimit-(?:(.*)-)?reset(?:-(.*))?$/.exec(name);
    if (match === null) continue;
    // Of several limits only those that are used up say when to come back.
    const which = match[1] ?? match[2];
    const left = ['x-', 'anthropic-', '']
      .flatMap((before) => [`${before}ratelimit-remaining-${which}`, `${before}ratelimit-${which}-remaining`])
      .flatMap((key) => text(key) ?? [])[0];
    if (left === undefined || Number(left) <= 0) found.push(momentOrDelay(text(name), wallMs));
  }
  const known = found.filter((ms) => ms !== null);
  return known.length === 0 ? null : Math.max(...known);
}

/** From words like "try again in 2h30m", "resets at 15:00 UTC", "resets at 2026-01-01T00:00:00Z". */
export function delayIn(words: string, wallMs: number): number | null {
  const text = words.slice(0, 4_000);
  const within = /(?:try again|retry|resets?|available|wait)\b[^.0-9]{0,30}?\b(?:in|after|for)\s+(?:about\s+)?/i.exec(
    text,
  );
  if (within !== null) {
    const delay = durationAtStart(text.slice(within.index + within[0].length));
    if (delay !== null) return sane(delay);
  }
  const at = /(?:resets?|try again|available|retry)\b[^0-9]{0,30}?(?:\b(?:at|on)\s+|\|)?(?=\d)/i.exec(text);
  return at === null ? null : momentAtStart(text.slice(at.index + at[0].length), wallMs);
}

/** Whole seconds, or an HTTP date. */
function retryAfter(text: string | undefined, wallMs: number): number | null {
  if (text === undefined || text === '') return null;
  const seconds = number(text);
  return sane(seconds === null ? Date.parse(text) - wallMs : seconds * 1_000);
}

/** "6m0s", seconds, seconds or milliseconds since the epoch, or a date. */
function momentOrDelay(text: string | undefined, wallMs: number): number | null {
  if (text === undefined) return null;
  const value = number(text);
  if (value !== null) return sane(value > 1e11 ? value - wallMs : value > 1e8 ? value * 1_000 - wallMs : value * 1_000);
  return /^\d{4}-/.test(text) ? sane(Date.parse(text) - wallMs) : sane(durationAtStart(text) ?? Number.NaN);
}

function durationAtStart(text: string): number | null {
  const part =
    /^[\s,]*(?:and\s+)?(\d+(?:\.\d+)?)\s*(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)(?![a-z])/i;
  let [rest, sum, found] = [text, 0, false];
  for (let match = part.exec(rest); match !== null; match = part.exec(rest)) {
    const unit = (match[2] ?? '').toLowerCase();
    sum += Number(match[1]) * (UNITS[/^(ms|milli)/.test(unit) ? 'ms' : unit.slice(0, 1)] ?? 0);
    found = true;
    rest = rest.slice(match[0].length);
  }
  return found ? sum : null;
}

/** An ISO date, seconds since the epoch, or an hour of the day (UTC unless the machine's own zone is all we have). */
function momentAtStart(text: string, wallMs: number): number | null {
  const date = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?\s?(?:Z|UTC|[+-]\d\d:?\d\d)?)?/.exec(text);
  if (date !== null) return sane(Date.parse(date[0]) - wallMs);
  const epoch = /^\d{10}(?:\d{3})?\b/.exec(text);
  if (epoch !== null) return momentOrDelay(epoch[0], wallMs);
  const hour = /^(\d{1,2})(?::(\d\d))?\s?(am|pm)?\b(?:\s*\(?(UTC|GMT|Z)\b)?/i.exec(text);
  if (hour === null || (hour[2] === undefined && hour[3] === undefined)) return null;
  const half = hour[3]?.toLowerCase();
  const hours = half === undefined ? Number(hour[1]) : (Number(hour[1]) % 12) + (half === 'pm' ? 12 : 0);
  if (hours > 23 || Number(hour[2] ?? 0) > 59) return null;
  const day = new Date(wallMs);
  const moment =
    hour[4] === undefined
      ? day.setHours(hours, Number(hour[2] ?? 0), 0, 0)
      : day.setUTCHours(hours, Number(hour[2] ?? 0), 0, 0);
  return moment > wallMs ? moment - wallMs : moment + 86_400_000 - wallMs;
}

function number(text: string | undefined): number | null {
  return text !== undefined && /^\d+(\.\d+)?$/.test(text) ? Number(text) : null;
}

function sane(ms: number | null): number | null {
  return ms === null || !Number.isFinite(ms) || ms > LONGEST_MS ? null : Math.max(0, Math.round(ms));
}
