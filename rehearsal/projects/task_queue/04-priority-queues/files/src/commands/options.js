// The limits and defaults of every option, in one table.

/** PRIORITY of ENQUEUE: higher is taken first. */
export const priority = { name: "PRIORITY", min: -1000, max: 1000, fallback: 0 };
