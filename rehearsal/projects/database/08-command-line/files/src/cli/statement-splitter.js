// Cuts a text into statements: at semicolons, but not at those inside texts and comments.

/** Parts of a statement, each either without a semicolon or only that. */
const PART = /--[^\n]*|'[^']*(?:'|$)|;|[^;'-]+|-/g;

/** Collects text that comes in pieces, which may end anywhere. */
export class StatementSplitter {
  #text = '';

  /** @returns {boolean} whether the beginning of a statement is waiting for its rest */
  get isWaiting() {
    return withoutComments(this.#text) !== '';
  }

  /**
   * @param {string} text the next part
   * @returns {string[]} the statements that are complete now, without comments and semicolons
   */
  push(text) {
    const statements = [];
    let start = 0;
    const all = this.#text + text;
    for (const match of all.matchAll(PART)) {
      if (match[0] !== ';') continue;
      statements.push(withoutComments(all.slice(start, match.index)));
      start = match.index + 1;
    }
    this.#text = all.slice(start);
    return statements.filter((statement) => statement !== '');
  }
}

/** Outside of texts a line break is a space like any other, and one line is what the server reads. */
function withoutComments(sql) {
  return sql
    .replaceAll(PART, (part) => {
      if (part.startsWith('--')) return ' ';
      return part.startsWith("'") ? part : part.replaceAll(/\s+/g, ' ');
    })
    .trim();
}
