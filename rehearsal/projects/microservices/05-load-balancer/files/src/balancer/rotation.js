// Decides which instance of a service takes the next turn: a smooth weighted round robin.

/**
 * Makes the rotations of all services.
 *
 * Before each turn every instance earns its weight in credit; the richest takes the turn and pays the sum of all
 * weights. So each gets exactly its share within one round, and the turns of a heavy one are spread over the round.
 */
export function createRotation() {
  /** @type {Map<string, { members: string, credits: Map<string, number> }>} by service */
  const rounds = new Map();

  /** A changed set begins a new round, since old credit would bend the shares of the new one. */
  function creditsOf(service, instances) {
    const members = instances.map(({ id, weight }) => `${id}*${weight}`).join(' ');
    if (rounds.get(service)?.members !== members) {
      rounds.set(service, { members, credits: new Map(instances.map(({ id }) => [id, 0])) });
    }
    return rounds.get(service).credits;
  }

  function takeTurn(service, instances) {
    const credits = creditsOf(service, instances);
    let total = 0;
    let richest = instances[0];
    for (const instance of instances) {
      total += instance.weight;
      credits.set(instance.id, credits.get(instance.id) + instance.weight);
      if (credits.get(instance.id) > credits.get(richest.id)) richest = instance;
    }
    credits.set(richest.id, credits.get(richest.id) - total);
    return richest;
  }

  return {
    /**
     * Picks the next of these instances of a service.
     * @param {string} service
     * @param {import('../discovery/registry.js').Instance[]} instances always in the same order
     * @returns {import('../discovery/registry.js').Instance | undefined} undefined when there is none
     */
    pick(service, instances) {
      if (instances.length > 0) return takeTurn(service, instances);
      rounds.delete(service);
      return undefined;
    },
  };
}
