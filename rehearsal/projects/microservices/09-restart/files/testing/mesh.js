// Starts a mesh inside a test, on free ports, with a folder of its own and a clock that stands still.
import { startMesh } from '../src/mesh.js';
import { readSettings } from '../src/settings.js';
import { send } from './client.js';
import { createClock } from './clock.js';
import { createDataDir } from './data-dir.js';

/**
 * @param {import('node:test').TestContext} t the mesh is closed when this test ends
 * @param {Record<string, string>} [env] settings of this mesh, as environment variables
 * @param {ReturnType<typeof createClock>} [clock]
 */
export async function startTestMesh(t, env = {}, clock = createClock()) {
  const settings = readSettings({ PORT: '0', DATA_DIR: await createDataDir(t), ...env });
  const mesh = await startMesh(settings, { now: clock.now });
  t.after(() => mesh.close());
  return { ...mesh, clock, ...callsTo(mesh.apiUrl) };
}

/**
 * The calls that most tests make.
 * @param {string} apiUrl
 */
export function callsTo(apiUrl) {
  function call(method, path, body, headers) {
    return send(apiUrl, path, { method, headers, body: body && JSON.stringify(body) });
  }

  /** Registers an instance at this port of the loopback address. */
  function register(service, id, port, described = {}) {
    return call('PUT', `/v1/services/${service}/instances/${id}`, { address: '127.0.0.1', port, ...described });
  }

  /** The live instances, as the API shows them. */
  async function instances(service) {
    return (await call('GET', `/v1/services/${service}`)).json.instances;
  }

  return { call, register, instances };
}
