// What a person sees while a session runs: one live line on a terminal, a plain line a minute elsewhere.
import { type Metrics, metricsOf } from '../report/metrics.ts';
import { sentencesOf } from '../report/sentences.ts';
import type { Control } from '../runtime/run.ts';
import type { Observer } from '../runtime/supervisor.ts';
import { showDuration } from '../text/duration.ts';

/** Where lines go: a terminal or a pipe. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface LiveView {
  watch(control: Control): Observer;
  line(text: string): void;
  end(): void;
}

const REDRAW_MS = 1_000;
const PLAIN_LINE_MS = 60_000;

export function liveView(screen: Screen): LiveView {
  const live = screen.isTTY === true;
  let timer: NodeJS.Timeout | null = null;
  let draw = () => {};
  const erase = () => {
    if (live) screen.write('\r\u001b[K');
  };
  const line = (text: string) => {
    erase();
    screen.write(`${text}\n`);
    draw();
  };
  return {
    watch: (control) => {
      const text = () => statusLine(metricsOf(control.parts.session(), control.sinceMs(), '', ''));
      if (live) draw = () => screen.write(`\r\u001b[K${cut(text(), (screen.columns ?? 80) - 1)}`);
      const tick = live ? () => draw() : () => screen.write(`${text()}\n`);
      timer = setInterval(tick, live ? REDRAW_MS : PLAIN_LINE_MS);
      timer.unref();
      return (session, event, before) => {
        for (const { level, text: said } of sentencesOf(session, event, before)) {
          // Alerts come by themselves; what is only for the log stays there.
          if (level === 'info' && isNews(event.type)) line(said);
          if (level === 'error') line(said);
        }
      };
    },
    line,
    end: () => {
      if (timer !== null) clearInterval(timer);
      draw = () => {};
      erase();
    },
  };
}

const NEWS = new Set([
  'harness-started',
  'agent-recovered',
  'checkpoint-restored',
  'judged',
  'clock-stalled',
  'garbage-seen',
  'time-passed',
  'checkpoint-written',
]);

/** Events of which a person at the terminal wants a line; the rest is in the log. */
function isNews(type: string): boolean {
  return NEWS.has(type);
}

/** Phase, percent, tokens, checkpoints, time left, what the agent is doing and for how long. */
export function statusLine(metrics: Metrics): string {
  const parts = [
    metrics.phase === null ? metrics.status : `${metrics.phase_number} ${metrics.phase}`,
    `${Math.floor(metrics.progress * 100)} %`,
    metrics.tokens_consumed === null ? 'tokens unknown' : `${metrics.tokens_consumed} tokens`,
    `${metrics.checkpoints} checkpoints`,
    `${showDuration(metrics.remaining_seconds * 1000)} left`,
    metrics.activity ?? metrics.status,
  ];
  return parts.join(' | ');
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
