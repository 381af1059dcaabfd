// Folders for the data of a test.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/**
 * @param {import('node:test').TestContext} t the folder is removed when this test ends
 * @returns {Promise<string>} an empty folder
 */
export async function createDataDir(t) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'servicemesh-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
