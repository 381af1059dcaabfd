// Secrets in files are found by line and never repeated; what only looks like one is left alone.
import { expect, test } from 'vitest';
import { secretsIn } from '../../src/judge/secrets.ts';

/** Put together here, so that no file of ours holds what scanners look for. */
const GITHUB = `ghp_${'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'}`;
const AWS = `AKIA${'QWERTYUIOPASDFGH'}`;
const TOKEN = `zx81${'abcdefghij0123456789'}`;
const KEY = `-----BEGIN EC ${'PRIVATE KEY'}-----\nMHcCAQEEIBmockmockmockmock\n-----END EC PRIVATE KEY-----\n`;

test.each([
  ['a GitHub token', `const x = 1;\nconst token = '${GITHUB}';\n`, 2],
  ['a token in a header', `one\ntwo\ncurl -H "Authorization: Bearer ${TOKEN}"\n`, 3],
  ['a header as an object', `fetch(url, { headers: { authorization: 'Bearer ${TOKEN}' } });\n`, 1],
  ['a short private key', `\n\n\n${KEY}`, 4],
  ['a password in a URL', `DATABASE=postgres://admin:${'Tr0ub4dor3'}xyz@db.example.com/orders\n`, 1],
])('%s is found at its line', async (_, text, line) => {
  const found = await secretsIn(new Map([['src/settings.js', text]]));
  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject({ severity: 'high', file: 'src/settings.js', line });
  for (const secret of [GITHUB, AWS, TOKEN, 'MHcCAQ', 'Tr0ub4dor3'])
    expect(JSON.stringify(found)).not.toContain(secret);
});

test.each([
  ['a token that is filled in', `headers: { authorization: \`Bearer \${token}\` }\n`],
  ['a word for one', 'Authorization: Bearer <your-token-goes-here>\n'],
  ['the beginning of a key without one', `if (text.startsWith('-----BEGIN PRIVATE KEY-----')) return;\n`],
  ['a hash in a lock file', `"integrity": "sha512-${'b'.repeat(86)}=="\n`],
  ['an identifier', 'const a1b2c3d4e5f6 = sha256(input);\n'],
])('%s is none', async (_, text) => {
  expect(await secretsIn(new Map([['a.txt', text]]))).toEqual([]);
});
