// Starts a mesh inside a test, on free ports and with a clock that stands still.
import { startMesh } from '../src/mesh.js';
import { readSettings } from '../src/settings.js';
import { send } from './client.js';
import { createClock } from './clock.js';

/**
 * @param {import('node:test').TestContext} t the mesh is closed when this test ends
 * @param {Record<string, string>} [env] settings of this mesh, as environment variables
 */
export async function startTestMesh(t, env = {}) {
  const clock = createClock();
  const mesh = await startMesh(readSettings({ PORT: '0', ...env }), { now: clock.now });
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
