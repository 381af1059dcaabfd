// The flags and environment variables that set options: one row each, with how its text is read.
import { HOUR, MINUTE, parseDuration, SECOND } from '../text/duration.ts';
import type { KeyPath } from './toml.ts';

export interface Input {
  readonly key: KeyPath;
  readonly flag?: string;
  readonly variable?: string;
  /** The value of a text, or what is wrong with it. */
  readonly read: (text: string) => string | number | boolean | { readonly wrong: string };
}

const text = (value: string) => value;

const number = (value: string) => {
  const parsed = Number(value);
  return value.trim() !== '' && Number.isFinite(parsed) ? parsed : { wrong: `must be a number, not "${value}"` };
};

const duration = (bareUnitMs: number, unit: string) => (value: string) => {
  const ms = parseDuration(value, bareUnitMs);
  return ms === null
    ? { wrong: `"${value}" is no duration; a bare number counts ${unit}, or write 90m, 2h30m, 10s` }
    : ms / bareUnitMs;
};

const truth = (value: string) => {
  if (/^(true|1|yes|on)$/i.test(value)) return true;
  if (/^(false|0|no|off)$/i.test(value)) return false;
  return { wrong: `must be true or false, not "${value}"` };
};

export const INPUTS: readonly Input[] = [
  { key: ['session', 'project_type'], flag: 'project', read: text },
  { key: ['session', 'duration_hours'], flag: 'duration', read: duration(HOUR, 'hours') },
  { key: ['session', 'agent_count'], flag: 'agents', read: number },
  { key: ['session', 'id'], flag: 'session-id', read: text },
  { key: ['session', 'runs_dir'], flag: 'runs-dir', read: text },
  { key: ['session', 'deadline'], flag: 'deadline', read: text },
  {
    key: ['checkpoint', 'interval_minutes'],
    flag: 'checkpoint-interval',
    variable: 'CHECKPOINT_INTERVAL',
    read: duration(MINUTE, 'minutes'),
  },
  { key: ['checkpoint', 'backoff_initial_seconds'], flag: 'backoff-initial', read: duration(SECOND, 'seconds') },
  { key: ['checkpoint', 'backoff_max_seconds'], flag: 'backoff-max', read: duration(SECOND, 'seconds') },
  { key: ['checkpoint', 'auto_recovery'], variable: 'SELFWARE_AUTO_RECOVERY', read: truth },
  { key: ['agent', 'kind'], flag: 'agent', read: text },
  { key: ['agent', 'program'], variable: 'SELFWARE_BIN', read: text },
  { key: ['agent', 'confinement'], flag: 'confinement', read: text },
  { key: ['agent', 'model'], flag: 'model', variable: 'SELFWARE_MODEL', read: text },
  { key: ['agent', 'endpoint'], flag: 'endpoint', variable: 'SELFWARE_ENDPOINT', read: text },
  { key: ['limits', 'total_token_budget'], flag: 'max-tokens', read: number },
  { key: ['limits', 'disk_space_limit_gb'], variable: 'SELFWARE_DISK_LIMIT_GB', read: number },
  { key: ['monitoring', 'log_level'], variable: 'SELFWARE_LOG_LEVEL', read: (value) => value.toLowerCase() },
  { key: ['rehearsal', 'scenario'], flag: 'scenario', read: text },
];
