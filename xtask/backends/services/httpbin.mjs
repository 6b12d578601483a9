// httpbin: echoes, status codes, authentication, cookies, codings and binary bodies.

import { join } from 'node:path';

const PASSWORD = 'opensesame-91';
const TOKEN = 'f1e2d3c4b5a697887766';

const base64 = (text) => Buffer.from(text).toString('base64');

export const httpbin = {
  name: 'httpbin',
  service: 'httpbin',
  command: ({ port, cache }) => [join(cache, 'python/bin/flask'), ['--app', 'httpbin', 'run', '--host', '127.0.0.1', '--port', String(port)]],
  session,
  vars: { token: base64(`ada:${PASSWORD}`), 'token-2': TOKEN },
  changes: [
    { request: /^GET \/uuid$/, rename: ['uuid', 'id'] },
    { request: /^GET \/status\/418$/, status: 200 },
    { request: /^GET \/response-headers\?x-shop=hats$/, drop: 'x-shop' },
  ],
};

async function session(client) {
  await echoes(client);
  await statuses(client);
  await authentication(client);
  await cookies(client);
  await contents(client);
  await conditions(client);
}

async function echoes(client) {
  await client.get('/get?page=1&tag=a&tag=b');
  await client.get('/headers', { headers: { 'x-tenant': 'acme' } });
  await client.get('/ip');
  await client.get('/user-agent');
  await client.get('/uuid');
  await client.post('/post', { json: { name: 'Ada', roles: ['clerk'], at: new Date().toISOString() } });
  await client.post('/post', { form: { name: 'Ada Byron', city: 'Zürich' } });
  await client.post('/post', { multipart: [{ name: 'note', content: 'two hats' }, { name: 'file', filename: 'hats.csv', type: 'text/csv', content: 'id,name\n1,Felt\n' }] });
  await client.put('/put', { json: { id: 7, done: true } });
  await client.patch('/patch', { text: '{"done":false}', headers: { 'content-type': 'application/merge-patch+json' } });
  await client.delete('/delete');
  await client.get('/anything/orders/7?expand=items');
}

async function statuses(client) {
  for (const status of [200, 204, 400, 404, 418, 500, 503]) await client.get(`/status/${status}`);
  const { headers } = await client.get('/redirect-to?url=%2Fget%3Fcame%3Dback&status_code=302');
  await client.get(headers.location);
  await client.get('/absolute-redirect/1');
  await client.get('/post');
  await client.get('/response-headers?x-shop=hats');
}

async function authentication(client) {
  const basic = (token) => ({ authorization: `Basic ${token}` });
  await client.get(`/basic-auth/ada/${PASSWORD}`);
  await client.get(`/basic-auth/ada/${PASSWORD}`, { headers: basic(client.wrong('token', base64('ada:letmein'))) });
  await client.get(`/basic-auth/ada/${PASSWORD}`, { headers: basic(client.secret('credentials', base64(`ada:${PASSWORD}`))) });
  await client.get('/bearer');
  const { json } = await client.get('/bearer', { headers: { authorization: `Bearer ${client.secret('token', TOKEN)}` } });
  client.secret('token', json?.token);
}

async function cookies(client) {
  await client.get('/cookies');
  await client.get('/cookies/set?theme=dark');
  await client.get('/cookies');
  await client.get('/cookies/delete?theme');
  await client.get('/cookies');
}

async function contents(client) {
  for (const kind of ['html', 'json', 'xml', 'robots.txt', 'encoding/utf8', 'gzip', 'brotli', 'deflate', 'image/png', 'image/svg']) await client.get(`/${kind}`);
  await client.get('/stream-bytes/64?seed=7');
  await client.get('/stream/3');
  await client.get('/base64/SGF0cyBmb3Igd2ludGVy');
  await client.get('/links/3/0');
  await client.get('/range/40', { headers: { range: 'bytes=0-9' } });
  await client.head('/get');
}

async function conditions(client) {
  await client.get('/etag/hats-7');
  await client.get('/etag/hats-7', { headers: { 'if-none-match': '"hats-7"' } });
  await client.get('/etag/hats-7', { headers: { 'if-match': '"caps-1"' } });
  const { headers } = await client.get('/cache');
  await client.get('/cache', { headers: { 'if-modified-since': headers['last-modified'] } });
  await client.get('/cache/60');
}
