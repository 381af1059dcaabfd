// Secrets reach no file of ours, whatever form a text takes on the way.
import { expect, test } from 'vitest';
import { reportMarkdown } from '../../src/report/markdown.ts';
import { redacted, withoutSecrets } from '../../src/runtime/secrets.ts';
import { lastOf, reportOf, STORIES } from '../report/stories.ts';
import { CoreWorld } from '../support/core-world.ts';

test.each(['sk_live_abc123456', 'a*b|c<d>"e\\f'])('neither report holds the secret %s, in any spelling', (secret) => {
  const report = reportOf(lastOf(STORIES.crashing?.() ?? new CoreWorld()));
  const clean = withoutSecrets({ ...report, ending: `401: bad key ${secret}` }, [secret]);
  expect(clean.ending).toBe('401: bad key [secret]');
  expect(reportMarkdown(clean).replaceAll('\\', '')).not.toContain(secret.replaceAll('\\', ''));
  expect(JSON.stringify(clean)).not.toContain(JSON.stringify(secret).slice(1, -1));
});

test('a secret of a few characters is no secret: it would take words out of every text', () => {
  expect(redacted('main is main', ['main'])).toBe('main is main');
});
