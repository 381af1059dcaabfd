// Text from outside made safe to show: no terminal sequences, no control or direction characters, one line.
import { stripVTControlCharacters } from 'node:util';

/** Agent text for a log, an event or a terminal: one line, no control characters, no more than `most` characters. */
export function cleaned(text: string, most = 300): string {
  const plain = stripVTControlCharacters(text)
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g, ' ')
    .trim();
  return plain.length <= most ? plain : `${plain.slice(0, most - 1)}…`;
}
