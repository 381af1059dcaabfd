// Go: its own tool does nearly all; exported names without a comment are counted by lines.
import { join } from 'node:path';
import { cleaned } from '../../text/clean.ts';
import type { Ecosystem } from '../ecosystem.ts';
import type { Finding } from '../gate.ts';
import type { Ground } from '../ground.ts';
import { endedWell, settled } from '../plan.ts';
import { govulncheck } from '../readers/audit.ts';
import { addedDocs, goDocs } from '../readers/doc-comments.ts';
import { goJson, goText } from '../readers/go-tests.ts';
import { builds, coverageReaches, documents, isSafe, lints, testsPass } from '../readings.ts';
import { isSource, isTestFile } from '../tree.ts';

/** No toolchain is fetched behind our back, and no settings are read that a test may have left in the home. */
const LOCAL = { GOTOOLCHAIN: 'local', GOFLAGS: '', GOENV: 'off' };

export const GO: Ecosystem = {
  name: 'go',
  manifests: ['go.mod'],
  // `./...` ends where another module begins.
  isApart: true,
  gates: {
    fetch: () => ({
      is: 'run',
      steps: [{ argv: ['go', 'mod', 'download'], env: LOCAL, network: 'open' }],
      read: builds,
    }),
    build: () => ({ is: 'run', steps: [{ argv: ['go', 'build', './...'], env: LOCAL }], read: builds }),
    test: () => ({
      is: 'run',
      steps: [{ argv: ['go', 'test', '-json', './...'], env: LOCAL }],
      read: (ran) => testsPass(ran, [goJson, goText]),
    }),
    coverage: (ground, targets) => {
      const report = join(ground.reports, 'cover.txt');
      const argv = ['go', 'test', '-coverpkg=./...', `-coverprofile=${report}`, './...'];
      return {
        is: 'run',
        steps: [{ argv, report, env: LOCAL }],
        read: (ran) =>
          coverageReaches(ran, { counts: (path) => !isTestFile(path), expected: new Map(), least: targets.coverage }),
      };
    },
    docs: (ground, targets) => {
      const files = [...ground.tree].filter(([path]) => isSource(path, ['.go']) && isOwn(ground, path));
      const count = addedDocs(files.map(([, text]) => goDocs(text)));
      return { is: 'settled', ...documents(count, targets.documentation, 'comments above exported names') };
    },
    lint: () => ({
      is: 'run',
      steps: [{ argv: ['go', 'vet', './...'], env: LOCAL }],
      read: (ran) => lints(ran, vetFindings(ran.errors)),
    }),
    security: (ground) =>
      ground.has('govulncheck')
        ? {
            is: 'run',
            steps: [{ argv: ['govulncheck', '-format', 'json', './...'], env: LOCAL, network: 'open' }],
            // It reports before it has all it needs: only one that ended well has looked.
            read: (ran) => isSafe(ran, endedWell(ran) ? govulncheck(ran.output) : null),
          }
        : settled('inconclusive', 'govulncheck is not installed'),
  },
};

/** Not of another module that lies below. */
function isOwn({ tree }: Ground, path: string): boolean {
  const folders = path.split('/').slice(0, -1);
  return !folders.some((_, at) => tree.has(`${folders.slice(0, at + 1).join('/')}/go.mod`));
}

/** `./shelf.go:7:2: unreachable code`. */
export function vetFindings(text: string): readonly Finding[] {
  const lines = text.matchAll(/^(?:vet: )?(?:\.\/)?([^\s:][^:\n]*\.go):(\d+)(?::\d+)?: (.+)$/gm);
  return [...lines].slice(0, 200).map(([, file, line, said]) => ({
    severity: 'medium',
    text: cleaned(said ?? '', 200),
    file: file ?? null,
    line: Number(line),
  }));
}
