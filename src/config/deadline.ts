// The wall time by which everything must be saved and reported.

/** Milliseconds since the epoch of "2026-11-24T06:00", "2026-11-24 06:00Z" or "06:00" (the next one), local time. */
export function parseDeadline(text: string, nowMs: number): number | { readonly wrong: string } {
  const clock = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text.trim());
  if (clock !== null) {
    const then = new Date(nowMs);
    then.setHours(Number(clock[1]), Number(clock[2]), 0, 0);
    if (then.getTime() <= nowMs) then.setDate(then.getDate() + 1);
    return then.getTime();
  }
  const date = /^(\d{4})-(\d{2})-(\d{2})[T ]\d{2}:\d{2}/.exec(text.trim());
  const dateMs = date !== null && isDay(date) ? Date.parse(text.trim().replace(' ', 'T')) : Number.NaN;
  if (Number.isNaN(dateMs)) return { wrong: `"${text}" is no time; write 06:00 or 2026-11-24T06:00` };
  if (dateMs <= nowMs) return { wrong: `${new Date(dateMs).toISOString()} is already past` };
  return dateMs;
}

/** Date.parse takes the 30th of February for the 2nd of March. */
function isDay([, year, month, day]: RegExpExecArray): boolean {
  return new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day);
}
