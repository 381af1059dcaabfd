// A folder that lives as long as a test.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * @param {import("node:test").TestContext} t
 * @returns {Promise<string>} its path
 */
export async function makeFolder(t) {
  const folder = await mkdtemp(join(tmpdir(), "redqueue-"));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}
