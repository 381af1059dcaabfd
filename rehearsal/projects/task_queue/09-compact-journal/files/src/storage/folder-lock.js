// Keeps two servers from writing to one data folder, where each would destroy the other's journal.

import { createHash } from "node:crypto";
import { once } from "node:events";
import { realpath } from "node:fs/promises";
import { createServer } from "node:net";

/**
 * Takes the lock of a folder. The lock is a name in Linux's abstract socket space: the kernel gives it back however
 * the process ends, so no stale lock can keep a restart from working. Other systems have no such names and no lock.
 *
 * @param {string} folder an existing folder
 * @returns {Promise<() => void>} gives the lock back
 * @throws {Error} when another process has the lock
 */
export async function lockFolder(folder) {
  if (process.platform !== "linux") return () => {};
  const digest = createHash("sha256").update(await realpath(folder)).digest("hex");
  const holder = createServer((socket) => socket.destroy());
  holder.listen({ path: `\0redqueue-${digest}` });
  try {
    await once(holder, "listening");
  } catch (error) {
    if (error.code !== "EADDRINUSE") throw error;
    throw new Error(`another server uses the data folder ${folder}`);
  }
  return () => holder.close();
}
