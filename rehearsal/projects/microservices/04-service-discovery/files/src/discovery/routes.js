// The registry's part of the API: register, renew, deregister and list.
import { readJson } from '../http/body.js';
import { RequestError } from '../http/errors.js';
import { checkName, readRegistration } from './registration.js';

const SERVICE = '/v1/services/:service';
const INSTANCE = `${SERVICE}/instances/:id`;

/**
 * @param {{ registry: ReturnType<typeof import('./registry.js').createRegistry>,
 *   describe: (instance: import('./registry.js').Instance) => object }} parts
 * @returns {import('../http/router.js').Route[]}
 */
export function discoveryRoutes({ registry, describe }) {
  async function register({ request, params }) {
    checkNames(params);
    const registration = readRegistration(await readJson(request));
    const { instance, created } = registry.register(params.service, params.id, registration);
    return { status: created ? 201 : 200, json: describe(instance) };
  }

  async function renew({ params }) {
    const instance = known(registry.renew(params.service, params.id), params);
    return { status: 200, json: describe(instance) };
  }

  async function deregister({ params }) {
    known(registry.deregister(params.service, params.id), params);
    return { status: 204 };
  }

  function find({ params }) {
    return { status: 200, json: describe(known(registry.find(params.service, params.id), params)) };
  }

  function listInstances({ params: { service } }) {
    checkName(service);
    return { status: 200, json: { service, instances: registry.instancesOf(service).map(describe) } };
  }

  function listServices() {
    const services = registry.serviceNames().map((name) => ({ name, instances: registry.instancesOf(name).length }));
    return { status: 200, json: { services } };
  }

  return [
    { method: 'GET', path: '/v1/services', handle: listServices },
    { method: 'GET', path: SERVICE, handle: listInstances },
    { method: 'GET', path: INSTANCE, handle: find },
    { method: 'PUT', path: INSTANCE, handle: register },
    { method: 'DELETE', path: INSTANCE, handle: deregister },
    { method: 'POST', path: `${INSTANCE}/renew`, handle: renew },
  ];
}

function checkNames({ service, id }) {
  checkName(service);
  checkName(id);
}

/** The result of a look-up, when there was one. */
function known(result, params) {
  if (result) return result;
  checkNames(params);
  throw new RequestError(404, 'unknown_instance', `${params.service} has no live instance ${params.id}`);
}
