// Rust: cargo, rustdoc's own count of documentation, coverage by llvm, clippy, cargo-audit.
import { cleaned } from '../../text/clean.ts';
import type { Ran } from '../command.ts';
import type { Ecosystem } from '../ecosystem.ts';
import type { Finding } from '../gate.ts';
import { settled } from '../plan.ts';
import { cargoAudit } from '../readers/audit.ts';
import { libtestJson, libtestText, nextest } from '../readers/rust-tests.ts';
import { rustdocCoverage } from '../readers/rustdoc.ts';
import { builds, documents, isSafe, lints, testsPass } from '../readings.ts';
import { rustCoverage } from './rust-coverage.ts';
import { byMachinesTools, MACHINES_OWN, namesProvider } from './rust-own-tools.ts';

const PLAIN = { CARGO_TERM_COLOR: 'never' };
/** Stable rustdoc counts too, when it is told that we know what we do. */
const SHOW_COVERAGE = {
  ...PLAIN,
  RUSTC_BOOTSTRAP: '1',
  RUSTDOCFLAGS: '-Z unstable-options --show-coverage --output-format json',
};

/** Everywhere `--workspace`: in a package that holds others, cargo by itself looks at that package alone. */
export const RUST: Ecosystem = {
  name: 'rust',
  manifests: ['Cargo.toml'],
  gates: byMachinesTools({
    fetch: ({ tree }) =>
      namesProvider(tree)
        ? settled('inconclusive', '.cargo/config.toml names a credential provider: fetching would run it')
        : {
            is: 'run',
            steps: [{ argv: ['cargo', 'fetch'], env: { ...PLAIN, ...MACHINES_OWN }, network: 'open' }],
            read: builds,
          },
    build: () => ({
      is: 'run',
      steps: [{ argv: ['cargo', 'build', '--offline', '--workspace'], env: PLAIN }],
      read: (ran) => ({ ...builds(ran), ...(ran.exit?.code === 0 ? {} : { findings: errorsOf(ran) }) }),
    }),
    test: () => ({
      is: 'run',
      steps: [{ argv: ['cargo', 'test', '--offline', '--workspace', '--no-fail-fast'], env: PLAIN }],
      read: (ran) => testsPass(ran, [libtestJson, nextest, libtestText]),
    }),
    coverage: rustCoverage,
    docs: (_, { documentation }) => ({
      is: 'run',
      steps: [{ argv: ['cargo', 'doc', '--offline', '--no-deps', '--workspace'], env: SHOW_COVERAGE }],
      read: (ran) => documents(rustdocCoverage(ran.output), documentation, 'counted by rustdoc'),
    }),
    lint: () => ({
      is: 'run',
      steps: [
        {
          argv: ['cargo', 'clippy', '--offline', '--workspace', '--all-targets', '--message-format=short'],
          env: PLAIN,
        },
      ],
      read: (ran) => lints(ran, clippyFindings(ran.errors)),
    }),
    security: (ground) =>
      ground.has('cargo-audit')
        ? {
            is: 'run',
            steps: [{ argv: ['cargo', 'audit', '--json'], env: MACHINES_OWN, network: 'open' }],
            read: (ran) => isSafe(ran, cargoAudit(ran.output)),
          }
        : settled('inconclusive', 'cargo-audit is not installed'),
  }),
};

/** rustc's errors, each with its place. */
export function errorsOf({ errors }: Pick<Ran, 'errors'>): readonly Finding[] {
  const found = [...errors.matchAll(/^error(?:\[E\d+\])?: (.+)\n(?:\s+--> ([^:\n]+):(\d+):\d+)?/gm)]
    .filter(([, text]) => !/^could not compile|^aborting due to/.test(text ?? ''))
    .map(
      ([, text, file, line]): Finding => ({
        severity: 'critical',
        text: cleaned(`does not compile: ${text}`, 200),
        file: file ?? null,
        line: line === undefined ? null : Number(line),
      }),
    );
  const unnamed: Finding = { severity: 'critical', text: 'the project does not build', file: null, line: null };
  return found.length === 0 ? [unnamed] : found.slice(0, 20);
}

/** `src/lib.rs:4:5: warning: unused variable`. */
export function clippyFindings(text: string): readonly Finding[] {
  const lines = text.matchAll(/^([^\s:][^:\n]*):(\d+):\d+: (error|warning)(?:\[[^\]]*\])?: (.+)$/gm);
  return [...lines].slice(0, 200).map(([, file, line, level, said]) => ({
    severity: level === 'error' ? 'medium' : 'low',
    text: cleaned(said ?? '', 200),
    file: file ?? null,
    line: Number(line),
  }));
}
