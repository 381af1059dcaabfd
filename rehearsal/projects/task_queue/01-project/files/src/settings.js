// Reads the program's settings from environment variables and refuses what cannot work.

import { resolve } from "node:path";

const DEFAULT_PORT = 6380;
const HIGHEST_PORT = 65535;

/**
 * @typedef {object} Settings
 * @property {string} host address to listen on
 * @property {number} port RESP port; 0 lets the system choose
 * @property {number} dashboardPort HTTP port; 0 lets the system choose
 * @property {string} dataDir absolute path of the folder that holds the journal
 */

/**
 * Reads PORT, DASHBOARD_PORT, DATA_DIR and LISTEN_HOST; an empty variable counts as unset.
 *
 * @param {Record<string, string | undefined>} env
 * @returns {Settings}
 * @throws {Error} when a port is not a whole number from 0 to 65535
 */
export function readSettings(env) {
  const port = readPort("PORT", env.PORT, DEFAULT_PORT);
  return {
    host: env.LISTEN_HOST || "127.0.0.1",
    port,
    dashboardPort: readPort("DASHBOARD_PORT", env.DASHBOARD_PORT, port === 0 ? 0 : port + 1),
    dataDir: resolve(env.DATA_DIR || "data"),
  };
}

function readPort(name, text, fallback) {
  const port = text ? Number(text) : fallback;
  if (!Number.isInteger(port) || port < 0 || port > HIGHEST_PORT) {
    throw new Error(`${name} must be a whole number from 0 to ${HIGHEST_PORT}, not "${text || fallback}"`);
  }
  return port;
}
