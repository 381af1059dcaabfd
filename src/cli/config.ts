// `mega-test config show|schema`: every option with its value and where it comes from; the schema for editors.
import { z } from 'zod';
import { showDiagnostics, showPlace } from '../config/diagnostics.ts';
import { leavesOf, loadConfig, valueAt, withSpots } from '../config/layers.ts';
import { CONFIG } from '../config/schema.ts';
import { FINAL_REPORT } from '../report/final.ts';
import { METRICS } from '../report/metrics.ts';
import { Refusal } from '../runtime/refusal.ts';
import { RECOVERIES } from '../session/recoveries.ts';
import { type Flags, layered } from './run-options.ts';

export async function showConfig(flags: Flags): Promise<number> {
  const loaded = await loadConfig({ flags: layered(flags), env: process.env, cwd: process.cwd() });
  const keys = leavesOf(loaded.config, []);
  const origins = flags.origin === true ? await withSpots(loaded) : {};
  const origin = (key: string) => {
    const place = origins[key];
    return place === undefined ? 'default' : showPlace(place);
  };
  if (flags.json === true) {
    const rows = keys.map((key) => ({
      key: key.join('.'),
      value: valueAt(loaded.config, key),
      ...(flags.origin === true ? { origin: origin(key.join('.')) } : {}),
    }));
    process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    return 0;
  }
  for (const key of keys) {
    const name = key.join('.');
    const shown = `${name} = ${JSON.stringify(valueAt(loaded.config, key))}`;
    process.stdout.write(flags.origin === true ? `${shown}   # ${origin(name)}\n` : `${shown}\n`);
  }
  process.stdout.write(recoveryTable());
  if (loaded.warnings.length > 0) process.stderr.write(`${showDiagnostics(loaded.warnings)}\n`);
  return 0;
}

/** What is done about which trouble, as comments behind the options. */
function recoveryTable(): string {
  const rows = RECOVERIES.flatMap(({ name, evidence, action, limits }) => [
    `# ${name}`,
    `#   seen by: ${evidence}`,
    `#   done:    ${action}`,
    `#   limits:  ${limits}`,
  ]);
  return ['#', '# Recoveries (docs/recovery.md)', ...rows, ''].join('\n');
}

/** The files of mega-test that programs read, each with its schema. */
const SCHEMAS = { config: CONFIG, metrics: METRICS, report: FINAL_REPORT } as const;

export function showSchema(flags: Flags): number {
  const of = String(flags.of);
  if (!(of in SCHEMAS))
    throw new Refusal(2, `there is no schema of "${of}"; there are ${Object.keys(SCHEMAS).join(', ')}`);
  process.stdout.write(`${JSON.stringify(schemaOf(of as keyof typeof SCHEMAS), null, 2)}\n`);
  return 0;
}

/** JSON schema, draft 7, which editors and validators read. */
export function schemaOf(name: keyof typeof SCHEMAS): object {
  return z.toJSONSchema(SCHEMAS[name], { target: 'draft-7', io: 'input' });
}
