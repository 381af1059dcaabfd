// From flags, environment, file and defaults to one configuration, each value with where it came from.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Diagnostic, type Finding, InputError, type Place } from './diagnostics.ts';
import { explain } from './explain.ts';
import { INPUTS, type Input } from './inputs.ts';
import { ruleFindings } from './rules.ts';
import { keptScenario } from './scenarios.ts';
import { CONFIG, type Config } from './schema.ts';
import { type KeyPath, readToml, spotsOf, type TomlFile } from './toml.ts';

export interface Loaded {
  readonly config: Config;
  /** Where each set value came from, by its dotted key; what is not here is a default. */
  readonly origins: Readonly<Record<string, Place>>;
  readonly warnings: readonly Diagnostic[];
  /** The file that was read, if any. */
  readonly file: string | null;
  /** The project type of the file itself: its [project.target] is about that one only. */
  readonly ownType: string;
}

/** What came in beside the file. */
export interface Sources {
  /** Flags as typed, by name without dashes. */
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** What day it is, for prices that are old; the machine's clock where it is not given. */
  readonly wallMs?: () => number;
}

/** The file's usual name, looked for in the working directory. */
export const CONFIG_FILE = 'mega_test_config.toml';

/** Loads and checks everything. Throws an InputError with all findings. */
export async function loadConfig(sources: Sources): Promise<Loaded> {
  const { cwd, wallMs = Date.now } = sources;
  const path = configPath(sources);
  const file = path === null ? null : readToml(path);
  const merged: Record<string, unknown> = structuredClone(file?.value ?? {});
  const findings: Finding[] = [];
  const places = new Map<string, Place>();
  for (const [input, raw, place] of given(sources)) {
    const value = input.read(raw);
    if (typeof value === 'object') {
      findings.push({ key: input.key, message: value.wrong, severity: 'error', place });
      continue;
    }
    setAt(merged, input.key, value);
    places.set(input.key.join('.'), place);
  }
  const parsed = CONFIG.safeParse(merged);
  if (!parsed.success) findings.push(...parsed.error.issues.flatMap((issue) => explain(issue, CONFIG, merged)));
  const isGiven = (key: string) => places.has(key) || valueAt(file?.value ?? {}, key.split('.')) !== undefined;
  // Rules need a whole configuration: where a value is unusable they look at the rest with that value's default.
  const usable = parsed.success ? parsed : CONFIG.safeParse(without(merged, findings));
  if (usable.success) findings.push(...ruleFindings(usable.data, isGiven, { cwd, wallMs: wallMs() }));
  const diagnostics = await placed(findings, places, file);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length > 0 || !parsed.success) throw new InputError(errors);
  return {
    config: withWholePaths(parsed.data, cwd),
    origins: originsOf(file, places),
    warnings: diagnostics.filter(({ severity }) => severity === 'warning'),
    file: path,
    ownType: ownTypeOf(file),
  };
}

function withWholePaths(config: Config, cwd: string): Config {
  const { scenario } = config.rehearsal;
  if (scenario === undefined) return config;
  return { ...config, rehearsal: { ...config.rehearsal, scenario: keptScenario(scenario, cwd) } };
}

function ownTypeOf(file: TomlFile | null): string {
  const type = valueAt(file?.value ?? {}, ['session', 'project_type']);
  return typeof type === 'string' ? type : 'task_queue';
}

function configPath({ flags, env, cwd }: Sources): string | null {
  const named = typeof flags.config === 'string' ? flags.config : env.CONFIG_FILE;
  if (named !== undefined && named !== '') return resolve(cwd, named);
  const usual = resolve(cwd, CONFIG_FILE);
  return existsSync(usual) ? usual : null;
}

function* given({ flags, env }: Sources): Generator<readonly [Input, string, Place]> {
  for (const input of INPUTS) {
    const variable = input.variable;
    const fromEnv = variable === undefined ? undefined : env[variable];
    if (variable !== undefined && fromEnv !== undefined && fromEnv !== '')
      yield [input, fromEnv, { is: 'env', variable }];
  }
  for (const input of INPUTS) {
    const value = input.flag === undefined ? undefined : flags[input.flag];
    if (value !== undefined) yield [input, String(value), { is: 'flag', flag: `--${input.flag}` }];
  }
}

/** A copy without the values that were found wrong. */
function without(value: Record<string, unknown>, findings: readonly Finding[]): Record<string, unknown> {
  const copy = structuredClone(value);
  for (const { key: whole } of findings) {
    // Of a list with a wrong entry nothing can be used.
    const entry = whole.findIndex((part) => typeof part === 'number');
    const key = entry === -1 ? whole : whole.slice(0, entry);
    const table = valueAt(copy, key.slice(0, -1));
    const last = key.at(-1);
    if (typeof table === 'object' && table !== null && last !== undefined)
      delete (table as Record<string, unknown>)[last];
  }
  return copy;
}

function setAt(target: Record<string, unknown>, key: KeyPath, value: unknown): void {
  const [first = '', ...rest] = key.map(String);
  if (rest.length === 0) {
    target[first] = value;
    return;
  }
  const inner = target[first] ?? {};
  // Something else where a table must stand is the file's mistake, and is said as that.
  if (typeof inner !== 'object') return;
  target[first] = inner;
  setAt(inner as Record<string, unknown>, rest, value);
}

export function valueAt(value: unknown, key: KeyPath): unknown {
  return key.reduce<unknown>(
    (inner, name) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[name] : undefined,
    value,
  );
}

async function placed(
  findings: readonly Finding[],
  places: ReadonlyMap<string, Place>,
  file: TomlFile | null,
): Promise<readonly Diagnostic[]> {
  const keys = findings.map(({ key }) => key);
  const spots = file === null || keys.length === 0 ? [] : await spotsOf(file, keys);
  const diagnostics = findings.map(({ key, message, severity, place }, index): Diagnostic => {
    const name = key.join('.');
    const spot = spots[index];
    const fromFile: Place | null = file !== null && spot ? { is: 'file', file: file.path, spot } : null;
    return { severity, key: name, message, place: place ?? places.get(name) ?? fromFile ?? wholeFile(file) };
  });
  return diagnostics.toSorted((a, b) => lineOf(a) - lineOf(b));
}

/** In the order of the file, what came in beside it first. */
function lineOf({ place }: Diagnostic): number {
  return place.is === 'file' ? (place.spot?.line ?? 0) : -1;
}

function wholeFile(file: TomlFile | null): Place {
  return file === null ? { is: 'default' } : { is: 'file', file: file.path, spot: null };
}

function originsOf(file: TomlFile | null, places: ReadonlyMap<string, Place>): Record<string, Place> {
  const origins: Record<string, Place> = {};
  for (const key of file === null ? [] : leavesOf(file.value, []))
    origins[key.join('.')] = { is: 'file', file: file?.path ?? '', spot: null };
  for (const [key, place] of places) origins[key] = place;
  return origins;
}

/** The same origins with the line and column of what the file set: for people, as it costs a second parse. */
export async function withSpots({ origins, file }: Loaded): Promise<Record<string, Place>> {
  if (file === null) return { ...origins };
  const fromFile = Object.entries(origins).filter(([, place]) => place.is === 'file');
  const keys = fromFile.map(([key]) => key.split('.'));
  const spots = await spotsOf(readToml(file), keys);
  const placed = fromFile.map(([key], i): [string, Place] => [key, { is: 'file', file, spot: spots[i] ?? null }]);
  return { ...origins, ...Object.fromEntries(placed) };
}

/** The dotted keys of a value, arrays counted as one. */
export function leavesOf(value: unknown, path: KeyPath): readonly KeyPath[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return path.length === 0 ? [] : [path];
  return Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, [...path, name]));
}
