// What is wrong with the user's input, said so that it can be mended: place, offending line, what was meant.
import { cleaned, printable } from '../text/clean.ts';

export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  /** The option, like session.agent_count; empty for a whole file. */
  readonly key: string;
  readonly message: string;
  readonly place: Place;
}

/** Where a value came from. */
export type Place =
  | { readonly is: 'flag'; readonly flag: string }
  | { readonly is: 'env'; readonly variable: string }
  | { readonly is: 'file'; readonly file: string; readonly spot: Spot | null }
  | { readonly is: 'default' };

export interface Spot {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly length: number;
  readonly text: string;
}

/** Something to be said about a key, before its place is known. */
export interface Finding {
  readonly key: readonly (string | number)[];
  readonly message: string;
  readonly severity: 'error' | 'warning';
  /** Already known for flags and variables. */
  readonly place?: Place;
}

/** More findings than this are not read by anybody. */
const MOST_SHOWN = 100;
const LONGEST_NAME = 200;

/** All diagnostics as text, each with its line of the file and a squiggle under the culprit. */
export function showDiagnostics(diagnostics: readonly Diagnostic[]): string {
  const shown = diagnostics.slice(0, MOST_SHOWN).map(show);
  const more = diagnostics.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${more} more findings`] : [])].join('\n');
}

/** One character stays one, so that the squiggle stands under the culprit. */
function shownAsIs(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
}

function show({ severity, key, message, place }: Diagnostic): string {
  const said = key === '' ? message : `${cleaned(key, LONGEST_NAME)}: ${message}`;
  const head = printable(`${showPlace(place)}: ${severity === 'warning' ? 'warning: ' : ''}${said}`);
  if (place.is !== 'file' || place.spot === null) return head;
  const { text, column, length } = place.spot;
  // A very long line is cut round the culprit.
  const from = Math.max(0, column - 1 - 60);
  const line = shownAsIs(text.slice(from, from + 120));
  return `${head}\n    ${line}\n    ${' '.repeat(column - 1 - from)}${'~'.repeat(Math.max(1, Math.min(length, 60)))}`;
}

export function showPlace(place: Place): string {
  switch (place.is) {
    case 'flag':
      return place.flag;
    case 'env':
      return `environment variable ${place.variable}`;
    case 'file':
      return place.spot === null ? place.file : `${place.file}:${place.spot.line}:${place.spot.column}`;
    case 'default':
      return 'default';
  }
}

/** Input that cannot be used: every finding at once. */
export class InputError extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(showDiagnostics(diagnostics));
    this.name = 'InputError';
    this.diagnostics = diagnostics;
  }
}
