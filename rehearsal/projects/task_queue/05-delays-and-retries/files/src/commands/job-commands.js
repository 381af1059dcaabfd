// The commands that move jobs: from the queue to a worker, and on to done, to another attempt, or to the dead letters.

import { OK, SimpleString } from "../resp/values.js";
import { readInteger, readJobId, readOptions, readQueue } from "./arguments.js";
import { attempt, delayMs, leaseMs, priority, retries, waitMs } from "./options.js";

/** @type {Record<string, import("./execute.js").Command>} */
export const JOB_COMMANDS = {
  ENQUEUE: {
    words: [2, 8],
    run([queue, payload, ...rest], { broker }) {
      const options = readOptions(rest, { priority, delayMs, retries });
      return String(broker.enqueue({ queue: readQueue(queue), payload, ...options }));
    },
  },

  DEQUEUE: {
    words: [1, 1],
    run: ([queue], { broker }) => showDelivery(broker.dequeue(readQueue(queue))),
  },

  RESERVE: {
    words: [1, 5],
    run([queue, ...rest], { broker, signal }) {
      const options = readOptions(rest, { leaseMs, waitMs });
      const delivery = broker.reserve(readQueue(queue), { ...options, signal });
      return delivery instanceof Promise ? delivery.then(showDelivery) : showDelivery(delivery);
    },
  },

  ACK: {
    words: [1, 3],
    run([id, ...rest], { broker }) {
      broker.acknowledge(readJobId(id), readOptions(rest, { attempt }).attempt);
      return OK;
    },
  },

  NACK: {
    words: [1, 5],
    run([id, ...rest], { broker }) {
      return new SimpleString(broker.fail(readJobId(id), readOptions(rest, { delayMs, attempt })));
    },
  },

  EXTEND: {
    words: [2, 4],
    run([id, timeout, ...rest], { broker }) {
      const options = readOptions(rest, { attempt });
      broker.extend(readJobId(id), { leaseMs: readInteger(timeout, leaseMs), ...options });
      return OK;
    },
  },

  REQUEUE: {
    words: [1, 1],
    run([id], { broker }) {
      broker.requeue(readJobId(id));
      return OK;
    },
  },
};

function showDelivery(delivery) {
  return delivery && [String(delivery.id), delivery.payload, delivery.attempt];
}
