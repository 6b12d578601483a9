// A backend to record: a login with a token and a cookie, things that can be made, changed and deleted, answers in gzip.

import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';

/** Opens it on a free port, until the test ends. */
export async function openBackend(t) {
  const things = new Map([[1, { id: 1, name: 'Hat', price: 10.5 }], [2, { id: 2, name: 'Cap', price: 7 }]]);
  let made = 40;
  let logins = 0;
  const answers = {
    'POST /login': ({ body }) => {
      if (body?.password !== 'correct horse battery') return [403, { error: 'wrong password' }];
      logins += 1;
      return [200, { access_token: `opaque-token-number-${logins}`, expires_in: 3600 }, { 'set-cookie': `sid=session-secret-${logins}; Path=/; HttpOnly` }];
    },
    'GET /things': () => [200, [...things.values()]],
    'POST /things': ({ body }) => {
      made += 1;
      things.set(made, { id: made, ...body });
      return [201, things.get(made), { location: `/things/${made}` }];
    },
    'GET /things/': ({ id }) => (things.has(id) ? [200, things.get(id)] : [404, { error: 'no such thing' }]),
    'PATCH /things/': ({ id, body }) => {
      if (!things.has(id)) return [404, { error: 'no such thing' }];
      things.set(id, { ...things.get(id), ...body });
      return [200, things.get(id)];
    },
    'DELETE /things/': ({ id }) => (things.delete(id) ? [204, null] : [404, { error: 'no such thing' }]),
  };
  const server = createServer((request, response) => {
    const pieces = [];
    request.on('data', (piece) => pieces.push(piece));
    request.on('end', () => {
      const id = Number(/\/things\/(\d+)$/.exec(request.url)?.[1]);
      const answer = answers[`${request.method} ${request.url.replace(/\d+$/, '')}`];
      const isKnown = request.url === '/login' || request.headers.authorization === `Bearer opaque-token-number-${logins}`;
      const text = Buffer.concat(pieces).toString();
      const [status, json, headers = {}] = !isKnown
        ? [401, { error: 'who are you' }]
        : answer
          ? answer({ id, body: text ? JSON.parse(text) : null })
          : [404, { error: 'nothing here' }];
      const body = json === null ? '' : JSON.stringify(json);
      const zipped = body.length > 0 && /gzip/.test(request.headers['accept-encoding'] ?? '');
      response.writeHead(status, {
        ...headers,
        ...(body ? { 'content-type': 'application/json' } : {}),
        ...(zipped ? { 'content-encoding': 'gzip' } : {}),
      });
      response.end(zipped ? gzipSync(body) : body);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => (server.closeAllConnections(), server.close()));
  return { url: `http://127.0.0.1:${server.address().port}`, things };
}

/** What a frontend asks: signs in, looks, makes one, changes it, deletes it. Gives what it was told. */
export async function session(url) {
  const told = [];
  let headers = { 'content-type': 'application/json' };
  const ask = async (method, path, body) => {
    const answer = await fetch(`${url}${path}`, { method, headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    told.push([method, path.replace(/\d+$/, 'ID'), answer.status, text.replace(/"id":\d+/g, '"id":ID').replace(/opaque-token-number-\d+|«token-\d+»/g, 'TOKEN')]);
    return { json: text ? JSON.parse(text) : null, cookie: answer.headers.get('set-cookie') };
  };
  const { json, cookie } = await ask('POST', '/login', { user: 'ada', password: 'correct horse battery' });
  headers = { ...headers, authorization: `Bearer ${json.access_token}`, cookie: cookie.split(';')[0] };
  await ask('GET', '/things/1');
  await ask('GET', '/things/2');
  const made = await ask('POST', '/things', { name: 'Scarf', price: 20 });
  await ask('GET', `/things/${made.json.id}`);
  await ask('PATCH', `/things/${made.json.id}`, { price: 19 });
  await ask('DELETE', `/things/${made.json.id}`);
  return told;
}
