// The actions of a customer in the shop: looks around, signs in, works with customers and orders, signs out.

import { fileURLToPath } from 'node:url';

const PASSWORD = 'Tr0ub4dor&3';
const EMAIL = 'ada@shop.example';

export const shop = {
  name: 'shop',
  service: 'shop',
  command: ({ port }) => [process.execPath, [fileURLToPath(new URL('../shop/server.mjs', import.meta.url)), String(port)]],
  session,
  vars: { password: PASSWORD },
  changes: [
    { request: /^GET \/api\/products\/felt-hat$/, rename: ['stock', 'in_stock'] },
    { request: /^GET \/api\/skus\/00042$/, retype: 'price' },
    { request: /^GET \/api\/orders\/by-number\/ORD-2024-0003$/, rename: ['total', 'sum'] },
    { request: /^DELETE \/api\/cart$/, status: 200 },
    { request: /^GET \/api\/admin\/settings$/, status: 404 },
    { request: /^GET \/api\/products\?tag=wool$/, drop: 'x-total-count' },
  ],
};

async function session(client) {
  client.secret('password', PASSWORD);
  await signIn(client);
  await useApi(client);
  await lookAtProducts(client);
  await fillCart(client);
  await keepCustomers(client);
  await takeOrders(client);
  await queryGraph(client);
  await sendEvents(client);
  await signOut(client);
}

const tokenOf = (page) => /name="csrf-token" content="([^"]*)"/.exec(page.text)?.[1];

/** Names the secrets of a page and of its cookies. */
function pageSecrets(client, page) {
  client.secret('csrf token', tokenOf(page));
  for (const name of ['sid', 'XSRF-TOKEN']) client.secret(`cookie ${name}`, client.cookie(name));
  return tokenOf(page);
}

async function signIn(client) {
  const page = await client.visit('/');
  const csrf = pageSecrets(client, page);
  await client.post('/login', { navigate: true, form: { _csrf: csrf, email: EMAIL, password: client.wrong('password', 'letmein') } });
  const { headers } = await client.post('/login', { navigate: true, form: { _csrf: csrf, email: EMAIL, password: PASSWORD } });
  for (const name of ['sid', 'XSRF-TOKEN']) client.secret(`cookie ${name}`, client.cookie(name));
  pageSecrets(client, await client.visit(headers.location));
  await client.put('/account/preferences', { headers: { 'x-xsrf-token': client.cookie('XSRF-TOKEN') }, json: { theme: 'dark', newsletter: false } });
  await client.put('/account/preferences', { headers: { 'x-xsrf-token': client.wrong('token', 'c3RhbGUtdG9rZW4tb2Ytb25lLW90aGVy') }, json: { theme: 'light', newsletter: true } });
  await client.get('/feed.xml');
  await client.get('/healthz');
  await client.get('/metrics');
}

/** When a JWT expires, as frontends read it out of the token. */
const expiryOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url')).exp * 1000;

async function useApi(client) {
  await client.get('/api/me');
  await client.post('/api/auth/token', { json: { email: EMAIL, password: client.wrong('password', 'letmein') } });
  const keep = ({ json }) => {
    if (expiryOf(json?.access_token) < Date.now()) throw new Error('the access token has expired');
    client.headers = { authorization: `Bearer ${client.secret('access token', json?.access_token)}`, 'x-tenant': 'acme' };
    return client.secret('refresh token', json?.refresh_token);
  };
  const refresh_token = keep(await client.post('/api/auth/token', { json: { email: EMAIL, password: PASSWORD } }));
  await client.get('/api/me');
  await client.get('/api/me', { headers: { 'x-tenant': 'globex' } });
  await client.get('/api/me', { headers: { 'x-tenant': undefined } });
  await client.get('/api/admin/settings');
  keep(await client.post('/api/auth/refresh', { json: { refresh_token } }));
  await client.post('/api/auth/refresh', { json: { refresh_token } });
}

async function lookAtProducts(client) {
  const { headers } = await client.get('/api/products');
  await client.get('/api/products', { headers: { 'if-none-match': headers.etag } });
  await client.get('/api/products?tag=wool');
  await client.get('/api/products/felt-hat');
  await client.get('/api/products/oak-cane');
  await client.get('/api/products/top-hat');
  await client.get('/api/skus/00042');
  await client.get('/api/skus/01067');
  await client.head('/api/products');
}

async function fillCart(client) {
  await client.get('/api/cart');
  await client.post('/api/cart/items', { json: { sku: '00042', quantity: 2 } });
  await client.post('/api/cart/items', { json: { sku: '01067', quantity: 1 } });
  await client.get('/api/cart');
  await client.delete('/api/cart');
  await client.get('/api/cart');
}

async function keepCustomers(client) {
  const page = await client.get('/api/customers?page=1&per_page=2');
  await client.get(/<([^>]*)>; rel="next"/.exec(page.headers.link)?.[1]);
  await client.get('/api/customers?q=new%20york');
  await client.get(`/api/customers/${page.json?.[1]?.id}`);
  await client.post('/api/customers', { json: { name: '', email: 'nobody' } });
  const created = await client.post('/api/customers', { json: { name: 'Rosa Winter', email: 'rosa@shop.example', city: 'Ulm' } });
  await client.post('/api/customers', { json: { name: 'Rosa Winter', email: 'rosa@shop.example', city: 'Ulm' } });
  const target = `/api/customers/${created.json?.id}`;
  const read = await client.get(created.headers.location);
  await client.get(target, { headers: { 'if-none-match': read.headers.etag } });
  const replaced = await client.put(target, { headers: { 'if-match': read.headers.etag }, json: { name: 'Rosa Winter', email: 'rosa@shop.example', city: 'Bonn' } });
  await client.put(target, { headers: { 'if-match': read.headers.etag }, json: { name: 'Rosa Winter', email: 'rosa@shop.example', city: 'Cologne' } });
  await client.send('PATCH', target, { headers: { 'if-match': replaced.headers.etag, 'content-type': 'application/merge-patch+json' }, text: '{"city":null}' });
  await client.get(target);
  await client.get('/api/customers?page=3&per_page=2');
  await client.delete(target);
  await client.get(target);
}

async function takeOrders(client) {
  const orders = await client.get('/api/orders');
  const [first] = orders.json ?? [];
  await client.get(`/api/orders/${first?.id}`);
  await client.get(`/api/orders/by-number/${first?.number}`);
  await client.get(`/api/orders?since=${encodeURIComponent(new Date(Date.now() + 3_600_000).toISOString())}`);
  const key = crypto.randomUUID();
  const wanted = { customer_id: first?.customer_id, items: [{ sku: '00107', quantity: 1 }], note: 'gift wrap' };
  const created = await client.post('/api/orders', { headers: { 'idempotency-key': key }, json: wanted });
  await client.post('/api/orders', { headers: { 'idempotency-key': key }, json: wanted });
  await client.post('/api/orders', { headers: { 'idempotency-key': crypto.randomUUID() }, json: { customer_id: 'nobody', items: [] } });
  const target = `/api/orders/${created.json?.id}`;
  await client.get(target);
  await client.get(`/api/orders/by-number/${created.json?.number}`);
  const file = { name: 'file', filename: 'card.txt', type: 'text/plain', content: 'Happy birthday!\nYours, Rosa\n' };
  const attached = await client.post(`${target}/attachments`, { multipart: [{ name: 'kind', content: 'greeting' }, file] });
  await client.get(attached.json?.url);
  await client.patch(target, { json: { status: 'lost' } });
  await client.patch(target, { json: { status: 'paid' } });
  await client.get(target);
  await client.delete(target);
  await client.get(target);
}

async function queryGraph(client) {
  const query = 'query ProductById($id: ID!) {\n  product(id: $id) { __typename id name reviews { id stars text } }\n}';
  const ask = (operationName, query, variables) => client.post('/api/graphql', { json: { operationName, query, variables } });
  await ask('ProductList', 'query ProductList {\n  products { __typename id name price }\n}', {});
  await ask('ProductById', query, { id: '2' });
  await ask('AddReview', 'mutation AddReview($productId: Int!, $stars: Int!, $text: String!) {\n  addReview(productId: $productId, stars: $stars, text: $text) { __typename id stars text }\n}', { productId: 2, stars: 5, text: 'Warm' });
  await ask('ProductById', query, { id: '2' });
  await client.post('/api/graphql', { json: [{ operationName: 'ProductById', query, variables: { id: '1' } }, { operationName: 'ProductById', query, variables: { id: '3' } }] });
}

async function sendEvents(client) {
  for (const name of ['page_view', 'click']) {
    await client.post('/api/events', { json: { id: crypto.randomUUID(), name, at: new Date().toISOString() } });
  }
}

async function signOut(client) {
  client.headers = {};
  await client.post('/logout', { headers: { 'x-xsrf-token': client.cookie('XSRF-TOKEN') } });
  await client.visit('/account');
}
