// Keeps registrations on disk, so that a restart of the mesh forgets nobody.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { checkName, readRegistration } from './registration.js';

/**
 * The file of registrations in a folder. It is replaced as a whole, by a rename, so that a kill at any moment leaves
 * the old or the new one. It is not synced: after a power cut instances register again anyway.
 * @param {string} folder made when it is missing
 */
export function registrationFile(folder) {
  const file = path.join(folder, 'registrations.json');
  let writing = Promise.resolve();
  let waiting = null;

  async function write(instances) {
    const unfinished = `${file}.new`;
    await writeFile(unfinished, JSON.stringify({ instances: instances.map(toSaved) }, null, 1));
    await rename(unfinished, file);
  }

  return {
    /**
     * The saved instances, expired ones among them. A file that cannot be understood is set aside and said so, because
     * a mesh that starts empty is better than one that does not start.
     * @returns {Promise<import('./registry.js').Instance[]>}
     */
    async load() {
      await mkdir(folder, { recursive: true });
      const text = await readFile(file, 'utf8').catch(ignoreMissing);
      if (text === undefined) return [];
      try {
        return JSON.parse(text).instances.map(fromSaved);
      } catch (error) {
        await rename(file, `${file}.damaged`);
        console.error(`${file} is damaged and was set aside as ${file}.damaged: ${error.message}`);
        return [];
      }
    },

    /**
     * Resolves when the instances, as they are at some moment after this call, are on disk. Calls that come while a
     * write runs share the next one, so that many renewals at once cost two writes.
     * @param {() => import('./registry.js').Instance[]} listInstances
     * @returns {Promise<void>}
     */
    save(listInstances) {
      if (!waiting) {
        waiting = writing.then(() => {
          waiting = null;
          return write(listInstances());
        });
        // A write that failed must not keep the next one from being tried.
        writing = waiting.catch(() => {});
      }
      return waiting;
    },
  };
}

function toSaved({ service, id, endpoint, weight, ttlMs, metadata, registeredAt, expiresAt }) {
  return {
    service,
    id,
    ...endpoint,
    weight,
    ttl_ms: ttlMs,
    metadata,
    registered_at: registeredAt,
    expires_at: expiresAt,
  };
}

function fromSaved(saved) {
  const { address, port, ...described } = readRegistration(saved);
  return {
    service: checkName(saved.service),
    id: checkName(saved.id),
    endpoint: { address, port },
    ...described,
    registeredAt: checkTime(saved.registered_at),
    expiresAt: checkTime(saved.expires_at),
  };
}

function checkTime(time) {
  if (Number.isInteger(time)) return time;
  throw new TypeError(`${time} is no time`);
}

function ignoreMissing(error) {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
}
