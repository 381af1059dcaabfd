// Draws the dashboard's page. It reloads itself, so it needs no script.

const RELOAD_SECONDS = 2;
const STATES = ["waiting", "delayed", "active", "dead", "done"];

/**
 * @param {import("../server/stats.js").Stats} stats
 * @returns {string} an HTML document
 */
export function renderPage({ uptime_seconds, connections, totals, queues }) {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="refresh" content="${RELOAD_SECONDS}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>RedQueue: ${totals.waiting} waiting, ${totals.dead} dead</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: right; padding: .35rem .75rem; border-bottom: 1px solid #ddd; }
  th:first-child, td:first-child { text-align: left; }
  tfoot td { font-weight: bold; }
  td.alarm { color: #b00020; font-weight: bold; }
</style>
</head>
<body>
<h1>RedQueue</h1>
<p>Up for ${uptime_seconds} s, ${connections} connections.</p>
<table>
<thead><tr><th>Queue</th>${STATES.map((state) => `<th>${state}</th>`).join("")}</tr></thead>
<tbody>
${queues.map((queue) => renderRow(queue.name, queue)).join("\n")}
</tbody>
<tfoot>${renderRow("All queues", totals)}</tfoot>
</table>
</body>
</html>
`;
}

function renderRow(name, counts) {
  const cells = STATES.map((state) => {
    const needsCare = state === "dead" && counts.dead > 0;
    return `<td${needsCare ? ' class="alarm"' : ""}>${counts[state]}</td>`;
  });
  return `<tr><td>${escapeHtml(name)}</td>${cells.join("")}</tr>`;
}

function escapeHtml(text) {
  const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replace(/[&<>"']/g, (character) => entities[character]);
}
