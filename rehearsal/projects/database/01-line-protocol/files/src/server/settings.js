// Settings: where the server listens and keeps its data, unless the environment says otherwise.

import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The same values stand in mega_test.toml. */
export const DEFAULTS = Object.freeze({ port: 7654, data: 'data' });

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * @param {Record<string, string | undefined>} environment PORT (0 takes any free port) and DATA_DIR
 * @returns {{port: number, dataFolder: string}}
 */
export function readSettings({ PORT, DATA_DIR }) {
  const port = PORT ? Number(PORT) : DEFAULTS.port;
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new Error(`PORT is not a port number: ${PORT}`);
  return { port, dataFolder: DATA_DIR ? resolve(DATA_DIR) : resolve(ROOT, DEFAULTS.data) };
}
