// What the dashboard port answers.
import { renderPage } from './page.js';

const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  // The second lock behind the escaping: even markup that slipped through could not run or load anything.
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
};

/**
 * @param {{ takeOverview: ReturnType<typeof import('./overview.js').createOverview> }} parts
 * @returns {import('../http/router.js').Route[]}
 */
export function dashboardRoutes({ takeOverview }) {
  return [
    {
      method: 'GET',
      path: '/',
      handle: () => ({ status: 200, text: renderPage(takeOverview()), headers: PAGE_HEADERS }),
    },
    { method: 'GET', path: '/api/overview', handle: () => ({ status: 200, json: takeOverview() }) },
  ];
}
