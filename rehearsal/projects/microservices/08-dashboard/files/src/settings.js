// Turns environment variables into settings and refuses values that the mesh cannot run with.

const HIGHEST_PORT = 65535;
const HOUR_MS = 60 * 60 * 1000;

/** A variable has a value that cannot be used; the message names the variable and its range. */
export class SettingsError extends Error {}

/**
 * @typedef {object} Settings
 * @property {number} port of the API and the forwarded requests; 0 takes any free one
 * @property {number} dashboardPort 0 takes any free one
 * @property {number} breakerFailures consecutive failures that open a breaker
 * @property {number} breakerOpenMs how long a breaker stays open
 * @property {number} maxAttempts instances tried for one request at most
 */

/**
 * Reads every setting of the mesh.
 * @param {Record<string, string | undefined>} env usually `process.env`
 * @returns {Settings}
 * @throws {SettingsError} on the first variable out of range
 */
export function readSettings(env) {
  const port = readInteger(env, 'PORT', { fallback: 8300, min: 0, max: HIGHEST_PORT });
  const besides = port === 0 ? 0 : port + 1;
  return {
    port,
    dashboardPort: readInteger(env, 'DASHBOARD_PORT', { fallback: besides, min: 0, max: HIGHEST_PORT }),
    breakerFailures: readInteger(env, 'MESH_BREAKER_FAILURES', { fallback: 5, min: 1, max: 1000 }),
    breakerOpenMs: readInteger(env, 'MESH_BREAKER_OPEN_MS', { fallback: 10_000, min: 1, max: HOUR_MS }),
    maxAttempts: readInteger(env, 'MESH_MAX_ATTEMPTS', { fallback: 3, min: 1, max: 10 }),
  };
}

/** An empty variable counts as unset, because that is how shells and Docker files clear one. */
function readInteger(env, name, { fallback, min, max }) {
  const text = env[name] || String(fallback);
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new SettingsError(`${name} must be an integer from ${min} to ${max}, not "${text}"`);
  }
  return value;
}
