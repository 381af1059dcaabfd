// Runs a parsed statement that reads or changes tables.

import { deleteRows, insertRows, planTarget, updateRows } from './modify.js';
import { planSelect } from './select.js';

const RUNNERS = {
  'create-table'(catalog, statement) {
    catalog.createTable(statement);
    return changed(0);
  },
  'create-index'(catalog, statement) {
    catalog.createIndex(statement);
    return changed(0);
  },
  'drop-table'(catalog, statement) {
    catalog.dropTable(statement.table);
    return changed(0);
  },
  insert: (catalog, statement) => changed(insertRows(catalog, statement)),
  update: (catalog, statement) => changed(updateRows(catalog, statement)),
  delete: (catalog, statement) => changed(deleteRows(catalog, statement)),
  select(catalog, statement) {
    const plan = planSelect(catalog, statement);
    return found(plan.columns, plan.run());
  },
  explain: (catalog, { statement }) => found(['plan'], explain(catalog, statement)),
};

/**
 * @param {import('./catalog.js').Catalog} catalog the tables as the transaction of the statement sees them
 * @param {{kind: string}} statement
 * @returns {import('./session.js').Result}
 */
export function runStatement(catalog, statement) {
  return RUNNERS[statement.kind](catalog, statement);
}

function explain(catalog, statement) {
  if (statement.kind === 'select') return planSelect(catalog, statement).steps.map((step) => [step]);
  const { level } = planTarget(catalog, statement.table, statement.where);
  return [[level.access.description], [statement.kind.toUpperCase()]];
}

function found(columns, rows) {
  return { columns, rows, changes: 0 };
}

function changed(changes) {
  return { columns: [], rows: [], changes };
}
