// A harness in small, to be killed: starts one agent behind the walls it is told, with a guard where there is no namespace.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chooseConfinement } from '../../dist/process/confinement.js';
import { NO_GUARD, startGuard } from '../../dist/process/guard.js';
import { startProcess } from '../../dist/process/spawn.js';

const { level, means, places, argv, name, root } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const walls = await chooseConfinement({ level, means });
const token = `harness-${process.pid}.`;
const guard = walls.wrap === null ? startGuard(token, (said) => console.error(`the guard is gone: ${said}`)) : NO_GUARD;
const files = { input: join(root, 'empty'), output: join(root, 'out.log'), errors: join(root, 'err.log') };
const [file, ...args] = argv;
const launch = { file, args, env: { PATH: process.env.PATH, NAME: name } };
const agent = await startProcess({ launch, files, marker: `${token}1`, walls, places }, () => process.exit(3));
guard.watch(agent.pid);
writeFileSync(join(root, 'started'), String(agent.pid));
setInterval(() => {}, 60_000);
