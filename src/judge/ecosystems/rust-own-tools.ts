// Tools that a Rust project could put in the place of the machine's: no compiler of its own runs while the network is open.
import { ECOSYSTEM_GATES, type Ecosystem } from '../ecosystem.ts';
import { settled } from '../plan.ts';
import type { Tree } from '../tree.ts';

/** Variables that win over a project's `.cargo/config.toml`: cargo asks the compiler for its version when it fetches. */
export const MACHINES_OWN = {
  RUSTC: 'rustc',
  RUSTC_WRAPPER: '',
  RUSTC_WORKSPACE_WRAPPER: '',
  CARGO_NET_GIT_FETCH_WITH_CLI: 'false',
  CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS: 'cargo:token',
};

/** With such a toolchain every cargo is a program of the project, and tells what it likes. */
function bringsToolchain(tree: Tree): boolean {
  return ['rust-toolchain.toml', 'rust-toolchain'].some((name) =>
    /\bpath["']?\s*=|^\s*\/|^\s*\.+\//m.test(tree.get(name) ?? ''),
  );
}

/** For registries of its own a project could name a program that cargo runs to log in. */
export function namesProvider(tree: Tree): boolean {
  return ['.cargo/config.toml', '.cargo/config'].some(
    (name) => tree.get(name)?.includes('credential-provider') === true,
  );
}

/** The gates as they are, unless the project brings its own toolchain. */
export function byMachinesTools(gates: Ecosystem['gates']): Ecosystem['gates'] {
  const guarded = ECOSYSTEM_GATES.map((gate): [string, Ecosystem['gates']['build']] => [
    gate,
    (ground, targets) =>
      bringsToolchain(ground.tree)
        ? settled(
            'inconclusive',
            'rust-toolchain names a toolchain that the project brings along: its cargo is not believed',
          )
        : gates[gate](ground, targets),
  ]);
  return Object.fromEntries(guarded) as Ecosystem['gates'];
}
