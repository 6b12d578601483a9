// Recording a backend and making fixtures of it, in a browser, against the real program.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { converse, openBackend, session } from './backend.mjs';
import { PROGRAM, finish, stage, until } from './stage.mjs';

after(finish);

const project = (url) =>
  `version: 1\nservices:\n  shop: { dir: shop, backends: { real: { url: "${url}", writes: true, vars: { password: correct horse battery } } } }\n`;

/** Every file below a folder, by its path. */
function below(folder, prefix = '') {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? below(join(folder, entry.name), `${prefix}${entry.name}/`) : [`${prefix}${entry.name}`],
  );
}

/** The bytes of every file below a folder. What goes while it is looked for is not there any more. */
function bytesBelow(folder) {
  const read = (file) => {
    try {
      return readFileSync(join(folder, file), 'latin1');
    } catch (thrown) {
      if (thrown.code === 'ENOENT') return '';
      throw thrown;
    }
  };
  return below(folder).map(read).join('');
}

const row = (page, text) => page.getByRole('treeitem').filter({ hasText: text });

test('a session is recorded on the port of the stub, accepted, answered the same without the backend, and kept by it', async (t) => {
  const backend = await openBackend(t);
  const { page, folder, service, command, errors } = await stage(t, { 'understudy.yaml': project(backend.url) });
  const url = await service('shop');
  await page.getByRole('contentinfo').getByText('1 listening').waitFor();
  await page.keyboard.press('Control+3');
  await page.getByText('Fixtures from a real backend').waitFor();
  await page.getByRole('button', { name: 'Record', exact: true }).last().click();
  await page.getByRole('group', { name: 'Recording shop' }).getByText(backend.url.replace('http://', '')).waitFor();
  await page.getByRole('contentinfo').getByText('recording shop').waitFor();
  const told = await session(url);
  await page.getByText('16 exchanges, all on the disk').waitFor();
  await row(page, 'things/create').first().click();
  const pane = page.getByRole('region', { name: 'Proposal' });
  await pane.getByText('redacted-token-1').first().waitFor();
  await pane.getByText('comes after').waitFor();
  await pane.getByText('sets the state things created').waitFor();
  await pane.getByRole('textbox', { name: 'The fixture that is proposed' }).getByText('Scarf').first().waitFor();
  assert.deepEqual(below(join(folder, 'shop')), [], 'nothing is written before it is accepted');
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await page.getByRole('button', { name: /^Accept \d+ into fixtures$/ }).click();
  await page.getByRole('status').getByText(/^Wrote \d+ files$/).waitFor();
  await page.getByText('Fixtures from a real backend').waitFor();
  const files = below(join(folder, 'shop'));
  assert.ok(files.includes('things/create.yaml') && files.includes('login.yaml'), files.join());
  const text = bytesBelow(join(folder, 'shop')) + bytesBelow(join(folder, '.understudy'));
  for (const planted of ['correct horse', 'opaque-token', 'session-secret']) assert.ok(!text.includes(planted), planted);

  // The stub answers on the same port, each thing for itself and as it is by then, however often; and the backend keeps every
  // word, with ids that are new.
  for (const turn of ['first', 'second']) {
    assert.deepEqual(await session(url), told, turn);
    await command('state_reset', { service: 'shop' });
  }
  await page.keyboard.press('Control+4');
  await page.getByRole('button', { name: /^Run / }).click();
  await page.getByRole('contentinfo').getByText(/last run: (\d+) kept of \1/).waitFor();
  assert.deepEqual(errors, []);
});

test('what is new is chosen, renamed, merged and undone; what changed is written into its fixture', async (t) => {
  const backend = await openBackend(t);
  const { page, folder, service, errors } = await stage(t, { 'understudy.yaml': project(backend.url) });
  const url = await service('shop');
  await page.getByRole('contentinfo').getByText('1 listening').waitFor();
  const record = async (paths) => {
    await page.keyboard.press('Control+Shift+R');
    await page.getByRole('group', { name: 'Recording shop' }).waitFor();
    for (const path of paths) await fetch(`${url}${path}`, { headers: { authorization: 'Bearer opaque-token-number-0' } });
    await page.getByText(`${paths.length} exchanges, all on the disk`).waitFor();
    await page.keyboard.press('Control+Shift+R');
    await page.getByRole('button', { name: 'Record', exact: true }).last().waitFor();
  };
  const file = (path) => readFileSync(join(folder, 'shop', path), 'utf8');
  await record(['/things/1', '/things/2', '/things']);
  await row(page, 'things/list').click();
  await page.keyboard.press('Space');
  await page.getByRole('button', { name: 'Accept 2 into fixtures' }).waitFor();
  await row(page, 'things/get').first().click();
  await page.getByRole('combobox', { name: 'Merge with another proposal' }).selectOption({ index: 1 });
  await page.getByRole('button', { name: /^Take shop\/things\/get-2 out/ }).waitFor();
  await page.getByRole('textbox', { name: 'The fixture that is proposed' }).getByText('/things/{id}').first().waitFor();
  await page.getByRole('textbox', { name: 'File' }).fill('things/any');
  await page.getByRole('button', { name: 'Accept 1 into fixtures' }).click();
  await page.getByRole('status').getByText('Wrote shop/things/any.yaml').waitFor();
  assert.deepEqual(below(join(folder, 'shop')), ['things/any.yaml']);
  await page.getByRole('button', { name: 'Undo' }).click();
  await until('the file is gone', () => !existsSync(join(folder, 'shop/things/any.yaml')));
  await page.keyboard.press('Control+Shift+Z');
  await until('the file is there again', () => existsSync(join(folder, 'shop/things/any.yaml')));

  // What was left out is still there, and is thrown away when it is asked for twice.
  await row(page, 'things/list').click();
  await page.keyboard.press('Space');
  await page.getByRole('button', { name: 'Discard', exact: true }).click();
  await page.getByRole('button', { name: 'Discard 1 for good?' }).click();
  await page.getByRole('status').getByText('1 exchange discarded').waitFor();

  backend.things.get(1).price = '10.50';
  await record(['/things/1', '/things/2', '/things']);
  await row(page, 'As before').click();
  await row(page, '/things/2').waitFor();
  await row(page, '/things/1').or(row(page, '/things/{id}')).first().click();
  const change = page.getByRole('region', { name: 'Proposal' }).getByRole('row').filter({ hasText: '$.price' });
  await change.getByText('"10.50"').waitFor();
  await row(page, 'things/list').click();
  await page.keyboard.press('Space');
  await row(page, '/things/{id}').first().click();
  await page.keyboard.press('Space');
  await page.getByRole('button', { name: 'Accept 1 into fixtures' }).click();
  await until('the fixture says so', () => file('things/any.yaml').includes('price: "10.50"'));
  assert.deepEqual(errors, []);
});

test('what is no secret is said once, for future recordings', async (t) => {
  const backend = await openBackend(t);
  const { page, folder, service, errors } = await stage(t, { 'understudy.yaml': project(backend.url) });
  const url = await service('shop');
  await page.getByRole('contentinfo').getByText('1 listening').waitFor();
  await page.keyboard.press('Control+Shift+R');
  await page.getByRole('group', { name: 'Recording shop' }).waitFor();
  const ask = () => fetch(`${url}/things`, { headers: { 'x-theme-token': 'blue-lagoon-2026' } });
  await ask();
  await page.keyboard.press('Control+3');
  await row(page, 'things').first().click();
  const pane = page.getByRole('region', { name: 'Proposal' });
  await pane.getByText('redacted-token-1').first().waitFor();
  await pane.getByRole('button', { name: 'x-theme-token is not a secret' }).click();
  await page.getByRole('status').getByText(/^Future recordings keep the values of x-theme-token/).waitFor();
  const file = readFileSync(join(folder, 'understudy.yaml'), 'utf8');
  assert.ok(file.includes('keep: [x-theme-token]'), file);
  await until('the recorder keeps it', async () => {
    await ask();
    return bytesBelow(join(folder, '.understudy')).includes('blue-lagoon-2026');
  });
  assert.deepEqual(errors, []);
});

test('a backend that is not there, and recordings that another program has open, are said', async (t) => {
  const { page, folder, service, errors } = await stage(t, { 'understudy.yaml': 'version: 1\nservices:\n  shop: { dir: shop }\n' });
  const url = await service('shop');
  await page.getByRole('contentinfo').getByText('1 listening').waitFor();
  await page.keyboard.press('Control+3');
  await page.getByRole('textbox', { name: 'Address of the backend' }).fill('http://127.0.0.1:9');
  await page.keyboard.press('Enter');
  await page.getByRole('group', { name: 'Recording shop' }).waitFor();
  assert.equal((await fetch(`${url}/x?api_key=planted`)).status, 502);
  await page.getByText('1 request got no answer: GET /x: nothing listens on').waitFor();
  // The app records: the command line looks through it.
  assert.equal(execFileSync(PROGRAM, ['inbox', '--project', folder], { encoding: 'utf8' }), '0 exchanges in the inbox\n');
  assert.deepEqual(errors, []);
});

test('what a browser says on a WebSocket is recorded without secrets, shown and discarded', async (t) => {
  const backend = await openBackend(t);
  const { page, folder, service, errors } = await stage(t, { 'understudy.yaml': project(backend.url) });
  const url = await service('shop');
  await page.getByRole('contentinfo').getByText('1 listening').waitFor();
  await page.keyboard.press('Control+Shift+R');
  await page.getByRole('group', { name: 'Recording shop' }).waitFor();
  const heard = await converse(page, url, ['{"password":"planted-in-a-socket"}', 'hello '.repeat(12), 'bye']);
  assert.equal(heard.length, 3);
  await page.keyboard.press('Control+3');
  await page.getByText('1 exchange, all on the disk').waitFor();
  await row(page, '/chat?room=1').click();
  const pane = page.getByRole('region', { name: 'WebSocket' });
  const messages = pane.getByRole('list', { name: 'Messages' }).getByRole('listitem');
  assert.deepEqual(
    (await messages.allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').replace(/[0-9.]+ s /, '').trim()),
    [
      'client {"password":"redacted-password-1"}',
      'backend you said {"password":"redacted-password-1"}',
      `client ${'hello '.repeat(12).trim()}`,
      `backend you said ${'hello '.repeat(12).trim()}`,
      'client bye',
      'backend you said bye',
    ],
  );
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  const stored = bytesBelow(join(folder, '.understudy'));
  assert.ok(stored.includes('password-1') && !stored.includes('planted'));
  await page.getByRole('button', { name: 'Export as HAR' }).click();
  const saved = (await page.getByRole('status').getByText(/^Saved as .*inbox.*\.har$/).innerText()).replace('Saved as ', '');
  const [socket] = JSON.parse(readFileSync(saved, 'utf8')).log.entries;
  assert.deepEqual(socket._webSocketMessages.map(({ type, opcode }) => `${type} ${opcode}`).slice(0, 2), ['send 1', 'receive 1']);
  // What was just said does not lie over it.
  await pane.getByRole('button', { name: 'Discard' }).click({ timeout: 3_000 });
  await page.getByRole('button', { name: /^Discard this WebSocket/ }).click();
  await page.getByText('Fixtures from a real backend').waitFor();
  assert.deepEqual(errors, []);
});
