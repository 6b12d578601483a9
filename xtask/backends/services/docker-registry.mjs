// Debian's docker-registry: uploads in steps with an opaque state, digests, and manifests by media type.

import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const CONFIG = 'application/vnd.docker.container.image.v1+json';

const digestOf = (text) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

export const dockerRegistry = {
  name: 'docker-registry',
  service: 'registry',
  command: ({ port, folder }) => {
    const config = { version: 0.1, log: { level: 'warn', accesslog: { disabled: true } }, storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } }, http: { addr: `127.0.0.1:${port}` } };
    writeFileSync(join(folder, 'config.yml'), JSON.stringify(config));
    return ['docker-registry', ['serve', join(folder, 'config.yml')]];
  },
  session,
  vars: {},
  changes: [
    { request: /^GET \/v2\/_catalog$/, rename: ['repositories', 'names'] },
    { request: /^GET \/v2\/nobody\/nothing\/tags\/list$/, status: 410 },
    { request: /^GET \/v2\/$/, drop: 'docker-distribution-api-version' },
  ],
};

async function session(client) {
  client.headers = { accept: 'application/json, */*' };
  await client.get('/v2/');
  await client.get('/v2/_catalog');
  await client.get('/v2/nobody/nothing/tags/list');
  const config = JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } });
  const layer = 'a layer of felt\n';
  await client.head(`/v2/shop/hats/blobs/${digestOf(layer)}`);
  await uploadAtOnce(client, config);
  await uploadInSteps(client, layer);
  await refuseWrongDigest(client);
  await client.head(`/v2/shop/hats/blobs/${digestOf(layer)}`);
  await client.get(`/v2/shop/hats/blobs/${digestOf(layer)}`);
  await client.get(`/v2/shop/hats/blobs/${digestOf('never uploaded')}`);
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: { mediaType: CONFIG, size: config.length, digest: digestOf(config) },
    layers: [{ mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip', size: layer.length, digest: digestOf(layer) }],
  });
  await client.put('/v2/shop/hats/manifests/1.0', { headers: { 'content-type': MANIFEST }, text: manifest });
  await client.put('/v2/shop/hats/manifests/2.0', { headers: { 'content-type': MANIFEST }, text: '{"schemaVersion":2}' });
  await client.get('/v2/shop/hats/manifests/1.0', { headers: { accept: MANIFEST } });
  await client.head('/v2/shop/hats/manifests/1.0', { headers: { accept: MANIFEST } });
  await client.get('/v2/shop/hats/manifests/0.9', { headers: { accept: MANIFEST } });
  await client.get('/v2/shop/hats/tags/list');
  await client.get('/v2/_catalog');
  await client.delete(`/v2/shop/hats/manifests/${digestOf(manifest)}`);
  await client.get('/v2/shop/hats/manifests/1.0', { headers: { accept: MANIFEST } });
  await client.delete(`/v2/shop/hats/blobs/${digestOf(layer)}`);
  await client.get(`/v2/shop/hats/blobs/${digestOf(layer)}`);
}

const BYTES = { 'content-type': 'application/octet-stream' };

/** Returns the address of an upload with the digest that ends it. */
const ended = (location, content) => `${location}${location?.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digestOf(content))}`;

/** Begins an upload, and returns its address. */
async function begin(client) {
  const { headers } = await client.post('/v2/shop/hats/blobs/uploads/');
  return client.made('upload', headers.location);
}

async function uploadAtOnce(client, content) {
  await client.put(ended(await begin(client), content), { headers: BYTES, text: content });
}

async function uploadInSteps(client, content) {
  const half = content.slice(0, 8);
  const first = await client.patch(await begin(client), { headers: { ...BYTES, 'content-range': '0-7' }, text: half });
  await client.get(first.headers.location);
  const second = await client.patch(first.headers.location, { headers: { ...BYTES, 'content-range': `8-${content.length - 1}` }, text: content.slice(8) });
  await client.put(ended(second.headers.location, content), {});
}

async function refuseWrongDigest(client) {
  await client.put(ended(await begin(client), 'another content'), { headers: BYTES, text: 'one content' });
  await client.delete(await begin(client));
}
