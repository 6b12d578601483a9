// Every screen in every theme: what axe finds, and what a narrow window or a large zoom cuts off.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, test } from 'node:test';
import { converse, openBackend } from './backend.mjs';
import { described, finish, shop, stage } from './stage.mjs';

after(finish);

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Looks at a page as it is, and notes what is wrong with it. */
const looking = (page, findings) => async (what) => {
  await page.evaluate(AXE);
  const { violations, passes } = await page.evaluate(() => window.axe.run(document));
  assert.ok(passes.length > 10, `${what}: axe looked at nothing`);
  for (const { id, nodes } of violations) findings.push(`${what}: ${id}: ${nodes.map((node) => node.html).join(' | ')}`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  if (wide) findings.push(`${what}: it is wider than the window`);
};

test('axe finds nothing on any screen in any theme', async (t) => {
  const real = await stage(t, shop());
  const files = shop(`, backends: { real: { url: "${await real.service('shop')}" } }`);
  files['shop/items/list.yaml'] += 'set: { items: seen }\n';
  const { page, service, write } = await stage(t, files);
  const findings = [];
  const look = looking(page, findings);
  await fetch(`${await service('shop')}/items`);
  await fetch(`${await service('shop')}/nothing`);
  write('shop/bad.yaml', 'request: { path: /bad }\nresponse: { statuss: 200 }\n');
  for (const theme of ['Light', 'Dark', 'High contrast']) {
    await page.keyboard.press('Control+,');
    await page.getByRole('radio', { name: theme }).check();
    await look(`settings, ${theme}`);
    await page.getByRole('button', { name: 'Services', exact: true }).click();
    await page.getByRole('region', { name: 'State of shop' }).waitFor();
    await look(`services, ${theme}`);
    await page.getByRole('treeitem').filter({ hasText: '/items/{id}' }).click();
    await page.getByRole('tab', { name: 'Form' }).click();
    await page.getByRole('textbox', { name: 'Body of the answer' }).getByText('"price"').click();
    await page.getByRole('combobox', { name: 'Rule for $.price' }).waitFor();
    await page.getByRole('button', { name: '0 headers' }).click();
    await look(`form, ${theme}`);
    await page.getByRole('tab', { name: 'Source' }).click();
    await page.getByRole('textbox', { name: /Source/ }).waitFor();
    await look(`source, ${theme}`);
    await page.getByRole('treeitem').filter({ hasText: 'bad.yaml' }).click();
    await page.getByRole('list', { name: 'Problems' }).waitFor();
    await look(`problems, ${theme}`);
    await page.getByRole('treeitem').filter({ hasText: '/items/{id}' }).click();
    await page.getByRole('tab', { name: 'Try it' }).click();
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('200 OK').waitFor();
    await look(`try, ${theme}`);
    await page.keyboard.press('Control+2');
    await page.getByRole('row').filter({ hasText: '/nothing' }).first().click();
    await page.getByText('No fixture matches').waitFor();
    await look(`traffic, ${theme}`);
    await page.keyboard.press('Control+3');
    await page.getByRole('region', { name: 'Inbox' }).waitFor();
    await look(`record, ${theme}`);
    await page.getByRole('button', { name: 'Record', exact: true }).last().click();
    await page.getByRole('group', { name: 'Recording shop' }).waitFor();
    await fetch(`${await service('shop')}/items`);
    await fetch(`${await service('shop')}/nothing/7?token=secret`);
    await page.getByRole('treeitem').filter({ hasText: '/nothing/{id}' }).click();
    await page.getByText('replaces a secret in').waitFor();
    await look(`recording, ${theme}`);
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByRole('treeitem').filter({ hasText: 'New' }).waitFor();
    await page.getByRole('button', { name: 'Discard', exact: true }).click();
    await page.getByRole('button', { name: /for good/ }).click();
    await page.keyboard.press('Control+4');
    await look(`verify, ${theme}`);
    await page.getByRole('button', { name: /Run 2/ }).click();
    await page.getByRole('contentinfo').getByText('kept of').waitFor();
    await look(`run, ${theme}`);
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Command or fixture' }).waitFor();
    await look(`palette, ${theme}`);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+Shift+F');
    await page.getByRole('combobox', { name: 'Text in fixtures' }).pressSequentially('items');
    await page.getByText('items/get.yaml:').first().waitFor();
    await look(`search, ${theme}`);
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await look(`help, ${theme}`);
    await page.keyboard.press('Escape');
  }
  assert.deepEqual(findings, []);
});

test('axe finds nothing on what is covered, in any theme', async (t) => {
  const { page, errors } = await stage(t, {
    ...described('http://127.0.0.1:9'),
    'shop/wrong.yaml': 'request: { path: "/items/{id}", params: { id: { type: integer, example: 1 } } }\nresponse: { body: { json: { id: x } } }\n',
  });
  const findings = [];
  const look = looking(page, findings);
  await page.getByRole('contentinfo').getByText('1 listening').waitFor();
  for (const theme of ['Light', 'Dark', 'High contrast']) {
    await page.keyboard.press('Control+,');
    await page.getByRole('radio', { name: theme }).check();
    await page.keyboard.press('Control+5');
    const operations = page.getByRole('listbox', { name: 'Operations' }).getByRole('option');
    await operations.first().waitFor();
    await look(`coverage, ${theme}`);
    await operations.filter({ hasText: '/items/{id}' }).first().click();
    await page.getByText('expected integer, received string').waitFor();
    await look(`operation, ${theme}`);
    await page.getByRole('button', { name: /^Update fixtures from/ }).click();
    await page.getByText('shop/listItems.yaml').click();
    await look(`update, ${theme}`);
    await page.getByRole('button', { name: 'Cancel' }).click();
  }
  assert.deepEqual(findings, []);
  assert.deepEqual(errors, []);
});

test('axe finds nothing on what was said on a WebSocket, in any theme', async (t) => {
  const backend = await openBackend(t);
  const { page, service, errors } = await stage(t, shop(`, backends: { real: { url: "${backend.url}" } }`));
  const findings = [];
  const look = looking(page, findings);
  const url = await service('shop');
  await page.keyboard.press('Control+Shift+R');
  await page.getByRole('group', { name: 'Recording shop' }).waitFor();
  await converse(page, url, ['{"password":"secret"}', 'bye']);
  for (const theme of ['Light', 'Dark', 'High contrast']) {
    await page.keyboard.press('Control+,');
    await page.getByRole('radio', { name: theme }).check();
    await page.keyboard.press('Control+3');
    await page.getByRole('treeitem').filter({ hasText: '/chat?room=1' }).click();
    await page.getByRole('list', { name: 'Messages' }).waitFor();
    await look(`WebSocket, ${theme}`);
  }
  assert.deepEqual(findings, []);
  assert.deepEqual(errors, []);
});

test('at 200 % zoom nothing lies outside the window', async (t) => {
  const { page } = await stage(t, shop(), { width: 640, height: 400 });
  for (const screen of ['Services', 'Traffic', 'Record', 'Verify', 'Settings']) {
    await page.getByRole('navigation').getByRole('button', { name: screen }).click();
    const outside = await page.evaluate(() =>
      [...document.querySelectorAll('button, input, select')]
        .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
        .map((element) => element.outerHTML.slice(0, 120)),
    );
    assert.deepEqual(outside, [], screen);
  }
});

test('axe finds nothing in the question about variables', async (t) => {
  process.env.UNDERSTUDY_TEST_KEY = 'blue-harbour-41';
  const files = shop(', mode: passthrough, backends: { real: { url: "http://127.1:9", headers: { x-key: "${UNDERSTUDY_TEST_KEY}" } } }');
  const { page } = await stage(t, files);
  const findings = [];
  const look = looking(page, findings);
  await page.getByRole('dialog', { name: 'Send your environment variables?' }).waitFor();
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await look(colorScheme);
  }
  assert.deepEqual(findings, []);
});
