// A proxy for a backend. It changes each selected response in one way, and logs each change.

import { request as httpRequest, createServer } from 'node:http';
import { once } from 'node:events';

/**
 * Opens the proxy. A change names its requests (`GET /orders/7` is held against `request`) and what is done:
 * `rename: [member, newName]`, `retype: member` (a number becomes a text), `status: code` or `drop: header`.
 */
export async function openChanged(backendPort, port, changes) {
  const made = [];
  const server = createServer((message, response) => {
    const sent = httpRequest({ port: backendPort, host: '127.0.0.1', method: message.method, path: message.url, headers: message.headers }, (received) => {
      const pieces = [];
      received.on('data', (piece) => pieces.push(piece));
      received.on('end', () => {
        const result = { status: received.statusCode, headers: { ...received.headers }, body: Buffer.concat(pieces) };
        for (const change of changes) {
          const line = `${message.method} ${message.url}`;
          const expected = change.request.test(line) && apply(change, result);
          if (expected) made.push({ request: line, ...expected });
        }
        response.writeHead(result.status, result.headers);
        response.end(result.body);
      });
    });
    sent.on('error', () => response.destroy());
    message.pipe(sent);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    made,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Makes the change where it is one, and returns the difference that it has to give. */
function apply(change, result) {
  if (change.status) {
    result.status = change.status;
    return { path: 'status', kind: 'status' };
  }
  if (change.drop) {
    if (!(change.drop in result.headers)) return null;
    delete result.headers[change.drop];
    return { path: change.drop, kind: 'header' };
  }
  const [member, newName] = change.rename ?? [change.retype, change.retype];
  let json;
  try {
    json = JSON.parse(result.body);
  } catch {
    return null;
  }
  if (json === null || !Object.hasOwn(json, member)) return null;
  const renamed = Object.fromEntries(Object.entries(json).map(([name, value]) => (name === member ? [newName, change.retype ? String(value) : value] : [name, value])));
  result.body = Buffer.from(JSON.stringify(renamed));
  delete result.headers['transfer-encoding'];
  result.headers['content-length'] = result.body.length;
  return { path: `$.${member}`, kind: change.retype ? 'type' : 'missing' };
}
