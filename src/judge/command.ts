// Runs one command on the judged copy, behind the walls: time, output, memory and disk have limits, its whole tree is ended.
import { closeSync, constants, fstatSync, openSync, readSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { letGo } from '../host/again.ts';
import { pidsWithMarker, residentBytes } from '../host/processes.ts';
import { realFolder } from '../host/real-folder.ts';
import { removeTree } from '../host/remove.ts';
import type { Confinement } from '../process/confinement.ts';
import { environmentOf } from '../process/environment.ts';
import type { Guard } from '../process/guard.ts';
import type { Exit, Places, ProcessFiles } from '../process/launch.ts';
import { type AgentProcess, startProcess } from '../process/spawn.ts';
import { killAll } from '../process/tree.ts';
import { removeSince, watchDisk } from './written.ts';

/** Where commands are run: a copy that may be changed, and what stands around it. */
export interface Bench {
  readonly session: string;
  /** The judge's own; the copy, the scratch folder and what is /tmp inside lie in it. */
  readonly folder: string;
  /** The copy to judge. */
  readonly project: string;
  /** Folder for homes, outputs and reports of the judged commands. */
  readonly scratch: string;
  /** The judge's own: filled by commands that fetch, read by all. */
  readonly caches: string;
  readonly marker: string;
  readonly walls: Confinement;
  readonly guard: Guard;
  readonly places: Places;
  readonly env: NodeJS.ProcessEnv;
  /** What one command may print to each of its outputs, what its processes may hold together, and what it may write. */
  readonly outputBytes: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
}

export interface Order {
  readonly argv: readonly string[];
  /** What is shown of it; its words if left out. */
  readonly shown?: string;
  readonly cwd: string;
  readonly network: 'open' | 'closed';
  /** It may write into the caches; left out, it finds them read-only where the walls have mounts. */
  readonly fetches?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** A file it writes, to be read when it has ended; one that is there before is removed. */
  readonly report?: string;
  readonly maxMs: number;
}

export interface Ran {
  readonly argv: readonly string[];
  readonly shown: string;
  /** Null: it could not be started, for the reason in `errors`. */
  readonly exit: Exit | null;
  /** The limit that it passed, and was ended at if it still ran; null when it ended within all. */
  readonly cut: 'time' | 'output' | 'memory' | 'disk' | null;
  /** The ends of what it printed. */
  readonly output: string;
  readonly errors: string;
  /** Null when there is none, or it is no plain file, or too large. */
  readonly report: string | null;
  /** Folders of the judge in whose place it had put something else, like a link; they are made anew. */
  readonly replaced: readonly string[];
  /** Its own time: nothing that is done before and after it counts. */
  readonly durationMs: number;
  /** Most memory that its processes were seen to hold together; 0 when it ended before anybody looked. */
  readonly peakBytes: number;
}

/** The end of an output is where results stand. */
const TAIL_BYTES = 4 * 1024 * 1024;
const REPORT_BYTES = 64 * 1024 * 1024;
const LOOK_MS = 200;
/** Memory is looked at every so many looks: finding all processes costs more than asking for a file's size. */
const MEMORY_EVERY = 4;

interface Told {
  cut: Ran['cut'];
  peakBytes: number;
  durationMs: number;
  hasOverfilled: boolean;
}

/** Throws when the judge's own folders cannot be had, never for what the command does. */
export async function runCommand(bench: Bench, order: Order): Promise<Ran> {
  const startWallMs = Date.now();
  // What earlier commands left in the place of a folder that only this one needs.
  ownFolders(bench, order);
  if (order.fetches === true) {
    removeTree(homeOf(bench.scratch, true));
    ownFolders(bench, order);
  }
  const files = prepare(bench);
  const seen = { output: openSync(files.output, NEVER_A_LINK), errors: openSync(files.errors, NEVER_A_LINK) };
  try {
    if (order.report !== undefined) removeTree(order.report);
    const told: Told = { cut: null, peakBytes: 0, durationMs: 0, hasOverfilled: false };
    let exit: Exit | null = null;
    let failure = '';
    try {
      exit = await untilItEnds(bench, order, { files, seen, told });
    } catch (error) {
      failure = `${(error as Error).message}\n`;
    }
    // All of it is dead now, and what we do in these folders from here on is done in no other.
    const replaced = ownFolders(bench, order);
    const { hasOverfilled, ...measured } = told;
    const ran = {
      ...measured,
      argv: order.argv,
      shown: order.shown ?? order.argv.join(' ').slice(0, 120),
      exit,
      output: tailOf(seen.output, TAIL_BYTES),
      errors: `${tailOf(seen.errors, TAIL_BYTES)}${failure}`,
      report: order.report === undefined ? null : reportOf(order.report),
      replaced,
    };
    // The next gate needs the room; what was there before stays.
    if (hasOverfilled) for (const one of [bench.folder, bench.caches]) removeSince(one, startWallMs);
    return ran;
  } finally {
    for (const file of Object.values(seen)) letGo(file);
  }
}

/** Makes the folders real in which we read, write and remove around a command; gives those that were not. */
function ownFolders({ folder, project, scratch, places }: Bench, { report, fetches }: Order): readonly string[] {
  const reports = join(scratch, 'reports');
  const own = [project, homeOf(scratch, fetches), reports, report === undefined ? reports : dirname(report)];
  return [...own, places.temporary].flatMap((one) => realFolder(folder, one));
}

/** Programs that have the network obey settings in their home, where tests may leave some: they get a new one each. */
function homeOf(scratch: string, fetches = false): string {
  return join(scratch, fetches ? 'home-online' : 'home');
}

const NEVER_A_LINK = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

function prepare({ scratch }: Bench): ProcessFiles {
  const files = { input: join(scratch, 'input'), output: join(scratch, 'output'), errors: join(scratch, 'errors') };
  for (const file of Object.values(files)) {
    // A judged command may have put something else in their place.
    removeTree(file);
    writeFileSync(file, '', { mode: 0o600 });
  }
  return files;
}

interface Watched {
  readonly files: ProcessFiles;
  /** Descriptors of the outputs: whatever becomes of their names, these are what it prints into. */
  readonly seen: { readonly output: number; readonly errors: number };
  readonly told: Told;
}

async function untilItEnds(
  bench: Bench,
  { argv: [file = '', ...args], cwd, network, fetches, env, maxMs }: Order,
  { files, seen, told }: Watched,
): Promise<Exit> {
  const { session, scratch, caches, marker, walls, guard } = bench;
  const { outputBytes, memoryBytes, diskBytes } = bench;
  const home = homeOf(scratch, fetches);
  const outer = environmentOf({ session, agent: 'judge', role: 'judge', turn: 0, home, caches, pass: [] }, bench.env);
  // Without the network npm gets a cache of its own: it writes there also when it only packs.
  const cache = fetches === true ? {} : { npm_config_cache: join(home, '.npm') };
  const launch = { file, args, env: { ...outer, ...cache, CI: 'true', ...env } };
  const where = fetches === true ? 'writable' : 'readable';
  const places = { ...bench.places, cwd, network, [where]: [...bench.places[where], caches] };
  const disk = await watchDisk([bench.folder, caches], diskBytes);
  const startMs = performance.now();
  let timer: NodeJS.Timeout | undefined;
  let looking: NodeJS.Timeout | undefined;
  let running: AgentProcess | null = null;
  try {
    return await new Promise<Exit>((resolve, reject) => {
      const end = (cut: Ran['cut']) => {
        told.cut ??= cut;
        if (running !== null) running.signal('kill');
        // Its walls are not up yet: all that is there of it carries the marker, and nothing else of the judge runs.
        else killAll(() => pidsWithMarker(marker));
      };
      timer = setTimeout(() => end('time'), maxMs);
      startProcess({ launch, files, marker, walls, places }, resolve).then((started) => {
        running = started;
        guard.watch(started.pid);
        if (told.cut !== null) started.signal('kill');
        let looks = 0;
        looking = setInterval(() => {
          if (Object.values(seen).some((one) => fstatSync(one).size > outputBytes)) end('output');
          if (disk.isOver()) end('disk');
          if (looks++ % MEMORY_EVERY !== 0) return;
          told.peakBytes = Math.max(told.peakBytes, heldBy(started));
          if (told.peakBytes > memoryBytes) end('memory');
        }, LOOK_MS);
      }, reject);
    });
  } finally {
    clearTimeout(timer);
    clearInterval(looking);
    told.durationMs = Math.round(performance.now() - startMs);
    told.hasOverfilled = await disk.last();
    if (told.hasOverfilled) told.cut ??= 'disk';
    if (running !== null) guard.forget((running as AgentProcess).pid);
  }
}

function heldBy(process: AgentProcess): number {
  return residentBytes(process.pids()) ?? 0;
}

function tailOf(file: number, bytes: number): string {
  return readPart(file, (size) => ({ from: Math.max(0, size - bytes), length: Math.min(size, bytes) })) ?? '';
}

/** A report file, never through a link, never waiting for the other end of a pipe; null when it is none, or too large. */
export function reportOf(path: string): string | null {
  let file: number;
  try {
    file = openSync(path, NEVER_A_LINK);
  } catch {
    return null;
  }
  try {
    return readPart(file, (size) => (size > REPORT_BYTES ? null : { from: 0, length: size }));
  } finally {
    closeSync(file);
  }
}

function readPart(file: number, part: (size: number) => { readonly from: number; readonly length: number } | null) {
  const stat = fstatSync(file);
  const wanted = stat.isFile() ? part(stat.size) : null;
  if (wanted === null) return null;
  const bytes = Buffer.alloc(wanted.length);
  let got = 0;
  while (got < bytes.length) {
    const read = readSync(file, bytes, got, bytes.length - got, wanted.from + got);
    if (read === 0) break;
    got += read;
  }
  return bytes.toString('utf8', 0, got);
}
