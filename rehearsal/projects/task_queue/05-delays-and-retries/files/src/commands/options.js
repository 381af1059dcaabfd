// The limits and defaults of every option, in one table.

const DAY_MS = 24 * 60 * 60 * 1000;

/** PRIORITY of ENQUEUE: higher is taken first. */
export const priority = { name: "PRIORITY", min: -1000, max: 1000, fallback: 0 };

/** DELAY of ENQUEUE and NACK: milliseconds before the job can be taken. */
export const delayMs = { name: "DELAY", min: 0, max: 365 * DAY_MS, fallback: 0 };

/** RETRIES of ENQUEUE: failed attempts that are forgiven. */
export const retries = { name: "RETRIES", min: 0, max: 1000, fallback: 3 };

/** TIMEOUT of RESERVE and EXTEND: milliseconds until the reservation ends. */
export const leaseMs = { name: "TIMEOUT", min: 1, max: DAY_MS, fallback: 30_000 };

/** WAIT of RESERVE: milliseconds to wait for a job when there is none. */
export const waitMs = { name: "WAIT", min: 0, max: DAY_MS / 24, fallback: 0 };

/** ATTEMPT of ACK, NACK and EXTEND: the attempt that the worker believes to be at. */
export const attempt = { name: "ATTEMPT", min: 1, max: 1_000_000 };

/** COUNT of DEADLETTERS: how many to list at most. */
export const count = { name: "COUNT", min: 1, max: 1000, fallback: 100 };
