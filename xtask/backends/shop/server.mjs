// A web shop as a backend: pages with a session cookie, and an API with bearer tokens for one tenant.
// Usage: node server.mjs PORT. All data are in memory, and every start has new ids.

import { createServer } from 'node:http';
import { accountRoutes, userOf } from './account.mjs';
import { customerRoutes } from './customers.mjs';
import { openStore } from './data.mjs';
import { graphqlRoutes } from './graphql.mjs';
import { problem } from './http.mjs';
import { orderRoutes } from './orders.mjs';
import { pageRoutes } from './pages.mjs';
import { productRoutes } from './products.mjs';

const store = openStore();
const routes = [pageRoutes, accountRoutes, customerRoutes, productRoutes, orderRoutes, graphqlRoutes].flatMap((list) => list(store));

const server = createServer((message, response) => {
  const pieces = [];
  message.on('data', (piece) => pieces.push(piece));
  message.on('end', () => {
    const request = readRequest(message, Buffer.concat(pieces));
    store.requestCount += 1;
    let result;
    try {
      result = respond(request);
    } catch (error) {
      result = error instanceof SyntaxError ? problem(400, 'Malformed JSON') : problem(500, error.message);
    }
    send(response, message.method, result);
  });
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log('listening'));

/** Returns a request as the routes read it: with its query, cookies and JSON body. */
function readRequest(message, body) {
  const url = new URL(message.url, `http://${message.headers.host}`);
  const cookies = Object.fromEntries((message.headers.cookie ?? '').split('; ').map((pair) => pair.split(/=(.*)/s).slice(0, 2)));
  const isJson = /[/+]json/.test(message.headers['content-type'] ?? '');
  return {
    method: message.method === 'HEAD' ? 'GET' : message.method,
    path: url.pathname,
    query: url.searchParams,
    headers: message.headers,
    origin: url.origin,
    cookies,
    body,
    get json() {
      return isJson && body.length > 0 ? JSON.parse(body) : undefined;
    },
  };
}

/** Runs the route of a request. Routes below /api need a bearer token and a tenant unless they are open. */
function respond(request) {
  const found = routes.filter(({ pattern }) => pattern.test(request.path));
  if (found.length === 0) return problem(404, 'No such page');
  const route = found.find(({ method }) => method === request.method);
  if (!route) return { ...problem(405, 'Method not allowed'), headers: { allow: found.map(({ method }) => method).join(', ') } };
  const params = Object.values(route.pattern.exec(request.path).groups ?? {}).map(decodeURIComponent);
  if (request.path.startsWith('/api/') && !route.isOpen) {
    request.user = userOf(store, request);
    if (!request.user) return { ...problem(401, 'Sign in first'), headers: { 'www-authenticate': 'Bearer realm="shop"' } };
    const tenant = request.headers['x-tenant'];
    if (tenant !== 'acme') return problem(tenant ? 403 : 400, tenant ? `No access to tenant ${tenant}` : 'The header x-tenant is missing');
  }
  return route.handle(request, ...params);
}

function send(response, method, { status = 200, type = 'application/json', headers = {}, json, body = json === undefined ? '' : JSON.stringify(json) }) {
  const bytes = Buffer.from(body);
  const hasBody = status !== 204 && status !== 304;
  response.writeHead(status, {
    ...(bytes.length > 0 && { 'content-type': type }),
    ...(hasBody && { 'content-length': bytes.length }),
    'cache-control': 'no-cache',
    ...headers,
  });
  response.end(hasBody && method !== 'HEAD' ? bytes : undefined);
}
