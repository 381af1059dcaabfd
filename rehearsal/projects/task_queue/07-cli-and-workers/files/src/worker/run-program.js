// Lets any program do the work of a job: payload on its standard input, success or failure as its exit code.

import { spawn } from "node:child_process";

/**
 * Runs a program for one job. Its output goes where this program's output goes.
 *
 * @param {[string, ...string[]]} argv
 * @param {import("./pool.js").WorkerJob} job
 * @returns {Promise<void>}
 * @throws {Error} when the program cannot be started or does not end with exit code 0
 */
export function runProgram([file, ...words], { id, queue, payload, attempt }) {
  const about = { REDQUEUE_JOB_ID: id, REDQUEUE_QUEUE: queue, REDQUEUE_ATTEMPT: String(attempt) };
  return new Promise((resolve, reject) => {
    const child = spawn(file, words, { stdio: ["pipe", "inherit", "inherit"], env: { ...process.env, ...about } });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(code === null ? `ended by ${signal}` : `exit code ${code}`));
    });
    // A program need not read its input; only its exit code counts.
    child.stdin.on("error", () => {});
    child.stdin.end(payload);
  });
}
