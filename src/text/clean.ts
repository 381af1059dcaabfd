// Text from outside made safe to show: no terminal sequences, no control or direction characters, one line.
import { stripVTControlCharacters } from 'node:util';

/** Agent text for a log, an event or a terminal: one line, no control characters, no more than `most` characters. */
export function cleaned(text: string, most = 300): string {
  const plain = printable(text).trim();
  return plain.length <= most ? plain : `${wholeCharacters(plain, most - 1)}…`;
}

/** The same without any cut: what a terminal would act on becomes a space, or is gone with what belongs to it. */
export function printable(text: string): string {
  return stripVTControlCharacters(text.replace(STRINGS, '')).replace(INVISIBLE, ' ');
}

/** Terminal strings (titles, links, device control) with their contents, up to their end. */
const STRINGS = /\u001b[\]PX^_][\s\S]*?(?:\u0007|\u001b\\)/g;
/** Control characters, direction marks, and separators that begin a new line. */
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g;

/** The beginning of a text, never with half a character at its end. */
function wholeCharacters(text: string, most: number): string {
  return /[\ud800-\udbff]$/.test(text.slice(0, most)) ? text.slice(0, most - 1) : text.slice(0, most);
}
