// Access paths: the ways to find the rows of one table, and the choice between them.

/**
 * @typedef {object} Comparison of a column with a value that is known before the table is read
 * @property {string} column
 * @property {'=' | '<' | '<=' | '>' | '>='} op
 * @property {import('../sql/compile.js').Compiled} value calculated from the joined rows of the levels before
 *
 * @typedef {object} Access
 * @property {string} description for EXPLAIN
 * @property {(outer: unknown[]) => Iterable<import('./table.js').Row>} rows at least those that can match;
 *   the conditions of the query are tested afterwards in any case
 */

/**
 * @param {import('./table.js').Table} table
 * @param {string} alias the table's name in the query
 * @param {Comparison[]} comparisons all of them must hold
 * @returns {Access}
 */
export function chooseAccess(table, alias, comparisons) {
  const searches = table.definition.indexes.map((index) => rateIndex(index, comparisons));
  const best = searches.reduce((a, b) => (b.rank > a.rank ? b : a), { rank: 0 });
  if (best.rank > 0) return searchIndex(table, alias, best);
  const equality = comparisons.find(({ op, value }) => op === '=' && value.level >= 0);
  if (equality !== undefined) return lookUpHash(table, alias, equality);
  return { description: `SCAN ${alias}`, rows: () => table.scan() };
}

/** The higher the rank, the fewer rows an index is likely to give. */
function rateIndex(index, comparisons) {
  const find = (...ops) => comparisons.find(({ column, op }) => column === index.column && ops.includes(op));
  const equal = find('=');
  if (equal !== undefined) return { index, low: equal, high: equal, rank: index.isUnique ? 4 : 3 };
  const low = find('>', '>=');
  const high = find('<', '<=');
  return { index, low, high, rank: (low === undefined ? 0 : 1) + (high === undefined ? 0 : 1) };
}

function searchIndex(table, alias, { index, low, high }) {
  const bounds = new Set([low, high].filter((bound) => bound !== undefined));
  const conditions = Array.from(bounds, ({ column, op }) => `${column} ${op} ?`).join(' AND ');
  return {
    description: `SEARCH ${alias} USING INDEX ${index.name} (${conditions})`,
    rows(outer) {
      const range = { low: low?.value.run(outer), high: high?.value.run(outer) };
      const isNeverTrue = range.low === null || range.high === null;
      return isNeverTrue ? [] : table.search(index, range);
    },
  };
}

/** Without an index, a join reads the table once and finds the rows for each value in memory. */
function lookUpHash(table, alias, { column, value }) {
  let groups = null;
  return {
    description: `SCAN ${alias} INTO HASH (${column} = ?)`,
    rows(outer) {
      groups ??= groupByValue(table, table.position(column));
      return groups.get(value.run(outer)) ?? [];
    },
  };
}

function groupByValue(table, position) {
  const groups = new Map();
  for (const row of table.scan()) {
    const group = groups.get(row.values[position]);
    if (group === undefined) groups.set(row.values[position], [row]);
    else group.push(row);
  }
  return groups;
}
