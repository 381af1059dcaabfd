// The figures that INFO and the dashboard show.

/**
 * The names are part of the interface: GET /api/stats sends this object as it is.
 *
 * @typedef {object} Stats
 * @property {number} uptime_seconds whole seconds since the server started
 * @property {number} connections open RESP connections
 * @property {{ waiting: number, delayed: number, active: number, dead: number, done: number }} totals
 * @property {{ name: string, waiting: number, delayed: number, active: number, dead: number, done: number }[]} queues
 */

/**
 * @param {object} sources
 * @param {import("../queue/broker.js").Broker} sources.broker
 * @param {number} sources.uptimeMs
 * @param {number} sources.connections
 * @returns {Stats}
 */
export function collectStats({ broker, uptimeMs, connections }) {
  const queues = broker.queues();
  const totals = { waiting: 0, delayed: 0, active: 0, dead: 0, done: 0 };
  for (const queue of queues) {
    for (const state of Object.keys(totals)) totals[state] += queue[state];
  }
  return { uptime_seconds: Math.floor(uptimeMs / 1000), connections, totals, queues };
}
