// Resources outside of the API: pages with a CSRF token, a feed, metrics, a health check.

import { randomBytes } from 'node:crypto';
import { sessionCookies, sessionOf } from './account.mjs';
import { route } from './http.mjs';

const HTML = 'text/html; charset=utf-8';

const page = (title, csrf, body) => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${title}</title><meta name="csrf-token" content="${csrf}"></head>
<body>
${body}
<script nonce="${randomBytes(12).toString('base64url')}">window.__STATE__ = {"renderedAt":"${new Date().toISOString()}","csrfToken":"${csrf}"};</script>
</body>
</html>
`;

export const pageRoutes = (store) => [
  route('GET /', (request) => {
    const session = sessionOf(store, request);
    const form = `<form method="post" action="/login"><input type="hidden" name="_csrf" value="${session.csrf}"><input name="email"><input name="password" type="password"><button>Sign in</button></form>`;
    return { type: HTML, headers: sessionCookies(session), body: page('Shop', session.csrf, `<h1>Shop</h1>\n${form}`) };
  }),
  route('GET /account', (request) => {
    const session = store.sessions.get(request.cookies.sid);
    if (!session?.user) return { status: 302, headers: { location: `${request.origin}/` } };
    return { type: HTML, body: page('Account', session.csrf, `<h1>${session.user.name}</h1>\n<p>Theme: ${session.theme}</p>\n<a href="${request.origin}/feed.xml">News</a>`) };
  }),
  route('GET /feed.xml', (request) => ({
    type: 'application/rss+xml; charset=utf-8',
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel><title>Shop news</title><link>${request.origin}/</link><lastBuildDate>${new Date().toUTCString()}</lastBuildDate>\n${store.products
      .map(({ slug, name, price }) => `<item><title>${name} for ${price}</title><link>${request.origin}/products/${slug}</link><guid isPermaLink="false">${slug}</guid></item>`)
      .join('\n')}\n</channel></rss>\n`,
  })),
  route('GET /metrics', () => ({
    type: 'text/plain; version=0.0.4',
    body: `# TYPE shop_requests_total counter\nshop_requests_total ${store.requestCount}\n# TYPE shop_uptime_seconds gauge\nshop_uptime_seconds ${process.uptime().toFixed(3)}\n# TYPE shop_orders gauge\nshop_orders ${store.orders.size}\n`,
  })),
  route('GET /healthz', () => ({ json: { status: 'ok', uptime: process.uptime(), time: new Date().toISOString() } })),
];
