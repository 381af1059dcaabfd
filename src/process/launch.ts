// What is started, with which files and places, and how it ended.

/** A program to start: no shell, every argument by itself. */
export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface ProcessFiles {
  /** Becomes standard input. */
  readonly input: string;
  readonly output: string;
  readonly errors: string;
}

/** The places of one program, as its session knows them. */
export interface Places {
  /** The folder of all sessions. */
  readonly runs: string;
  /** The session's own folder: of it the program reaches only what is listed here. */
  readonly session: string;
  readonly readable: readonly string[];
  readonly writable: readonly string[];
  /** Becomes /tmp inside. */
  readonly temporary: string;
  readonly cwd: string;
  /** Closed: no network but a loopback of its own, where the walls can do that (see confinement.ts). */
  readonly network?: 'open' | 'closed';
  /** Its place in line for the processor, up to 19, the last; an agent's if left out. */
  readonly niceness?: number;
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}
