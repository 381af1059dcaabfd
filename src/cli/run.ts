// `mega-test run`: configuration, agent, session directory, then the session itself; one clear sentence when it cannot.
import { findAgent } from '../agents/find.ts';
import { showDiagnostics } from '../config/diagnostics.ts';
import { type Loaded, loadConfig } from '../config/layers.ts';
import { planOf } from '../config/plan.ts';
import { projectOf } from '../config/projects.ts';
import { planJson, planText } from '../report/plan-text.ts';
import { createSession } from '../runtime/create.ts';
import { readSession } from '../runtime/open.ts';
import { Refusal } from '../runtime/refusal.ts';
import { detach } from './detach.ts';
import { keep } from './keep.ts';
import { modelsReady } from './models.ts';
import { operate } from './operate.ts';
import { type Flags, layered } from './run-options.ts';
import { wallsFor } from './walls.ts';

export async function run(flags: Flags): Promise<number> {
  const loaded = await loadConfig({ flags: layered(flags), env: process.env, cwd: process.cwd() });
  if (loaded.warnings.length > 0 && flags.quiet !== true) process.stderr.write(`${showDiagnostics(loaded.warnings)}\n`);
  if (flags.dryRun === true) return dryRun(loaded, flags);
  if (flags.detach === true) return detach(flags, loaded);
  if (flags.keep === true) return keep(flags, loaded);
  const found = await findAgent(loaded.config, process.env, process.cwd());
  if (found.is === 'missing') throw new Refusal(2, found.text);
  const terminal = process.stdout.isTTY === true;
  const { adapter } = found;
  await modelsReady(loaded.config, process.env, (text) => process.stderr.write(`mega-test: ${text}\n`));
  const walls = await wallsFor(loaded.config);
  const wish = { loaded, adapter, walls, terminal, cwd: process.cwd(), env: process.env };
  const { layout, lock } = await createSession(wish);
  return operate({ layout, lock, opened: readSession(layout), adapter, walls, terminal }, flags);
}

function dryRun(loaded: Loaded, flags: Flags): number {
  const { config, origins, ownType } = loaded;
  const project = projectOf(config, ownType);
  const plan = planOf(config, {
    session: config.session.id,
    durationGiven: origins['session.duration_hours'] !== undefined,
    graces: { interruptMs: 12_000, terminateMs: 2_000 },
    terminal: process.stdout.isTTY === true,
  });
  const facts = { plan, config, project };
  process.stdout.write(flags.json === true ? `${JSON.stringify(planJson(facts), null, 2)}\n` : planText(facts));
  return 0;
}
