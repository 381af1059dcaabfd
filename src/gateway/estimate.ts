// Counts tokens of text where no upstream counted them: with a tokenizer, piece by piece, so that nobody waits long for it.
import { isObject } from './usage.ts';

/** Pieces are this long at most: the tokenizer takes quadratic time for text without a space. */
const PIECE_CHARS = 512;
/** Pieces counted before others get their turn, and in all; beyond it the rest is taken to be like the beginning. */
const PIECES_AT_ONCE = 64;
const MOST_PIECES = 16 * 1024;
/** What chat templates put round a message, and round all of them. */
const MESSAGE_TOKENS = 4;

/** Tokens of a text in a common modern vocabulary (o200k): within a few per cent for most models. */
export async function tokensOf(text: string): Promise<number> {
  if (text === '') return 0;
  const { countTokens } = await import('gpt-tokenizer');
  let [tokens, at] = [0, 0];
  for (let pieces = 0; at < text.length && pieces < MOST_PIECES; pieces++) {
    if (pieces % PIECES_AT_ONCE === PIECES_AT_ONCE - 1) await new Promise((resolve) => setImmediate(resolve));
    const end = endOfPiece(text, at);
    // Marks like <|endoftext|> are text here, whoever wrote them.
    tokens += countTokens(text.slice(at, end), { disallowedSpecial: new Set() });
    at = end;
  }
  return at === text.length ? tokens : Math.ceil((tokens * text.length) / at);
}

/** Tokens of a request: all that the model is given to read. */
export async function tokensOfRequest(body: Buffer): Promise<number> {
  let request: unknown;
  try {
    request = JSON.parse(body.toString('utf8'));
  } catch {
    return Math.ceil(body.length / 4);
  }
  if (!isObject(request)) return 0;
  const messages = Array.isArray(request.messages) ? request.messages : [];
  const parts = [request.messages, request.prompt, request.input, request.tools].flatMap((part) => textsIn(part));
  return (await tokensOf(parts.join('\n'))) + messages.length * MESSAGE_TOKENS;
}

/** Every text in a value, but no pictures or sounds: those are not read as text. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.startsWith('data:') ? [] : [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => (name === 'type' || name === 'role' ? [] : textsIn(inner)));
}

/** At a space where there is one, so that words stay whole; never inside a character. */
function endOfPiece(text: string, from: number): number {
  const most = from + PIECE_CHARS;
  if (most >= text.length) return text.length;
  for (let at = most; at > from + PIECE_CHARS / 2; at--) if (text[at] === ' ' || text[at] === '\n') return at;
  return (text.charCodeAt(most - 1) & 0xfc00) === 0xd800 ? most - 1 : most;
}
