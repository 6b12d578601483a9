// What of a description is covered: seen, made, verified, brought up to date; in a browser, against the real program.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { DESCRIPTION, described, finish, shop, stage, until } from './stage.mjs';

after(finish);

/** A backend that knows one item, whose id is a text. */
async function openBackend(t) {
  const server = createServer((request, response) => {
    const known = { '/items': [{ id: 7, name: 'lamp' }], '/items/7': { id: '7', name: 'lamp' } }[request.url];
    response.writeHead(known ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(known ?? {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}`;
}

const rows = (page) => page.getByRole('listbox', { name: 'Operations' }).getByRole('option');
const row = (page, text) => rows(page).filter({ hasText: text });

test('what is missing is seen, made in one click, verified, and brought up to date with what the description says by now', async (t) => {
  const { page, folder, write, errors } = await stage(t, described(await openBackend(t)));
  const file = (path) => join(folder, 'shop', path);
  await page.getByRole('contentinfo').getByText('1 listening').waitFor();
  await page.keyboard.press('Control+5');
  await page.getByRole('heading', { name: '0 of 5 statuses have a fixture' }).waitFor();
  await page.getByText('1 fixture not in the description').waitFor();

  await row(page, '/items/{id}').first().click();
  const pane = page.getByRole('region', { name: 'Operation', exact: true });
  await pane.getByRole('button', { name: 'Make fixture for 404' }).click();
  await page.getByRole('status').getByText('Made shop/getItem-404.yaml').waitFor();
  await page.getByRole('heading', { name: '1 of 5 statuses have a fixture' }).waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await until('the file is gone', () => !existsSync(file('getItem-404.yaml')));
  await page.getByRole('heading', { name: '0 of 5 statuses have a fixture' }).waitFor();

  // All of them, once it was seen what they are.
  await page.keyboard.press('Control+Enter');
  const plan = page.getByRole('region', { name: 'Update from the description' });
  await plan.getByRole('heading', { name: '5 files to write' }).waitFor();
  assert.ok(!existsSync(file('getItem.yaml')), 'nothing is written before it is asked for');
  await plan.getByText('shop/getItem.yaml').click();
  await plan.getByText('+  path: /items/{id}').first().waitFor();
  await plan.getByRole('button', { name: 'Write 5 files' }).click();
  await page.getByRole('heading', { name: '5 of 5 statuses have a fixture' }).waitFor();

  // The backend's item is not what the description says: the screen tells, with when and where.
  await row(page, '/items/{id}').first().click();
  await pane.getByRole('button', { name: 'Verify 2' }).click();
  await page.getByRole('contentinfo').getByText(/last run/).waitFor();
  await page.keyboard.press('Control+5');
  await page.getByText('0 kept by a backend · 1 broken · 1 not as described').waitFor();
  await row(page, '/items/{id}').first().click();
  await pane.getByRole('article', { name: 'Status 200' }).getByText(/ · http:\/\/127\.0\.0\.1:\d+/).waitFor();
  await pane.getByText("the backend's answer was not what the description says").waitFor();

  // Work by hand stays when the description has changed.
  write('shop/getItem.yaml', readFileSync(file('getItem.yaml'), 'utf8').replace('name: lamp', 'name: desk lamp'));
  write('shop/openapi.yaml', DESCRIPTION.replace('id: { type: integer }', 'id: { type: integer, minimum: 1 }').replace(/    delete:[^]*?components/, 'components'));
  await page.getByRole('heading', { name: '4 of 4 statuses have a fixture' }).waitFor();
  await page.getByRole('button', { name: /^Update fixtures from/ }).click();
  await plan.getByText('goes', { exact: true }).waitFor();
  await plan.getByText('+    $.id: {type: integer, min: 1}').waitFor();
  await page.keyboard.press('Control+Enter');
  await page.getByRole('status').getByText('Brought 3 fixtures up to date').waitFor();
  const text = readFileSync(file('getItem.yaml'), 'utf8');
  assert.ok(text.includes('desk lamp') && text.includes('min: 1'), text);
  assert.ok(!existsSync(file('removeItem.yaml')));
  assert.deepEqual(errors, []);
});

test('operations are filtered; a project without a description says how to link one', async (t) => {
  const { page, errors } = await stage(t, described('http://127.0.0.1:9'));
  await page.getByRole('contentinfo').getByText('1 listening').waitFor();
  await page.keyboard.press('Control+5');
  await row(page, '/items').first().waitFor();
  await page.keyboard.press('Control+f');
  await page.keyboard.type('status:404');
  await until('one is left', async () => (await rows(page).count()) === 1);
  await page.getByRole('checkbox', { name: 'only successes' }).check();
  await page.getByRole('heading', { name: '0 of 3 statuses have a fixture' }).waitFor();
  assert.deepEqual(errors, []);

  const plain = await stage(t, shop());
  await plain.page.getByRole('button', { name: 'Coverage' }).click();
  await plain.page.getByText('What is not promised yet').waitFor();
  await plain.page.getByText('openapi: openapi.yaml').waitFor();
  assert.deepEqual(plain.errors, []);
});

test('where answers lead, and what the backend asks, is shown', async (t) => {
  const beyond = DESCRIPTION.replace('responses: { "204": { description: gone } }', `responses: { "204": { description: gone, links: { all: { operationId: listItems } } } }
      callbacks: { gone: { "{$request.query.url}": { post: { responses: {} } } } }`).replace('components:', 'x-webhooks: { newItem: { post: { responses: {} } } }\ncomponents:');
  const { page, errors } = await stage(t, { ...described('http://127.0.0.1:9'), 'shop/openapi.yaml': beyond });
  await page.getByRole('contentinfo').getByText('1 listening').waitFor();
  await page.keyboard.press('Control+5');
  await row(page, '/items/{id}').last().click();
  const pane = page.getByRole('region', { name: 'Operation', exact: true });
  await pane.getByText('leads from 204 to listItems').waitFor();
  await pane.getByText('the backend asks POST {$request.query.url}, as gone').waitFor();
  await page.getByText('1 webhook').click();
  await page.getByText('POST, as newItem').waitFor();
  assert.deepEqual(errors, []);
});
