// Loads a configuration from a text, flags and variables, as a person's working directory would have it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../src/config/diagnostics.ts';
import { CONFIG_FILE, type Loaded, loadConfig, type Sources } from '../../src/config/layers.ts';
import { scratch } from '../store/scratch.ts';

export interface Given {
  readonly flags?: Sources['flags'];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** `text` becomes mega_test_config.toml; null: there is no file. */
export function load(text: string | Uint8Array | null, given: Given = {}): Promise<Loaded> {
  const cwd = given.cwd ?? scratch();
  if (text !== null) writeFileSync(join(cwd, CONFIG_FILE), text);
  return loadConfig({ flags: given.flags ?? {}, env: given.env ?? {}, cwd });
}

/** What a person reads when it cannot be used; the folder is left out of the file's name. */
export async function complaint(text: string | Uint8Array | null, given: Given = {}): Promise<string> {
  const cwd = given.cwd ?? scratch();
  try {
    await load(text, { ...given, cwd });
  } catch (error) {
    if (error instanceof InputError) return error.message.replaceAll(`${cwd}/`, '');
    throw error;
  }
  throw new Error('it was accepted');
}
