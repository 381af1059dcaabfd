// The commands that look at queues, jobs and the server itself, and PURGE, which belongs to DEADLETTERS.

import { OK, SimpleString } from "../resp/values.js";
import { readJobId, readOptions, readQueue } from "./arguments.js";
import { count } from "./options.js";

/** @type {Record<string, import("./execute.js").Command>} */
export const VIEW_COMMANDS = {
  PING: {
    words: [0, 1],
    run: ([message]) => message ?? new SimpleString("PONG"),
  },

  QUIT: {
    words: [0, 0],
    run(_, { hangUp }) {
      hangUp();
      return OK;
    },
  },

  QLEN: {
    words: [1, 1],
    run: ([queue], { broker }) => broker.length(readQueue(queue)),
  },

  QUEUES: {
    words: [0, 0],
    run: (_, { broker }) => broker.queues().map(({ name }) => name),
  },

  JOB: {
    words: [1, 1],
    run: ([id], { broker }) => showJob(broker.find(readJobId(id))),
  },

  DEADLETTERS: {
    words: [1, 3],
    run([queue, ...rest], { broker }) {
      const jobs = broker.deadLetters(readQueue(queue), readOptions(rest, { count }).count);
      return jobs.map(({ id, payload, attempts }) => [String(id), payload, attempts]);
    },
  },

  PURGE: {
    words: [1, 1],
    run: ([queue], { broker }) => broker.purge(readQueue(queue)),
  },

  // Redis clients ask for sections by name; there is only one here.
  INFO: {
    words: [0, 1],
    run(_, { stats }) {
      const { uptime_seconds, connections, queues, totals } = stats();
      const fields = { uptime_seconds, connections, queues: queues.length, ...totals };
      return Object.entries(fields).map(([name, value]) => `${name}:${value}\r\n`).join("");
    },
  },
};

function showJob(job) {
  const { id, queue, state, priority, attempts, retries, enqueuedAt, dueAt, payload } = job;
  const fields = { id, queue, state, priority, attempts, retries, enqueued_at: enqueuedAt, due_at: dueAt };
  return [...Object.entries(fields).flatMap(([name, value]) => [name, String(value)]), "payload", payload];
}
