// json-server, in the version that most projects have and in the coming one: collections with paging, search and writes.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const DATA = {
  posts: [
    { id: '1', title: 'Hats for winter', author: 'ada', views: 100, published: true, at: '2024-01-02T10:00:00Z' },
    { id: '2', title: 'Caps for summer', author: 'grace', views: 250, published: true, at: '2024-02-03T11:30:00Z' },
    { id: '3', title: 'Scarves', author: 'ada', views: 7, published: false, at: '2024-03-04T12:45:00Z' },
  ],
  comments: [
    { id: '1', text: 'Warm', postId: '1' },
    { id: '2', text: 'Too warm', postId: '1' },
  ],
  profile: { name: 'shop news', theme: 'dark' },
};

/** json-server 0.17 counts ids as numbers. */
const numbered = JSON.parse(JSON.stringify(DATA), (name, value) => (/^(id|postId)$/.test(name) ? Number(value) : value));

/** Without `production`, 1.0 reads its file again after its own writes, and forgets what was written since. */
const ENV = { NO_UPDATE_NOTIFIER: '1', NODE_ENV: 'production' };

const command = (folderName, data) => ({ port, folder, cache }) => {
  writeFileSync(join(folder, 'db.json'), JSON.stringify(data));
  mkdirSync(join(folder, 'public'));
  const program = join(cache, folderName, 'node_modules/.bin/json-server');
  return [program, [join(folder, 'db.json'), '--host', '127.0.0.1', '--port', String(port)], { env: ENV }];
};

const changes = [
  { request: /^GET \/profile$/, rename: ['theme', 'skin'] },
  { request: /^GET \/posts\/2$/, rename: ['author', 'writer'] },
  { request: /^GET \/nowhere$/, status: 410 },
];

export const jsonServer017 = { name: 'json-server-0.17', service: 'news', command: command('json-server-0.17', numbered), session: session017, vars: {}, changes };
export const jsonServer10 = { name: 'json-server-1.0', service: 'news', command: command('json-server-1.0', DATA), session: session10, vars: {}, changes };

async function session017(client) {
  await client.visit('/');
  const page = await client.get('/posts?_page=1&_limit=2');
  await client.get(/<([^>]*)>; rel="next"/.exec(page.headers.link)?.[1]);
  await client.get('/posts?_sort=views&_order=desc');
  await client.get('/posts?q=warm');
  await client.get('/posts?author=ada&published=true');
  await client.get('/posts?views_gte=100');
  await client.get('/posts/1?_embed=comments');
  await client.get('/comments?_expand=post');
  await client.get('/posts/1/comments');
  await readAndWrite(client);
  await client.get('/db');
}

async function session10(client) {
  await client.visit('/');
  await client.get('/posts?_page=1&_per_page=2');
  await client.get('/posts?_page=2&_per_page=2');
  await client.get('/posts?_sort=-views');
  await client.get('/posts?author=ada');
  await client.get('/posts?views_gte=100');
  await client.get('/posts/1?_embed=comments');
  await client.get('/comments?_embed=post');
  await readAndWrite(client);
}

async function readAndWrite(client) {
  await client.get('/posts');
  const read = await client.get('/posts/2');
  await client.get('/posts/2', { headers: { 'if-none-match': read.headers.etag } });
  await client.get('/posts/77');
  await client.get('/nowhere');
  await client.head('/posts');
  await client.get('/profile');
  await client.patch('/profile', { json: { theme: 'light' } });
  await client.get('/profile');
  const created = await client.post('/posts', { json: { title: 'Gloves', author: 'emmy', views: 0, published: false, at: new Date().toISOString() } });
  const target = `/posts/${created.json?.id}`;
  await client.get(target);
  await client.get('/posts');
  await client.put(target, { json: { title: 'Gloves and mittens', author: 'emmy', views: 1, published: true, at: new Date().toISOString() } });
  await client.patch(target, { json: { views: 2 } });
  await client.get(target);
  const comment = await client.post('/comments', { json: { text: 'Soft', postId: created.json?.id } });
  await client.get(`/comments?postId=${created.json?.id}`);
  await client.delete(`/comments/${comment.json?.id}`);
  await client.delete(target);
  await client.get(target);
  await client.get('/posts');
}
