// Projects that other people wrote: variables of the environment go to a host only once somebody has allowed it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { finish, stage, until } from './stage.mjs';

after(finish);

const SECRET = 'blue-harbour-41';
process.env.UNDERSTUDY_TEST_KEY = SECRET;
process.env.UNDERSTUDY_TEST_USER = SECRET;

/** A backend that notes what it gets. The host `127.1` is this machine, and no name that the program knows as such. */
async function openBackend(t) {
  const seen = [];
  const server = createServer((request, response) => {
    seen.push({ url: request.url, key: request.headers['x-key'] });
    response.setHeader('content-type', 'application/json').end('{"items":[]}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { host: `127.1:${server.address().port}`, port: server.address().port, seen };
}

const project = (host, mode) => ({
  'understudy.yaml': `version: 1\nservices:\n  shop:\n    dir: shop\n    mode: ${mode}\n    backends:\n      staging: { url: "http://${host}", headers: { x-key: "\${UNDERSTUDY_TEST_KEY}" } }\n`,
  'shop/items.yaml': 'request: { path: /items }\nresponse: { body: { json: { items: [] } } }\n',
});

const question = (page) => page.getByRole('dialog', { name: 'Send your environment variables?' });
const remembered = (folder) => join(dirname(folder), '.local/state/understudy/trust.json');

test('a cloned project that forwards asks first, and its answer is remembered for this host and these variables', async (t) => {
  const backend = await openBackend(t);
  const files = project(backend.host, 'passthrough');
  const { page, folder, service, write, errors } = await stage(t, files);
  const url = await service('shop');
  await question(page).getByText(`http://${backend.host}`).waitFor();
  await question(page).getByText('UNDERSTUDY_TEST_KEY').waitFor();
  await question(page).getByText('understudy.yaml line 7: backend staging of shop').waitFor();
  assert.equal((await fetch(`${url}/items`)).status, 200, 'fixtures respond meanwhile');
  const refused = await fetch(`${url}/other`);
  assert.equal(refused.status, 403);
  assert.match((await refused.json()).detail, /\$\{UNDERSTUDY_TEST_KEY\} may not be sent/);

  await page.keyboard.press('Escape');
  await question(page).waitFor({ state: 'hidden' });
  const status = page.getByRole('contentinfo').getByRole('button', { name: 'shop forwards nothing: not allowed' });
  await status.click();
  await question(page).getByRole('button', { name: 'Do not send' }).click();
  assert.equal((await fetch(`${url}/other`)).status, 403);
  assert.ok(!existsSync(remembered(folder)));
  assert.deepEqual(backend.seen, []);

  await status.click();
  await question(page).getByRole('button', { name: 'Allow' }).click();
  await status.waitFor({ state: 'hidden' });
  assert.equal((await fetch(`${url}/other`)).status, 200);
  assert.deepEqual(backend.seen, [{ url: '/other', key: SECRET }]);
  const origin = `http://${backend.host}`;
  const saved = () => JSON.parse(readFileSync(remembered(folder), 'utf8'))[realpathSync(folder)];
  assert.deepEqual(saved(), { [origin]: ['UNDERSTUDY_TEST_KEY'] });

  // infracost/actions #270: an update of the project took more of the environment than was approved. It is a new question,
  // about what is new.
  write('understudy.yaml', files['understudy.yaml'].replace('x-key:', 'x-user: "${UNDERSTUDY_TEST_USER}", x-key:'));
  await question(page).getByText('UNDERSTUDY_TEST_USER').waitFor();
  assert.equal(await question(page).getByText('UNDERSTUDY_TEST_KEY').count(), 0);
  assert.equal((await fetch(`${url}/other`)).status, 403);
  await question(page).getByRole('button', { name: 'Only until the app ends' }).click();
  await until('requests are forwarded', async () => (await fetch(`${url}/other`)).status === 200);
  assert.deepEqual(saved(), { [origin]: ['UNDERSTUDY_TEST_KEY'] });
  assert.ok(!(await page.content()).includes(SECRET));
  assert.deepEqual(errors, []);
});

test('a run and a recording ask before they send anything, and go on once they may', async (t) => {
  const backend = await openBackend(t);
  const { page, errors } = await stage(t, project(backend.host, 'mock'));
  await page.getByRole('contentinfo').getByText('1 listening').waitFor();
  assert.equal(await question(page).count(), 0, 'a project that sends nothing asks nothing');
  await page.keyboard.press('Control+4');
  await page.getByRole('button', { name: /^Run / }).click();
  await question(page).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('status').getByText('Nothing was sent').waitFor();
  await page.keyboard.press('Control+3');
  await page.getByRole('button', { name: 'Record', exact: true }).last().click();
  await question(page).getByRole('button', { name: 'Do not send' }).click();
  assert.deepEqual(backend.seen, []);
  await page.getByRole('button', { name: 'Record', exact: true }).last().click();
  await question(page).getByRole('button', { name: 'Only until the app ends' }).click();
  await page.getByRole('group', { name: 'Recording shop' }).waitFor();
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await page.keyboard.press('Control+4');
  await page.getByRole('button', { name: /^Run / }).click();
  await page.getByRole('contentinfo').getByText('last run: 1 kept of 1').waitFor();
  assert.deepEqual(backend.seen, [{ url: '/items', key: SECRET }]);
  assert.deepEqual(errors, []);
});

test('on loopback nobody is asked', async (t) => {
  const backend = await openBackend(t);
  const { page, service, errors } = await stage(t, project(`localhost:${backend.port}`, 'passthrough'));
  assert.equal((await fetch(`${await service('shop')}/other`)).status, 200);
  await page.keyboard.press('Control+4');
  await page.getByRole('button', { name: /^Run / }).click();
  await page.getByRole('contentinfo').getByText('last run: 1 kept of 1').waitFor();
  assert.equal(await question(page).count(), 0);
  assert.deepEqual(errors, []);
});
