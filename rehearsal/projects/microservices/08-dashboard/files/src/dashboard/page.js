// The page of the dashboard: an overview as HTML, without any script.
import { formatAuthority } from '../http/authority.js';
import { html } from './html.js';

const REFRESH_SECONDS = 2;

const STYLE = html`
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1b1f24; }
  table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem; }
  th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #d8dee4; }
  dl { display: flex; flex-wrap: wrap; gap: 2rem; } dd { margin: 0; font-size: 1.6rem; }
  .closed { color: #116329; } .half_open { color: #7d4e00; } .open { color: #a40e26; font-weight: 600; }
`;

/**
 * @param {ReturnType<ReturnType<typeof import('./overview.js').createOverview>>} overview
 * @returns {string}
 */
export function renderPage({ name, totals, services, recent_traces: traces }) {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="${REFRESH_SECONDS}">
<title>${name}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${name}</h1>
<dl>${Object.entries(totals).map(totalItem)}</dl>
${services.length > 0 ? services.map(serviceSection) : html`<p>No service is registered.</p>`}
<h2>Latest requests</h2>
${table(['Request', 'Service', 'Instance', 'Outcome', 'Duration', 'Trace'], traces.map(traceRow))}
</body>
</html>
`;
  return page.toString();
}

function totalItem([label, count]) {
  return html`<div><dt>${label.replace('_', ' ')}</dt><dd>${count}</dd></div>`;
}

function serviceSection({ name, instances }) {
  const headings = ['Instance', 'Address', 'Weight', 'Breaker', 'Requests', 'Failures', 'Metadata'];
  return html`<h2>${name}</h2>\n${table(headings, instances.map(instanceRow))}\n`;
}

function instanceRow(instance) {
  const { id, weight, breaker, requests, failures, metadata } = instance;
  const state = html`<span class="${breaker.state}">${breaker.state}</span>`;
  const pairs = Object.entries(metadata).map(([key, value]) => `${key}=${value}`);
  return [id, formatAuthority(instance), weight, state, requests, failures, pairs.join(', ')];
}

function traceRow({ name, service, instance, status, error, duration_ms: duration, trace_id: trace }) {
  const outcome = [status, error].filter((part) => part !== null).join(' ');
  return [name, service, instance ?? '', outcome, duration === null ? 'running' : `${duration} ms`, trace];
}

function table(headings, rows) {
  return html`<table>
<thead><tr>${headings.map((heading) => html`<th>${heading}</th>`)}</tr></thead>
<tbody>${rows.map((cells) => html`\n<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`)}
</tbody>
</table>`;
}
