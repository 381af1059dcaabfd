// session.log: one readable line an entry, for `tail -f`. Written at once, never rotated, secrets taken out.
import { constants, openSync } from 'node:fs';
import { pino } from 'pino';
import { writeAll } from '../store/durable.ts';
import { redacted } from './secrets.ts';

export type Logger = pino.Logger;

/**
 * The log of a session. A full disk costs no line: what cannot be written waits, the newest last, within a limit. It is
 * opened at the first line, and again at the next one where that fails.
 */
export function openSessionLog(path: string, level: string, secrets: readonly string[]): Logger {
  const sink = new LineSink(path);
  return pino(
    { level, base: null, formatters: { level: (label) => ({ level: label }) } },
    {
      write: (json: string) => {
        sink.write(redacted(inWords(json), secrets));
      },
    },
  );
}

/** Lines kept in memory while the disk is full. */
const MOST_WAITING = 10_000;

const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;

class LineSink {
  readonly #path: string;
  readonly #waiting: string[] = [];
  /** Open until the process ends: its last words are written while it does. */
  #file: number | null = null;
  #dropped = 0;

  constructor(path: string) {
    this.#path = path;
  }

  write(line: string): void {
    this.#waiting.push(line);
    try {
      this.#file ??= openSync(this.#path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o644);
      if (this.#dropped > 0) {
        writeAll(this.#file, Buffer.from(`(${this.#dropped} lines could not be written)\n`));
        this.#dropped = 0;
      }
      for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
        writeAll(this.#file, Buffer.from(next));
        this.#waiting.shift();
      }
    } catch {
      if (this.#waiting.length > MOST_WAITING) {
        this.#waiting.shift();
        this.#dropped++;
      }
    }
  }
}

/** `2026-11-23 14:50:01 info  text`, in local time. */
function inWords(json: string): string {
  const { time, level, msg } = JSON.parse(json) as { time: number; level: string; msg?: string };
  return `${localTime(time)} ${level.padEnd(5)} ${msg ?? ''}\n`;
}

function localTime(ms: number): string {
  const date = new Date(ms);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
