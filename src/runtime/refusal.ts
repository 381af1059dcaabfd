// A request that cannot be met: one sentence with the way out, and the exit code it means.

/** 2 usage or configuration, 4 needs a person, 5 state damaged, 6 somebody else has it. */
export type RefusalCode = 2 | 4 | 5 | 6;

export class Refusal extends Error {
  readonly exitCode: RefusalCode;

  constructor(exitCode: RefusalCode, message: string) {
    super(message);
    this.name = 'Refusal';
    this.exitCode = exitCode;
  }
}

/** What the system said about a file, as a refusal. */
export function refusalOf(error: unknown, doing: string): Refusal {
  const { code, message, path } = error as NodeJS.ErrnoException;
  const why: Record<string, string> = {
    ENOSPC: 'there is no space left on the disk; free some, or choose another folder with --runs-dir',
    EDQUOT: 'your disk quota is used up; free some space, or choose another folder with --runs-dir',
    EROFS: 'the file system is read-only; choose another folder with --runs-dir',
    EACCES: 'permission denied; choose a folder you may write to with --runs-dir',
    EPERM: 'permission denied; choose a folder you may write to with --runs-dir',
    // What Node answers for a folder to be made below a read-only one.
    ENOENT: 'the folder above it is read-only or missing; choose another folder with --runs-dir',
    ENOTDIR: 'a part of the path is a file, not a folder; choose another folder with --runs-dir',
    ENAMETOOLONG: 'the path is too long; choose a shorter --runs-dir or --session-id',
  };
  // git and cp say it in words.
  const worded = /no space left/i.test(message) ? 'ENOSPC' : /read-only file system/i.test(message) ? 'EROFS' : code;
  const said = (worded === undefined ? undefined : why[worded]) ?? message;
  return new Refusal(2, `${doing}${path === undefined ? '' : ` (${path})`}: ${said}`);
}
