// Knows the live instances of each service and forgets those whose time is over.

/**
 * @typedef {object} Instance
 * @property {string} service
 * @property {string} id
 * @property {{ address: string, port: number }} endpoint the same object for as long as the instance stays at this
 *   address and port, so that what others know about it can hang on it and goes when it goes
 * @property {number} weight
 * @property {number} ttlMs
 * @property {Record<string, string>} metadata
 * @property {number} registeredAt
 * @property {number} expiresAt the first moment at which it is no longer live
 */

/**
 * Makes a registry. Each of its functions sees live instances only.
 * @param {{ now: () => number }} parts `now` in milliseconds since the epoch
 */
export function createRegistry({ now }) {
  /** @type {Map<string, Map<string, Instance>>} by service, then by id */
  const services = new Map();

  function live(service) {
    const instances = services.get(service) ?? new Map();
    for (const [id, instance] of instances) if (instance.expiresAt <= now()) instances.delete(id);
    if (instances.size === 0) services.delete(service);
    return instances;
  }

  /** Visiting every service also drops what expired in those that nobody asks about. */
  function serviceNames() {
    return [...services.keys()].filter((name) => live(name).size > 0).sort();
  }

  function instancesOf(service) {
    return [...live(service).values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  return {
    serviceNames,
    instancesOf,

    /** The instance, or undefined. */
    find: (service, id) => live(service).get(id),

    /** Every live instance of every service. */
    all: () => serviceNames().flatMap(instancesOf),

    /** Adds an instance or replaces it; `created` is false when it replaced a live one. */
    register(service, id, { address, port, ...described }) {
      const previous = live(service).get(id);
      const stayed = previous?.endpoint.address === address && previous.endpoint.port === port;
      const instance = {
        service,
        id,
        endpoint: stayed ? previous.endpoint : { address, port },
        ...described,
        registeredAt: now(),
        expiresAt: now() + described.ttlMs,
      };
      if (!services.has(service)) services.set(service, new Map());
      services.get(service).set(id, instance);
      return { instance, created: previous === undefined };
    },

    /** Gives the instance its whole time again; undefined when there is none. */
    renew(service, id) {
      const instance = live(service).get(id);
      if (instance) instance.expiresAt = now() + instance.ttlMs;
      return instance;
    },

    /** True when there was such an instance. */
    deregister: (service, id) => live(service).delete(id),
  };
}
