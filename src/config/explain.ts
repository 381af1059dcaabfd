// Turns a schema's complaint into a sentence for people, with what they probably meant.
import { distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import type { Finding } from './diagnostics.ts';
import type { KeyPath } from './toml.ts';

/** The name that is nearest to a wrong one, if any is near enough to be meant. */
export function didYouMean(wrong: string, right: readonly string[]): string | null {
  if (wrong.length > 64) return null;
  const near = right
    .map((name) => ({ name, far: distance(wrong.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, far }) => far <= Math.max(2, Math.floor(name.length / 3)))
    .sort((a, b) => a.far - b.far)[0];
  return near?.name ?? null;
}

export function explain(issue: z.core.$ZodIssue, schema: z.ZodType, input: unknown): readonly Finding[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  const error = (key: KeyPath, message: string): Finding => ({ key, message, severity: 'error' });
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, path);
    return issue.keys.map((key) => error([...path, key], `unknown key${meant(key, known)}`));
  }
  return [error(path, sentence(issue, at(input, path)))];
}

function sentence(issue: z.core.$ZodIssue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return value === undefined ? 'is missing' : `must be ${typeName(issue.expected)}, not ${show(value)}`;
    case 'too_small':
      return `must ${verb(issue.origin)} at least ${amount(issue.minimum, issue.origin)}, not ${show(value)}`;
    case 'too_big':
      return `must ${verb(issue.origin)} at most ${amount(issue.maximum, issue.origin)}, not ${show(value)}`;
    case 'invalid_value': {
      const allowed = issue.values.map((one) => `"${String(one)}"`);
      return `must be ${oneOf(allowed)}, not ${show(value)}${typeof value === 'string' ? meant(value, issue.values.map(String)) : ''}`;
    }
    case 'invalid_union': {
      const inner = issue.errors.flat().find(({ code }) => code !== 'invalid_value') ?? issue.errors.flat()[0];
      return inner === undefined ? issue.message : sentence(inner as z.core.$ZodIssue, value);
    }
    default:
      return `${issue.message}, not ${show(value)}`;
  }
}

function verb(origin: string): string {
  return origin === 'array' || origin === 'string' ? 'have' : 'be';
}

/** The one limit that reads better in words. */
function amount(limit: number | bigint, origin: string): string {
  if (limit === 10 / 3600) return '10 s (10/3600 of an hour)';
  const many = (noun: string, plural: string) => `${limit} ${Number(limit) === 1 ? noun : plural}`;
  return origin === 'array'
    ? many('entry', 'entries')
    : origin === 'string'
      ? many('character', 'characters')
      : String(limit);
}

function typeName(expected: string): string {
  const names: Record<string, string> = {
    int: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
    string: 'a text in quotes',
    array: 'a list',
    object: 'a table',
    record: 'a table',
  };
  return names[expected] ?? expected;
}

function show(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}

function oneOf(allowed: readonly string[]): string {
  return allowed.length <= 1 ? allowed.join('') : `${allowed.slice(0, -1).join(', ')} or ${allowed.at(-1)}`;
}

function meant(wrong: string, right: readonly string[]): string {
  const near = didYouMean(wrong, right);
  return near === null ? '' : `; did you mean "${near}"?`;
}

function at(value: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>(
    (inner, name) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[name] : undefined,
    value,
  );
}

/** What we use of a schema's inside to look up the keys of a table. */
interface Inside {
  readonly def?: { readonly innerType?: Inside; readonly element?: Inside; readonly valueType?: Inside };
  readonly shape?: Record<string, Inside>;
}

/** The keys a schema knows at a path. */
export function keysAt(schema: unknown, path: KeyPath): readonly string[] {
  let inside = bare(schema as Inside);
  for (const part of path) {
    const next = inside.shape?.[part] ?? (typeof part === 'number' ? inside.def?.element : inside.def?.valueType);
    if (next === undefined) return [];
    inside = bare(next);
  }
  return Object.keys(inside.shape ?? {});
}

/** The schema below its defaults and options. */
function bare(schema: Inside): Inside {
  let inside = schema;
  while (inside.shape === undefined && inside.def?.innerType !== undefined) inside = inside.def.innerType;
  return inside;
}
