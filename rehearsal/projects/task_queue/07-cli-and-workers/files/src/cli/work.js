// The subcommand `work`: a pool of workers that runs a program for every job.

import { WorkerPool } from "../worker/pool.js";
import { runProgram } from "../worker/run-program.js";
import { UsageError, readNumber } from "./arguments.js";

const CONCURRENCY = { min: 1, max: 256, fallback: 4 };
const TIMEOUT_MS = { min: 1, max: 24 * 60 * 60 * 1000, fallback: 30_000 };
const RETRY_DELAY_MS = { min: 0, max: 60 * 60 * 1000, fallback: 1000 };

/** The options that `work` takes. */
export const WORK_OPTIONS = ["concurrency", "timeout", "retry-delay", "drain"];

/**
 * Works until the process gets SIGTERM or SIGINT or, with --drain, until the queue has nothing to take.
 *
 * @param {import("./arguments.js").CommandLine} commandLine
 * @param {object} surroundings
 * @param {() => Promise<import("../client.js").Client>} surroundings.connect
 * @param {(line: string) => void} surroundings.report
 * @returns {Promise<void>}
 */
export async function work({ words, rest, options }, { connect, report }) {
  if (words.length !== 1 || rest.length === 0) throw new UsageError("work needs a QUEUE, and a PROGRAM after --");
  const pool = new WorkerPool({
    connect,
    report,
    queue: words[0],
    handle: (job) => runProgram(rest, job),
    concurrency: readNumber("concurrency", options.concurrency, CONCURRENCY),
    leaseMs: readNumber("timeout", options.timeout, TIMEOUT_MS),
    retryDelayMs: readNumber("retry-delay", options["retry-delay"], RETRY_DELAY_MS),
    drain: options.drain ?? false,
  });
  const stop = () => pool.stop();
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  try {
    await pool.run();
  } finally {
    process.off("SIGTERM", stop);
    process.off("SIGINT", stop);
  }
}
