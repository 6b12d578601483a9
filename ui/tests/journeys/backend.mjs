// A backend to record: a login with a token and a cookie, things that can be made, changed and deleted, answers in gzip, and a
// WebSocket that says back what it hears.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { constants, deflateRawSync, gzipSync, inflateRawSync } from 'node:zlib';

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
  server.on('upgrade', chat);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => (server.closeAllConnections(), server.close()));
  return { url: `http://127.0.0.1:${server.address().port}`, things };
}

const SYNC = { finishFlush: constants.Z_SYNC_FLUSH };

/** Says back what it hears, compressed (RFC 6455, RFC 7692), in short messages; closes once it hears `bye`. */
function chat(request, socket) {
  const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  const lines = ['HTTP/1.1 101 Switching Protocols', 'connection: upgrade', 'upgrade: websocket', `sec-websocket-accept: ${accept}`];
  lines.push('sec-websocket-extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover', '', '');
  socket.write(lines.join('\r\n'));
  let heard = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (piece) => {
    heard = Buffer.concat([heard, piece]);
    while (heard.length >= 6 && heard.length >= 6 + (heard[1] & 0x7f)) {
      const length = heard[1] & 0x7f;
      const opcode = heard[0] & 0x0f;
      const mask = heard.subarray(2, 6);
      const payload = Buffer.from(heard.subarray(6, 6 + length).map((byte, at) => byte ^ mask[at % 4]));
      const isCompressed = (heard[0] & 0x40) !== 0;
      heard = heard.subarray(6 + length);
      if (opcode === 8) return socket.end();
      const text = isCompressed ? inflateRawSync(Buffer.concat([payload, Buffer.from([0, 0, 0xff, 0xff])]), SYNC).toString() : payload.toString();
      const said = deflateRawSync(`you said ${text}`, SYNC).subarray(0, -4);
      socket.write(Buffer.concat([Buffer.from([0xc1, said.length]), said]));
      if (text === 'bye') socket.write(Buffer.from([0x88, 0]));
    }
  });
}

/** What a frontend asks: signs in, looks, makes one, changes it, deletes it. Gives what it was told. */
export async function session(url) {
  const told = [];
  let headers = { 'content-type': 'application/json' };
  const ask = async (method, path, body) => {
    const answer = await fetch(`${url}${path}`, { method, headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    told.push([method, path.replace(/\d+$/, 'ID'), answer.status, text.replace(/"id":\d+/g, '"id":ID').replace(/opaque-token-number-\d+|redacted-token-\d+/g, 'TOKEN')]);
    return { json: text ? JSON.parse(text) : null, cookie: answer.headers.get('set-cookie') };
  };
  const { json, cookie } = await ask('POST', '/login', { user: 'ada', password: 'correct horse battery' });
  headers = { ...headers, authorization: `Bearer ${json.access_token}`, cookie: cookie.split(';')[0] };
  await ask('GET', '/things/1');
  await ask('GET', '/things/2');
  await ask('GET', '/things');
  const scarf = await ask('POST', '/things', { name: 'Scarf', price: 20 });
  await ask('GET', '/things');
  const glove = await ask('POST', '/things', { name: 'Glove', price: 9 });
  await ask('GET', `/things/${glove.json.id}`);
  await ask('GET', `/things/${scarf.json.id}`);
  await ask('PATCH', `/things/${scarf.json.id}`, { price: 19 });
  await ask('GET', `/things/${glove.json.id}`);
  await ask('GET', `/things/${scarf.json.id}`);
  await ask('DELETE', `/things/${scarf.json.id}`);
  await ask('GET', `/things/${scarf.json.id}`);
  await ask('GET', '/things');
  await ask('DELETE', `/things/${glove.json.id}`);
  return told;
}

/** What a frontend in a page of its own says on a WebSocket, one after the other; gives what it heard. */
export async function converse(page, url, says) {
  const frontend = await page.context().newPage();
  // The origin of an empty page is `null`, and pages without an origin do not reach a backend.
  const server = createServer((_, response) => response.end('a frontend')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  await frontend.goto(`http://127.0.0.1:${server.address().port}/`);
  const heard = await frontend.evaluate(
    ([address, says]) =>
      new Promise((resolve, reject) => {
        const socket = new WebSocket(address);
        const heard = [];
        socket.onopen = () => socket.send(says[0]);
        socket.onmessage = ({ data }) => (heard.push(data), heard.length < says.length && socket.send(says[heard.length]));
        socket.onclose = () => resolve(heard);
        socket.onerror = () => reject(new Error('no WebSocket'));
      }),
    [`${url.replace('http', 'ws')}/chat?room=1`, says],
  );
  await frontend.close();
  server.close();
  return heard;
}
