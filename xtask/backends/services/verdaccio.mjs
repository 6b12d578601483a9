// verdaccio, an npm registry: a user, a scoped package with a tarball, tags, search, and its removal.

import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PASSWORD = 'Tr0ub4dor&3';
const TARBALL = Buffer.from('a package of felt');

export const verdaccio = {
  name: 'verdaccio',
  service: 'npm',
  command: ({ port, folder, cache }) => {
    const config = {
      storage: join(folder, 'storage'),
      auth: { htpasswd: { file: join(folder, 'htpasswd') } },
      uplinks: {},
      packages: { '**': { access: '$all', publish: '$authenticated', unpublish: '$authenticated' } },
      log: { type: 'stdout', format: 'json', level: 'warn' },
    };
    writeFileSync(join(folder, 'config.yaml'), JSON.stringify(config));
    return [join(cache, 'verdaccio/node_modules/.bin/verdaccio'), ['--config', join(folder, 'config.yaml'), '--listen', `127.0.0.1:${port}`]];
  },
  session,
  vars: { password: PASSWORD },
  changes: [
    { request: /^GET \/-\/whoami$/, rename: ['username', 'user'] },
    { request: /^GET \/@acme%2fcap$/i, status: 410 },
    { request: /^GET \/-\/v1\/search/, rename: ['total', 'count'] },
  ],
};

async function session(client) {
  client.headers = { accept: 'application/json', 'npm-command': 'publish' };
  await client.get('/-/ping');
  await client.get('/-/whoami');
  const user = { _id: 'org.couchdb.user:ada', name: 'ada', password: client.secret('password', PASSWORD), type: 'user', roles: [], date: new Date().toISOString() };
  const { json } = await client.put('/-/user/org.couchdb.user:ada', { json: { ...user, email: 'ada@shop.example' } });
  await client.put('/-/user/org.couchdb.user:ada', { json: { ...user, password: client.wrong('password', 'letmein') } });
  await client.put('/-/user/org.couchdb.user:ada', { json: user });
  await client.get('/@acme%2fhat');
  await client.put('/@acme%2fhat', { json: packument(client, '1.0.0') });
  client.headers = { ...client.headers, authorization: `Bearer ${client.secret('token', json?.token)}` };
  await client.get('/-/whoami');
  await client.put('/@acme%2fhat', { json: packument(client, '1.0.0') });
  await client.put('/@acme%2fhat', { json: packument(client, '1.0.0') });
  await client.put('/@acme%2fhat', { json: packument(client, '1.1.0') });
  await readPackage(client);
  await tag(client);
  await remove(client);
}

async function readPackage(client) {
  const { json } = await client.get('/@acme%2fhat');
  await client.get(json?.versions?.['1.1.0']?.dist?.tarball);
  await client.get('/@acme%2fhat', { headers: { accept: 'application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8' } });
  await client.get('/@acme%2fhat/1.0.0');
  await client.get('/@acme%2fhat/9.9.9');
  await client.get('/@acme%2fcap');
  await client.get('/-/v1/search?text=hat&size=20&from=0');
  await client.get('/-/verdaccio/data/packages');
}

async function tag(client) {
  await client.get('/-/package/@acme%2fhat/dist-tags');
  await client.put('/-/package/@acme%2fhat/dist-tags/beta', { json: '1.0.0' });
  await client.get('/-/package/@acme%2fhat/dist-tags');
  await client.delete('/-/package/@acme%2fhat/dist-tags/beta');
  await client.get('/-/package/@acme%2fhat/dist-tags');
}

async function remove(client) {
  const { json } = await client.get('/@acme%2fhat?write=true');
  await client.delete(`/@acme%2fhat/-rev/${json?._rev}`);
  await client.get('/@acme%2fhat');
}

/** Returns what `npm publish` sends. */
function packument(client, version) {
  const name = '@acme/hat';
  const filename = `${name}-${version}.tgz`;
  const dist = { integrity: `sha512-${createHash('sha512').update(TARBALL).digest('base64')}`, shasum: createHash('sha1').update(TARBALL).digest('hex'), tarball: `${client.url}/${name}/-/hat-${version}.tgz` };
  return {
    _id: name,
    name,
    description: 'A hat',
    'dist-tags': { latest: version },
    versions: { [version]: { name, version, description: 'A hat', keywords: ['felt'], main: 'index.js', _id: `${name}@${version}`, dist } },
    access: null,
    _attachments: { [filename]: { content_type: 'application/octet-stream', data: TARBALL.toString('base64'), length: TARBALL.length } },
  };
}
