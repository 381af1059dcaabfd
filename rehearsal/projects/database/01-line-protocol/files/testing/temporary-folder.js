// A folder for one test, gone when the test is over.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * @param {import('node:test').TestContext} t
 * @returns {string} its path
 */
export function temporaryFolder(t) {
  const folder = mkdtempSync(join(tmpdir(), 'minidb-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
