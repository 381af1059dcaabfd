// Lines of code, by cloc: no blanks, no comments, no data or prose, nothing vendored or generated.
import { createRequire } from 'node:module';
import { z } from 'zod';
import { runTool } from '../host/tool.ts';
import { entries, type Source } from './content.ts';
import { nothingLeftOut, toText } from './walk.ts';

export type CodeCount =
  | { readonly lines: number; readonly files: number; readonly reason: null }
  | { readonly lines: null; readonly files: number; readonly reason: string };

/** Languages of data and prose: written, but not code. */
const NOT_CODE = [
  'Markdown',
  'JSON',
  'YAML',
  'TOML',
  'XML',
  'SVG',
  'Text',
  'CSV',
  'INI',
  'reStructuredText',
  'AsciiDoc',
  'diff',
  'Properties',
];
/** Folders of code that somebody or something else wrote. */
const NOT_OURS =
  /(^|\/)(\.git|node_modules|vendor|third_party|target|dist|build|out|coverage|__pycache__|\.venv|venv)(\/|$)/;
const LIMIT_MS = 60_000;
/** Runs a Perl program so that it removes its temporary files when it is told to end, which a signal alone does not. */
export const TIDY = '$SIG{$_} = sub { exit 1 } for qw(TERM INT HUP); $0 = shift; do $0; die $@ if $@';

const RESULT = z.looseObject({ SUM: z.looseObject({ code: z.number(), nFiles: z.number() }).optional() });

/** Counts the code of a project. Where it cannot be counted the reason is given, never a number. */
export async function countCode(source: Source): Promise<CodeCount> {
  const paths: string[] = [];
  for await (const entry of entries(source, nothingLeftOut()))
    if (entry.kind === 'file' && !NOT_OURS.test(entry.path) && !entry.path.includes('\n'))
      paths.push(toText(entry.path));
  if (paths.length === 0) return { lines: 0, files: 0, reason: null };
  const cloc = createRequire(import.meta.url).resolve('cloc/lib/cloc');
  const args = [
    '-e',
    TIDY,
    cloc,
    '--json',
    '--quiet',
    '--skip-uniqueness',
    // It knows Perl and Python by their first lines, and not the programs of Node.
    '--script-lang=JavaScript,node',
    `--exclude-lang=${NOT_CODE.join(',')}`,
    '--list-file=-',
  ];
  const env = { PATH: process.env.PATH ?? '', LC_ALL: 'C', HOME: '/nonexistent' };
  const input = `${paths.join('\n')}\n`;
  const result = await runTool('perl', args, { cwd: source.root, input, timeoutMs: LIMIT_MS, env });
  const unknown = (reason: string): CodeCount => ({ lines: null, files: paths.length, reason });
  if (result.errorCode === 'ENOENT') return unknown('the line counter needs perl, which is not installed');
  if (result.failed)
    return unknown(`the line counter failed (${result.timedOut ? 'too slow' : result.said.slice(0, 100)})`);
  return readCount(result.out, paths.length);
}

/** Reads what cloc prints; nothing at all means it found no code. */
export function readCount(text: string, files: number): CodeCount {
  if (text.trim() === '') return { lines: 0, files: 0, reason: null };
  try {
    const { SUM } = RESULT.parse(JSON.parse(text));
    return { lines: SUM?.code ?? 0, files: SUM?.nFiles ?? 0, reason: null };
  } catch {
    return { lines: null, files, reason: 'the line counter printed something else than its result' };
  }
}
