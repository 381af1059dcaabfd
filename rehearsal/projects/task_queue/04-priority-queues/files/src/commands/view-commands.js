// The commands that look at queues, jobs and the server itself.

import { OK, SimpleString } from "../resp/values.js";
import { readJobId, readQueue } from "./arguments.js";

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
    run: (_, { broker }) => broker.queues(),
  },

  JOB: {
    words: [1, 1],
    run: ([id], { broker }) => showJob(broker.find(readJobId(id))),
  },
};

function showJob({ id, queue, priority, payload }) {
  return ["id", String(id), "queue", queue, "priority", String(priority), "payload", payload];
}
