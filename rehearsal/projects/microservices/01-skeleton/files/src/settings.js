// Turns environment variables into settings and refuses values that the mesh cannot run with.

const HIGHEST_PORT = 65535;

/** A variable has a value that cannot be used; the message names the variable and its range. */
export class SettingsError extends Error {}

/**
 * Reads every setting of the mesh.
 * @param {Record<string, string | undefined>} env usually `process.env`
 * @returns {{ port: number }}
 * @throws {SettingsError} on the first variable out of range
 */
export function readSettings(env) {
  return {
    port: readInteger(env, 'PORT', { fallback: 8300, min: 0, max: HIGHEST_PORT }),
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
