// Source text with everything that is no code blanked out: comments and texts, length and lines kept.

export type Language = 'javascript' | 'python' | 'rust' | 'go';

/** One alternative each for what is no code; whatever is matched first where it begins wins. */
const NO_CODE: Readonly<Record<Language, RegExp>> = {
  javascript: new RegExp(
    [
      String.raw`\/\/[^\n]*`,
      String.raw`\/\*[\s\S]*?\*\/`,
      String.raw`'(?:\\[\s\S]|[^'\\\n])*'`,
      String.raw`"(?:\\[\s\S]|[^"\\\n])*"`,
      // Code within a template counts as a part of it.
      '`(?:' +
        String.raw`\\[\s\S]|\$\{(?:[^{}` +
        '`]|`[^`]*`|' +
        String.raw`\{[^{}]*\})*\}|(?!\$\{)[^` +
        '`' +
        String.raw`\\])*` +
        '`',
      // A slash after an operator or an opening bracket begins a pattern, after a value it divides.
      String.raw`(?<=(?:[=(,:[!&|?{};\n]|\breturn|=>)\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*`,
    ].join('|'),
    'g',
  ),
  python:
    /(?:[rbfu]{0,2})(?:"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*')|#[^\n]*/gi,
  rust: /\/\/[^\n]*|\/\*[\s\S]*?\*\/|\bb?r(#*)"[\s\S]*?"\1|"(?:\\[\s\S]|[^"\\])*"|'(?:\\[^']+|[^'\\\n])'/g,
  go: /\/\/[^\n]*|\/\*[\s\S]*?\*\/|`[^`]*`|"(?:\\.|[^"\\\n])*"|'(?:\\[^']+|[^'\\\n])'/g,
};

/** Null: it is none of those that we know. Markup with code in it (.jsx, .tsx) is none. */
export function languageOf(path: string): Language | null {
  if (/\.[cm]?[jt]s$/.test(path) && !/\.d\.[cm]?ts$/.test(path)) return 'javascript';
  if (path.endsWith('.py')) return 'python';
  if (path.endsWith('.rs')) return 'rust';
  return path.endsWith('.go') ? 'go' : null;
}

/** Comments become blanks; texts become quotes, because they are values all the same. */
export function codeOnly(text: string, language: Language): string {
  return text.replace(NO_CODE[language], (other) => other.replace(/[^\n]/g, /^(?:\/[/*]|#)/.test(other) ? ' ' : "'"));
}
