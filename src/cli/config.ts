// `mega-test config show|schema`: every option with its value and where it comes from; the schema for editors.
import { z } from 'zod';
import { showDiagnostics, showPlace } from '../config/diagnostics.ts';
import { leavesOf, loadConfig, valueAt, withSpots } from '../config/layers.ts';
import { CONFIG } from '../config/schema.ts';
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
  if (loaded.warnings.length > 0) process.stderr.write(`${showDiagnostics(loaded.warnings)}\n`);
  return 0;
}

export function showSchema(): number {
  process.stdout.write(`${JSON.stringify(configSchema(), null, 2)}\n`);
  return 0;
}

/** JSON schema of the configuration file, draft 7, which TOML editors read. */
export function configSchema(): object {
  return z.toJSONSchema(CONFIG, { target: 'draft-7', io: 'input' });
}
