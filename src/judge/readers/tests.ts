// Test results in whatever format they are: each reader says whether it is its own.
import { goJson, goText } from './go-tests.ts';
import { junit } from './junit.ts';
import { nodeText, vitestJson, vitestText } from './node-tests.ts';
import { pytestText } from './pytest.ts';
import { libtestJson, libtestText, nextest } from './rust-tests.ts';
import type { TestCounts, TestReader } from './test-counts.ts';
import { unittestText } from './unittest.ts';

/** Exact formats first; of texts, those whose lines nothing else looks like. */
const READERS: readonly TestReader[] = [
  vitestJson,
  junit,
  libtestJson,
  goJson,
  nextest,
  libtestText,
  nodeText,
  pytestText,
  unittestText,
  vitestText,
  goText,
];

/** Reads what a test command printed or wrote; null when no format is recognised. */
export function readTests(text: string): TestCounts | null {
  // Windows line ends are no part of any format.
  const plain = text.replaceAll('\r\n', '\n');
  for (const read of READERS) {
    const found = read(plain);
    if (found !== null) return found;
  }
  return null;
}
