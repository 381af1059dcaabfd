// Names from outside: no session id and no path of a snapshot leads out of the folder it belongs to.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { pick } from '../../src/cli/pick.ts';
import { Refusal } from '../../src/runtime/refusal.ts';
import { agentLayout, layoutOf, SESSION_ID } from '../../src/store/layout.ts';
import { ContentCache } from '../../src/workspace/content.ts';
import { createStore } from '../../src/workspace/git.ts';
import { DamagedSnapshot, restore } from '../../src/workspace/restore.ts';
import { runs } from './runs.ts';

const folder = mkdtempSync(join(tmpdir(), 'mega-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const nasty = fc.oneof(
  fc.constantFrom(
    '..',
    '../x',
    '/etc',
    'a/../../b',
    '.',
    './a',
    'a\0b',
    '~',
    '-rf',
    'con',
    'a\\..\\b',
    '..%2f',
    'ａ',
    'a\n',
    ' a',
    'A',
    '__proto__',
  ),
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.stringMatching(/^[a-z0-9._-]{1,70}$/),
);

test('a session id is a name directly below the runs directory, or refused', () => {
  const runsDir = join(folder, 'runs');
  mkdirSync(runsDir, { recursive: true });
  fc.assert(
    fc.property(nasty, (id) => {
      if (SESSION_ID.test(id)) {
        expect(dirname(resolve(runsDir, id))).toBe(resolve(runsDir));
        for (const path of Object.values(layoutOf(join(runsDir, id))))
          if (typeof path === 'string') expect(path.startsWith(`${runsDir}${sep}`)).toBe(true);
      }
      // None of them exists: each is refused with a sentence.
      expect(() => pick(runsDir, id)).toThrow(Refusal);
    }),
    runs(10),
  );
});

test('the places of an agent lie below the session, whatever plan.agents are called', () => {
  const layout = layoutOf(join(folder, 'runs', 's'));
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/), (agent) => {
      for (const path of Object.values(agentLayout(layout, agent)))
        expect(path.startsWith(`${layout.agents}${sep}`)).toBe(true);
    }),
    runs(),
  );
});

/** Names that a tree of a forged snapshot may hold; git itself refuses some and takes others. */
const entry = fc.oneof(
  fc.constantFrom(
    '..',
    '.',
    '.git',
    '.GIT',
    'git~1',
    '../../out',
    '/abs',
    'a/../../b',
    '%2e%2e',
    '.git%2fhooks',
    'ok.txt',
    'dir',
  ),
  fc.stringMatching(/^[ -~]{1,30}$/),
);

test('a forged snapshot writes nothing outside the folder it is restored to', { timeout: 600_000 }, async () => {
  const store = join(folder, 'store.git');
  await createStore(store);
  const blob = git(store, ['hash-object', '-w', '--stdin'], 'content');
  let tried = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(entry, fc.constantFrom('100644', '100755', '120000')), { minLength: 1, maxLength: 4 }),
      async (names) => {
        const place = join(folder, `place-${tried++}`);
        const root = join(place, 'in', 'project');
        mkdirSync(root, { recursive: true });
        writeFileSync(join(place, 'witness'), 'w');
        const commit = forged(store, blob, names);
        if (commit === null) return;
        try {
          await restore(store, commit, [{ name: 'project', root, exclude: [], only: null }], new ContentCache());
        } catch (error) {
          if (!(error instanceof DamagedSnapshot) && (error as NodeJS.ErrnoException).code === undefined) throw error;
        }
        expect(readdirSync(place).sort()).toEqual(['in', 'witness']);
        expect(readdirSync(join(place, 'in'))).toEqual(['project']);
        expect(existsSync('/abs')).toBe(false);
        rmSync(place, { recursive: true, force: true });
      },
    ),
    runs(0.2),
  );
});

/** A commit whose tree holds the names as they are; null when git cannot even store them. */
function forged(store: string, blob: string, names: readonly (readonly [string, string])[]): string | null {
  const unique = new Map(names.map(([name, mode]) => [name, mode]));
  try {
    const inner = raw(
      store,
      [...unique].map(([name, mode]) => ({ name, mode, id: blob })),
    );
    const manifest = git(
      store,
      ['hash-object', '-w', '--stdin'],
      JSON.stringify({ version: 1, sources: { project: { emptyFolders: [...unique.keys()], modes: {} } } }),
    );
    const tree = raw(store, [
      { name: 'manifest.json', mode: '100644', id: manifest },
      { name: 'project', mode: '40000', id: inner },
    ]);
    return git(store, ['commit-tree', tree, '-m', 'x']);
  } catch {
    return null;
  }
}

/** A tree object byte by byte, unchecked: what a damaged or hostile store could hold. */
function raw(
  store: string,
  entries: readonly { readonly name: string; readonly mode: string; readonly id: string }[],
): string {
  const sorted = [...entries].sort((a, b) => (a.name < b.name ? -1 : 1));
  const bytes = Buffer.concat(
    sorted.flatMap(({ name, mode, id }) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]),
  );
  return git(store, ['hash-object', '-t', 'tree', '-w', '--stdin', '--literally'], bytes);
}

function git(store: string, args: readonly string[], input: string | Buffer = ''): string {
  const identity = {
    GIT_AUTHOR_NAME: 'x',
    GIT_AUTHOR_EMAIL: 'x@x',
    GIT_COMMITTER_NAME: 'x',
    GIT_COMMITTER_EMAIL: 'x@x',
  };
  return execFileSync('git', ['--git-dir', store, ...args], {
    input,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, ...identity },
    stdio: ['pipe', 'pipe', 'ignore'],
  }).trim();
}
