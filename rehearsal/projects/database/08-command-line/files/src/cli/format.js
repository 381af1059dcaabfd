// How results look on a terminal: tab-separated, so that other programs can read them as well.

const ESCAPES = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/**
 * @param {import('../engine/session.js').Result} result
 * @returns {string} a line of column names and one for each row; `OK` and a number when there are no columns
 */
export function formatResult({ columns, rows, changes }) {
  if (columns.length === 0) return `OK ${changes}\n`;
  return [columns, ...rows].map((values) => `${values.map(formatValue).join('\t')}\n`).join('');
}

function formatValue(value) {
  return value === null ? 'NULL' : String(value).replaceAll(/[\\\t\n\r]/g, (character) => ESCAPES[character]);
}
