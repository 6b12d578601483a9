// What people do, in a browser, against the real program.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { finish, shop, stage, until } from './stage.mjs';

after(finish);

/** Opens the source of the fixture that is shown. */
const source = (page) => page.getByRole('tab', { name: 'Source' }).click();
const fixture = (page, path) => page.getByRole('treeitem').filter({ hasText: path }).first();

test('from the start to the first matched request', async (t) => {
  const { page, service, errors } = await stage(t, shop());
  await page.getByText('Ask for something').waitFor();
  const line = await page.locator('code', { hasText: 'curl' }).textContent();
  assert.equal(line, `curl ${await service('shop')}/items`);
  await fetch(line.slice('curl '.length));
  await page.getByRole('button', { name: 'Traffic' }).click();
  const row = page.getByRole('row').filter({ hasText: '/items' });
  await row.click();
  await page.getByText('this one answers').waitFor();
  await page.getByRole('tab', { name: 'Answer' }).click();
  await page.getByText('"price"').waitFor();
  await page.getByRole('button', { name: 'Copy as command' }).click();
  await until('it is copied', async () => /^understudy explain GET '\/items' --project '.*' --service 'shop'$/.test(await page.evaluate(() => navigator.clipboard.readText())));
  assert.deepEqual(errors, []);
});

test('an edited body is served, and the file holds it', async (t) => {
  const { page, folder, service } = await stage(t, shop());
  await fixture(page, '/items/{id}').click();
  await source(page);
  const editor = page.getByRole('textbox', { name: 'Source of items/get.yaml' });
  await editor.getByText('price: 10').click();
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.type('99');
  await page.getByText('Saved', { exact: true }).waitFor();
  await until('the new price', async () => (await (await fetch(`${await service('shop')}/items/1`)).json()).price === 1099);
  assert.match(readFileSync(join(folder, 'shop/items/get.yaml'), 'utf8'), /^# one item\n[^]*price: 1099 }\n$/);
});

test('a form changes just those lines of the file', async (t) => {
  const before =
    '# one item\nname: One item # as in the shop\nrequest:\n  path: /items/{id}\n  params: { id: { type: integer, example: 1 } }\nresponse:\n  body:\n    json:\n      id: 1\n      # in cents\n      price: 10\n      owner: ada@example.com\n';
  const { page, folder, service, errors } = await stage(t, { ...shop(), 'shop/items/get.yaml': before });
  const file = () => readFileSync(join(folder, 'shop/items/get.yaml'), 'utf8');
  const holds = (what, text) => until(what, () => file() === text);
  await fixture(page, '/items/{id}').click();
  const body = page.getByRole('textbox', { name: 'Body of the answer' });
  await body.getByText('ada@example.com').click();
  await page.getByRole('combobox', { name: 'Rule for $.owner' }).selectOption('email');
  let text = `${before}  match:\n    $.owner: email\n`;
  await holds('the rule', text);
  await body.locator('.cm-note', { hasText: 'email' }).waitFor();
  await page.getByRole('textbox', { name: 'Status' }).fill('203');
  await page.keyboard.press('Tab');
  text += '  status: 203\n';
  await holds('the status', text);
  await page.getByRole('combobox', { name: 'Add a condition' }).selectOption('Header');
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('x-tenant');
  await page.keyboard.press('Enter');
  await page.getByRole('combobox', { name: 'Rule for x-tenant' }).selectOption('one of');
  await page.getByRole('textbox', { name: 'What x-tenant has to be' }).fill('acme, globex');
  await page.keyboard.press('Tab');
  text = text.replace('response:', '  headers:\n    x-tenant: {one_of: [acme, globex]}\nresponse:');
  await until('the condition', () => /x-tenant: *\{one_of: \[acme, globex\]\}/.test(file()));
  await body.getByText('10', { exact: true }).dblclick();
  await page.keyboard.type('12.50');
  await until('the price', () => file().includes('      # in cents\n      price: 12.50\n'));
  assert.ok(file().startsWith('# one item\nname: One item # as in the shop\n'));
  const url = await service('shop');
  assert.equal((await fetch(`${url}/items/1`)).status, 404);
  const answer = await fetch(`${url}/items/1`, { headers: { 'x-tenant': 'acme' } });
  assert.deepEqual([answer.status, await answer.text()], [203, '{"id":1,"price":12.50,"owner":"ada@example.com"}']);
  // One thing at a time is taken back.
  const priced = file();
  await page.getByRole('heading', { name: 'Answer' }).click();
  await page.keyboard.press('Control+z');
  await holds('the price is taken back', priced.replace('12.50', '10'));
  await page.keyboard.press('Control+z');
  await until('the condition is taken back', () => file().includes('x-tenant: {type: any}'));
  assert.deepEqual(errors, []);
});

test('what answers sets the state, which is seen and set', async (t) => {
  const { page, folder, service, errors } = await stage(t, {
    'understudy.yaml': 'version: 1\nservices: { shop: { dir: shop } }\n',
    'shop/cart/add.yaml': 'request: { method: POST, path: /cart }\nresponse: { status: 204 }\n',
    'shop/cart/get.yaml':
      'request: { path: /cart }\nresponse:\n  - body: { json: { items: 0 } }\n  - body: { json: { items: 2 } }\n',
  });
  const holds = (file, text) => until(text, () => readFileSync(join(folder, 'shop/cart', file), 'utf8').includes(text));
  await fixture(page, 'GET').click();
  await page.getByRole('combobox', { name: 'Response', exact: true }).selectOption('2 of 2');
  await page.getByRole('textbox', { name: 'This answer when' }).fill('cart: filled | paid');
  await page.keyboard.press('Tab');
  await holds('get.yaml', 'when: {cart: [filled, paid]}');
  await page.getByRole('textbox', { name: 'Body of the answer' }).getByText('2', { exact: true }).waitFor();
  await fixture(page, 'POST').click();
  await page.getByRole('textbox', { name: 'Answering sets' }).fill('cart: filled');
  await page.keyboard.press('Tab');
  await holds('add.yaml', 'set: {cart: filled}');
  const url = await service('shop');
  const items = async () => (await (await fetch(`${url}/cart`)).json()).items;
  const state = page.getByRole('region', { name: 'State of shop' }).getByRole('combobox', { name: 'cart' });
  assert.deepEqual([await state.inputValue(), await items(), await items()], ['', 0, 0]);
  await fetch(`${url}/cart`, { method: 'POST' });
  await until('the state is seen', async () => (await state.inputValue()) === '=filled');
  assert.equal(await items(), 2);
  await state.selectOption('not set');
  await until('it is not set', async () => (await items()) === 0);
  await state.selectOption('paid');
  await until('it is set', async () => (await items()) === 2);
  await until('it is shown', async () => (await state.inputValue()) === '=paid');
  if (process.env.LOOK) await page.screenshot({ path: process.env.LOOK });
  await page.getByRole('button', { name: 'Reset the state of shop' }).click();
  await until('it is as at the start', async () => (await items()) === 0 && (await state.inputValue()) === '');
  assert.deepEqual(errors, []);
});

test('a body that is no JSON yet is said, and what was typed stays', async (t) => {
  const { page, folder } = await stage(t, shop());
  const file = () => readFileSync(join(folder, 'shop/items/get.yaml'), 'utf8');
  const before = file();
  await fixture(page, '/items/{id}').click();
  const body = page.getByRole('textbox', { name: 'Body of the answer' });
  await body.getByText('10').click();
  await page.keyboard.press('End');
  await page.keyboard.type(', "new":');
  await page.getByRole('alert').getByText('not saved until it is JSON').waitFor();
  await page.getByRole('textbox', { name: 'Status' }).fill('201');
  await page.keyboard.press('Tab');
  await until('the status', () => file() === before.replace('response:\n', 'response:\n').concat('  status: 201\n'));
  // It is there again after a look elsewhere, and another response is another body.
  await page.getByRole('tab', { name: 'Source' }).click();
  await page.getByRole('tab', { name: 'Form' }).click();
  await page.getByRole('alert').getByText('not saved until it is JSON').waitFor();
  await body.getByText('"new":').click();
  await page.keyboard.press('End');
  // The cursor stays where it is when what is typed is taken.
  await page.keyboard.type(' 1');
  await until('it is JSON', () => file().includes('price: 10, new: 1 }'));
  await page.keyboard.type('2');
  await until('it goes on', () => file().includes('price: 10, new: 12 }'));
  assert.equal(await page.getByRole('alert').count(), 0);
});

test('a body belongs to its response, and is not written over what another program wrote', async (t) => {
  const two = 'request: { path: /two }\nresponse:\n  - body: { json: { n: 1 } }\n  - body: { json: { n: 2 } }\n';
  const { page, folder, write } = await stage(t, { ...shop(), 'shop/two.yaml': two });
  const file = () => readFileSync(join(folder, 'shop/two.yaml'), 'utf8');
  await fixture(page, '/two').click();
  const body = page.getByRole('textbox', { name: 'Body of the answer' });
  await body.getByText('1', { exact: true }).last().dblclick();
  await page.keyboard.type('x');
  await page.getByRole('alert').waitFor();
  await page.getByRole('combobox', { name: 'Response' }).selectOption('2 of 2');
  await until('the other body', async () => (await body.innerText()).includes('"n": 2'));
  assert.equal(await page.getByRole('alert').count(), 0);
  await page.getByRole('combobox', { name: 'Response' }).selectOption('1 of 2, verified');
  await page.getByRole('alert').waitFor();
  write('shop/two.yaml', two.replace('n: 1', 'n: 7'));
  await page.getByText('The file has another body by now.').waitFor();
  await body.getByText('x').click();
  await page.keyboard.press('End');
  await page.keyboard.press('Backspace');
  await page.keyboard.type('5');
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.ok(file().includes('n: 7'));
  await page.getByRole('button', { name: 'Keep mine' }).click();
  await until('mine is kept', () => file() === two.replace('n: 1', 'n: 5'));
});

test('a file that turns bad says where, and the last good version goes on', async (t) => {
  const { page, write, service } = await stage(t, shop());
  await fixture(page, '/items/{id}').click();
  await source(page);
  write('shop/items/get.yaml', 'request:\n  path: /items/{id}\nresponse: { statuss: 200 }\n');
  await page.getByText('statuss').first().waitFor();
  await page.getByRole('list', { name: 'Problems' }).getByText('did you mean').waitFor();
  assert.equal((await fetch(`${await service('shop')}/items/1`)).status, 200);
});

test('the editor says what can be written, and what it is for', async (t) => {
  const { page, folder } = await stage(t, shop());
  await fixture(page, '/items/{id}').click();
  await source(page);
  const editor = page.getByRole('textbox', { name: 'Source of items/get.yaml' });
  await editor.click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type('verify:\n  sk');
  await page.getByText('Why it is not replayed.').waitFor();
  // The editor takes no Enter for what it has offered for less than 75 ms.
  await page.getByRole('option', { name: 'skip' }).click();
  await page.keyboard.type('costs money');
  await until('it is saved', () => readFileSync(join(folder, 'shop/items/get.yaml'), 'utf8').endsWith('verify:\n  skip: costs money'));
});

test('a miss becomes a fixture', async (t) => {
  const { page, folder, service } = await stage(t, shop());
  const url = `${await service('shop')}/orders/7?full=1`;
  assert.equal((await fetch(url)).status, 404);
  await page.getByRole('button', { name: 'Traffic' }).click();
  await page.getByRole('row').filter({ hasText: '/orders/7' }).click();
  await page.getByText('No fixture matches').waitFor();
  await page.getByRole('button', { name: 'Make a fixture' }).click();
  await source(page);
  await page.getByRole('textbox', { name: 'Source of orders/get-7.yaml' }).waitFor();
  const answer = await fetch(url);
  assert.deepEqual([answer.status, await answer.json()], [200, {}]);
  assert.equal((await fetch(url.replace('full=1', 'full=2'))).status, 404);
  assert.ok(existsSync(join(folder, 'shop/orders/get-7.yaml')));
});

test('a deletion is taken back', async (t) => {
  const { page, folder, service } = await stage(t, shop());
  const file = join(folder, 'shop/items/get.yaml');
  const before = readFileSync(file, 'utf8');
  await fixture(page, '/items/{id}').click();
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByText('Deleted items/get.yaml').waitFor();
  await until('the file is gone', () => !existsSync(file));
  assert.equal((await fetch(`${await service('shop')}/items/1`)).status, 404);
  await page.getByRole('button', { name: 'Undo' }).click();
  await fixture(page, '/items/{id}').waitFor();
  assert.equal(readFileSync(file, 'utf8'), before);
  assert.equal((await fetch(`${await service('shop')}/items/1`)).status, 200);
});

test('an edit outside while the editor is dirty is asked about', async (t) => {
  const { page, folder, write } = await stage(t, shop());
  const file = join(folder, 'shop/items/get.yaml');
  const editor = page.getByRole('textbox', { name: 'Source of items/get.yaml' });
  const outside = 'request: { path: /items/outside }\nresponse: { status: 204 }\n';
  for (const choice of ['Keep mine', "Take the file's"]) {
    await fixture(page, 'items').nth(0).waitFor();
    await page.getByRole('treeitem').nth(1).click();
    await source(page);
    await editor.click();
    // Both sides write before either could be told of the other.
    await page.keyboard.press('Control+End');
    await page.keyboard.type('# mine');
    write('shop/items/get.yaml', outside);
    await page.getByRole('alert').waitFor();
    await page.getByRole('button', { name: 'Compare' }).click();
    const compared = page.getByRole('region', { name: 'Comparison' });
    await compared.getByText('in the file: request: { path: /items/outside }').waitFor();
    await compared.getByText('mine: # mine').waitFor();
    await page.getByRole('button', { name: choice }).click();
    const mine = choice === 'Keep mine';
    await until(choice, () => readFileSync(file, 'utf8').includes('# mine') === mine);
    await until('the editor shows it', async () => (await editor.textContent()).includes('# mine') === mine);
  }
  assert.equal(readFileSync(file, 'utf8'), outside);
});

test('what was typed is kept: through a conflict, a look elsewhere, and at once', async (t) => {
  const { page, folder, write } = await stage(t, { ...shop(), 'shop/crlf.yaml': 'request:\r\n  path: /crlf\r\n' });
  const file = join(folder, 'shop/items/get.yaml');
  const editor = page.getByRole('textbox', { name: 'Source of items/get.yaml' });
  await fixture(page, '/items/{id}').click();
  await source(page);
  await editor.click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type('# mine');
  write('shop/items/get.yaml', 'request: { path: /items/outside }\n');
  await page.getByRole('alert').waitFor();
  await page.keyboard.press('Control+2');
  await page.keyboard.press('Control+1');
  await page.getByRole('alert').waitFor();
  await page.getByRole('button', { name: 'Keep mine' }).click();
  await until('mine is kept', () => readFileSync(file, 'utf8').endsWith('# mine'));
  await editor.click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type(' still');
  await page.keyboard.press('Control+2');
  await until('it is saved', () => readFileSync(file, 'utf8').endsWith('# mine still'));
  await page.keyboard.press('Control+1');
  await fixture(page, 'crlf').click();
  await page.getByRole('textbox', { name: 'Source of crlf.yaml' }).click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type('# x');
  await until('the lines keep their ends', () => readFileSync(join(folder, 'shop/crlf.yaml'), 'utf8') === 'request:\r\n  path: /crlf\r\n# x');
});

test('a broken promise is accepted, the run is green, and git shows just those lines', async (t) => {
  const item = (body) => `# one item\nrequest:\n  path: /items/{id}\n  params: { id: { type: integer, example: 1 } }\nresponse:\n  body:\n    json:\n${body}`;
  const before = item('      id: 1\n      # in cents\n      price: "10"   # as agreed\n      old: true\n      name: "Hat"\n');
  const real = await stage(t, { ...shop(), 'shop/items/get.yaml': item('      id: 1\n      price: 12.50\n      name: "Cap"\n') });
  const backend = `, backends: { real: { url: "${await real.service('shop')}" } }`;
  const { page, folder } = await stage(t, { ...shop(backend), 'shop/items/get.yaml': before });
  const git = (...args) => execFileSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { encoding: 'utf8' });
  git('init', '-q');
  git('add', '-A');
  git('commit', '-qm', 'before');
  await page.getByRole('button', { name: 'Verify' }).first().click();
  await page.getByRole('button', { name: /Run 2/ }).click();
  await page.getByRole('button', { name: 'Accept all' }).click();
  await page.getByText('accepted', { exact: true }).nth(1).waitFor();
  const changed = git('diff', '-U0').split('\n').filter((line) => /^[-+] /.test(line));
  assert.deepEqual(changed, ['-      price: "10"   # as agreed', '-      old: true', '+      price: 12.50   # as agreed']);
  await page.getByRole('button', { name: 'Run again' }).click();
  await page.getByText('The answer is what was promised.').waitFor();
  await page.keyboard.press('Control+z');
  await until('it is taken back', () => readFileSync(join(folder, 'shop/items/get.yaml'), 'utf8') === before);
  await page.getByRole('button', { name: 'Run again' }).click();
  await page.getByRole('button', { name: 'Mark $.price as known' }).click();
  await page.getByRole('textbox', { name: 'Why' }).fill('ticket 7');
  await page.getByRole('button', { name: 'Mark as known', exact: true }).click();
  await page.getByText('known until 2').waitFor();
  await page.getByRole('button', { name: 'Accept $.old' }).click();
  await page.getByText('accepted', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Run again' }).click();
  await page.getByText('Accepted for now').waitFor();
});

test('a run names the broken promise, and is green when it is mended', async (t) => {
  const real = await stage(t, {
    ...shop(),
    'shop/items/get.yaml': 'request:\n  path: /items/{id}\nresponse:\n  body:\n    json: { id: 1, cost: 10 }\n',
  });
  const backend = `, backends: { real: { url: "${await real.service('shop')}" } }`;
  const { page, write, command } = await stage(t, shop(backend));
  await page.getByRole('button', { name: 'Verify' }).first().click();
  await page.getByRole('button', { name: /Run 2 against localhost/ }).click();
  await page.getByRole('row').filter({ hasText: '$.price' }).getByText('missing').waitFor();
  await page.getByText('$.cost').waitFor();
  const { command: line } = await command('run', { run: 0, known: 0 });
  assert.match(line, /^understudy verify '.*'$/);
  write('shop/items/get.yaml', 'request:\n  path: /items/{id}\n  params: { id: { example: 1 } }\nresponse:\n  body:\n    json: { id: 1, cost: 10 }\n');
  await until('the edit is read', async () => (await command('project', {})).revision > 1);
  await page.getByRole('button', { name: 'Run the broken ones again' }).click();
  await page.getByText('The answer is what was promised.').waitFor();
  await page.getByRole('contentinfo').getByText('1 kept of 1').waitFor();
});

test('a failure that many fixtures share is one reason, with its fixtures', async (t) => {
  const fixture = (path, response) => `request: { path: /${path} }\nresponse: ${response}\n`;
  const names = ['a', 'b', 'c', 'd', 'e'];
  const each = (response) => Object.fromEntries(names.map((name) => [`shop/${name}.yaml`, fixture(name, response)]));
  const real = await stage(t, { ...shop(), ...each('{ status: 401, body: { json: { message: token expired } } }') });
  const backend = `, backends: { real: { url: "${await real.service('shop')}" } }`;
  const { page } = await stage(t, { ...shop(backend), ...each('{ body: { json: { id: 1 } } }') });
  await page.getByRole('button', { name: 'Verify' }).first().click();
  await page.getByRole('button', { name: /^Run/ }).click();
  await page.getByRole('heading', { name: 'status 401' }).waitFor();
  await page.getByRole('region', { name: 'Reason' }).getByText('token expired').waitFor();
  await page.getByRole('treeitem', { name: /status 401.*5 fixtures/ }).waitFor();
  await page.getByRole('button', { name: /GET \/c/ }).click();
  await page.getByRole('heading', { name: 'GET /c' }).waitFor();
  await page.getByRole('button', { name: 'By fixture' }).click();
  await page.getByRole('treeitem', { name: /shop.*7 fixtures/ }).waitFor();
});

test('with the keyboard alone, from the start to a finished run', async (t) => {
  const real = await stage(t, shop());
  const backend = `, backends: { real: { url: "${await real.service('shop')}" } }`;
  const { page } = await stage(t, shop(backend));
  await page.getByText('Ask for something').waitFor();
  await page.keyboard.press('Control+p');
  await page.keyboard.type('items id');
  await page.keyboard.press('Enter');
  await page.getByRole('textbox', { name: 'Body of the answer' }).waitFor();
  await page.keyboard.press('Control+Shift+T');
  await page.getByRole('textbox', { name: 'Path and query' }).waitFor();
  await page.keyboard.press('Control+Enter');
  await page.getByText('200 OK').waitFor();
  await page.keyboard.press('Control+2');
  await page.keyboard.press('F6');
  await page.keyboard.press('Control+f');
  await page.keyboard.type('status:2xx');
  await page.keyboard.press('ArrowDown');
  await page.getByText('this one answers').waitFor();
  await page.keyboard.press('Control+4');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('contentinfo').getByText('2 kept of 2').waitFor();
  await page.keyboard.press('Control+f');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'results');
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await page.keyboard.press('Escape');
  await until('the focus is back', () => page.evaluate(() => document.activeElement?.id === 'results'));
});

test('a body with a script in it is text', async (t) => {
  const html = '<img src=x onerror="document.title=1"><script>document.title=1</script>';
  const { page, service, errors } = await stage(t, {
    ...shop(),
    'shop/page.yaml': `request: { path: /page }\nresponse:\n  headers: { content-type: text/html }\n  body:\n    text: '${html}'\n`,
  });
  await fetch(`${await service('shop')}/page?<script>alert(1)</script>`);
  await page.getByRole('button', { name: 'Traffic' }).click();
  await page.getByRole('row').filter({ hasText: '/page' }).click();
  await page.getByRole('tab', { name: 'Answer' }).click();
  await page.getByText('onerror=').waitFor();
  assert.equal(await page.locator('img[src="x"]').count(), 0);
  assert.match(await page.title(), /Understudy$/);
  assert.deepEqual(errors, []);
});

test('a fixture is moved to another file, and back', async (t) => {
  const { page, folder, service } = await stage(t, shop());
  const exists = (path) => existsSync(join(folder, 'shop', path));
  await fixture(page, '/items/{id}').click();
  await page.keyboard.press('F2');
  const name = page.getByRole('textbox', { name: 'File' });
  await name.fill('items/list.yaml');
  await page.keyboard.press('Enter');
  await page.getByText('is there already').waitFor();
  await page.keyboard.press('F2');
  await name.fill('things/one');
  await page.keyboard.press('Enter');
  await page.getByText('Now things/one.yaml').waitFor();
  assert.deepEqual([exists('items/get.yaml'), exists('things/one.yaml')], [false, true]);
  assert.equal((await fetch(`${await service('shop')}/items/1`)).status, 200);
  await page.getByRole('button', { name: 'Rename shop/things/one.yaml' }).waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await until('it is back', () => exists('items/get.yaml') && !exists('things/one.yaml'));
});

test('a promise is loosened, and what was promised still keeps it', async (t) => {
  const body = (json) => `request:\n  path: /items/{id}\n  params: { id: { example: 1 } }\nresponse:\n  body:\n    json: ${json}\n`;
  const real = await stage(t, { ...shop(), 'shop/items/get.yaml': body('{ id: 1, notes: [{ by: null }] }') });
  const backend = `, backends: { real: { url: "${await real.service('shop')}" } }`;
  const { page, folder } = await stage(t, { ...shop(backend), 'shop/items/get.yaml': body('{ id: 1, price: 10, notes: [{ by: ada }] }') });
  await page.getByRole('button', { name: 'Verify' }).first().click();
  await page.getByRole('button', { name: /Run 2/ }).click();
  await page.getByRole('button', { name: 'Loosen $.price' }).click();
  await page.getByText('Now $.price: {optional: like}').waitFor();
  await page.getByRole('button', { name: 'Loosen $.notes[0].by' }).click();
  await page.getByText('loosened', { exact: true }).nth(1).waitFor();
  const file = readFileSync(join(folder, 'shop/items/get.yaml'), 'utf8');
  assert.ok(file.endsWith('  match:\n    $.price: {optional: like}\n    $.notes[*].by: {nullable: like}\n'), file);
  await page.getByRole('button', { name: 'Run again' }).click();
  await page.getByText('The answer is what was promised.').waitFor();
});

test('traffic and a run are exported, without credentials', async (t) => {
  const real = await stage(t, shop());
  const { page, downloads, service } = await stage(t, shop(`, backends: { real: { url: "${await real.service('shop')}" } }`));
  const saved = (name) => readFileSync(join(downloads, name), 'utf8');
  const url = await service('shop');
  await fetch(`${url}/items?api_key=planted`, { headers: { authorization: 'Bearer planted' } });
  await fetch(`${url}/nothing`, { method: 'POST', body: '{"password":"planted","n":1}' });
  await page.getByRole('button', { name: 'Traffic' }).click();
  await page.getByRole('row').filter({ hasText: '/nothing' }).waitFor();
  await page.getByRole('button', { name: 'Export as HAR' }).click();
  await page.getByText('Saved as').waitFor();
  const day = new Date().toISOString().slice(0, 10);
  const har = JSON.parse(saved(`shop-frontend-traffic-${day}.har`));
  assert.deepEqual(har.log.entries.map(({ request, response }) => [request.method, response.status]), [['GET', 200], ['POST', 404]]);
  assert.ok(har.log.entries[0].response.content.text.includes('"price"'));
  assert.ok(!JSON.stringify(har).includes('planted'));
  await page.getByRole('searchbox', { name: 'Filter traffic' }).or(page.getByRole('textbox', { name: 'Filter traffic' })).fill('status:404');
  await page.getByRole('button', { name: 'Export as HAR' }).click();
  await until('the second file', () => existsSync(join(downloads, `shop-frontend-traffic-${day}-2.har`)));
  assert.equal(JSON.parse(saved(`shop-frontend-traffic-${day}-2.har`)).log.entries.length, 1);
  await page.keyboard.press('Control+4');
  await page.getByRole('button', { name: /Run 2/ }).click();
  await page.getByRole('contentinfo').getByText('2 kept of 2').waitFor();
  await page.getByRole('button', { name: 'Export the report' }).click();
  await until('the report', () => existsSync(join(downloads, `shop-frontend-verify-${day}.html`)));
  assert.match(saved(`shop-frontend-verify-${day}.html`), /2 of 2 promises kept/);
});

test('words are searched in all fixtures, and lead to their line', async (t) => {
  const { page } = await stage(t, shop());
  await page.getByText('Ask for something').waitFor();
  await page.keyboard.press('Control+Shift+F');
  await page.getByRole('combobox', { name: 'Text in fixtures' }).pressSequentially('PARAMS');
  await page.getByText('items/get.yaml:4').waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('textbox', { name: 'Source of items/get.yaml' }).waitFor();
  await until('the line is selected', async () => (await page.evaluate(() => getSelection()?.toString())).trim().startsWith('params:'));
});

test('a key is given to an action, and taken from another', async (t) => {
  const { page } = await stage(t, shop());
  await page.getByText('Ask for something').waitFor();
  await page.keyboard.press('Control+,');
  const key = (label) => page.getByRole('button', { name: label });
  await key('Show Traffic: Ctrl 2').click();
  await page.keyboard.press('s');
  await page.getByText('is needed for writing').waitFor();
  await key('Show Traffic: Ctrl 2').click();
  await page.keyboard.press('Control+4');
  await key('Show Traffic: Ctrl 4').waitFor();
  await key('Show Verify: no key').waitFor();
  await page.reload();
  await page.getByText('Ask for something').waitFor();
  await page.keyboard.press('Control+4');
  await page.getByRole('region', { name: 'Traffic' }).or(page.getByText('Nothing was asked')).first().waitFor();
  await page.keyboard.press('Control+,');
  await page.getByRole('button', { name: 'Usual key for Show Verify' }).click();
  await key('Show Verify: Ctrl 4').waitFor();
});

test('an archive of a browser becomes fixtures, without credentials, and can be taken back', async (t) => {
  const { page, folder, service } = await stage(t, shop());
  const entry = (at, method, path, headers, status, body) => ({
    startedDateTime: `2026-01-01T00:00:0${at}.000Z`,
    _resourceType: 'fetch',
    request: { method, url: `https://api.shop.test${path}`, headers },
    response: { status, headers: [], content: { mimeType: 'application/json', text: JSON.stringify(body) } },
  });
  const token = [{ name: 'Authorization', value: 'Bearer planted-secret-token' }];
  const archive = {
    log: { entries: [entry(0, 'GET', '/orders', token, 200, [{ id: 7 }]), entry(1, 'GET', '/orders/7', token, 200, { id: 7, total: 12.5 })] },
  };
  await page.getByText('Ask for something').waitFor();
  const file = { name: 'shop.har', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(archive)) };
  await page.getByLabel('HAR file').setInputFiles(file);
  await page.getByText('2 fixtures of 2 exchanges with https://api.shop.test; 1 secret redacted').waitFor();
  const made = readFileSync(join(folder, 'shop/orders/get.yaml'), 'utf8');
  assert.ok(made.includes('authorization: Bearer {{token}}') && !made.includes('planted'), made);
  const answer = await fetch(`${await service('shop')}/orders/7`, { headers: { authorization: 'Bearer x' } });
  assert.deepEqual(await answer.json(), { id: 7, total: 12.5 });
  await page.getByRole('button', { name: 'Undo' }).click();
  await until('they are gone', () => !existsSync(join(folder, 'shop/orders/get.yaml')) && !existsSync(join(folder, 'shop/orders/list.yaml')));
});

test('two windows show one app, and the second goes on when the first is killed', async (t) => {
  const first = await stage(t, shop());
  const second = await stage(t, {}, { there: first.folder });
  assert.equal(await first.service('shop'), await second.service('shop'));
  await fetch(`${await first.service('shop')}/items/1?asked=first`);
  await second.page.getByRole('button', { name: 'Traffic' }).click();
  await second.page.getByRole('row').filter({ hasText: 'asked=first' }).waitFor();
  await second.page.getByRole('button', { name: 'Services' }).click();
  await fixture(second.page, '/items/{id}').click();
  await second.page.getByRole('textbox', { name: 'Status' }).fill('203');
  await second.page.keyboard.press('Tab');
  await fixture(first.page, '/items/{id}').click();
  await until('the first shows it', async () => (await first.page.getByRole('textbox', { name: 'Status' }).inputValue()) === '203');
  first.kill();
  await until('the second answers', async () => (await fetch(`${await second.service('shop')}/items/1?asked=second`).catch(() => null))?.status === 203);
  await second.page.getByRole('button', { name: 'Traffic' }).click();
  await second.page.getByRole('row').filter({ hasText: 'asked=second' }).waitFor();
  assert.equal(await second.page.getByRole('row').filter({ hasText: 'asked=first' }).count(), 1, 'what the first was asked is known');
});

test('traffic is there again the next time, without secrets, until it is cleared', async (t) => {
  const { folder, service, end, page: first } = await stage(t, shop());
  await fetch(`${await service('shop')}/items/1?asked=before&token=planted-token`);
  await fetch(`${await service('shop')}/nothing`, { headers: { authorization: 'Bearer planted-header' } });
  await first.getByRole('button', { name: 'Traffic' }).click();
  await first.getByRole('row').filter({ hasText: 'planted-token' }).waitFor();
  await end();
  const again = await stage(t, {}, { there: folder });
  await again.page.getByRole('button', { name: 'Traffic' }).click();
  const row = again.page.getByRole('row').filter({ hasText: 'asked=before' });
  assert.match(await row.innerText(), /token=redacted-token-1[\s\S]*items\/get/);
  await again.page.getByRole('row').filter({ hasText: '/nothing' }).click();
  await again.page.getByText('No fixture matches').waitFor();
  assert.ok(!(await again.page.locator('body').innerText()).includes('planted'));
  assert.deepEqual(again.errors, []);
  await again.page.getByRole('button', { name: 'Clear' }).click();
  await until('it is gone', async () => (await row.count()) === 0);
  await again.end();
  const last = await stage(t, {}, { there: folder });
  await fetch(`${await last.service('shop')}/items/1?asked=after`);
  await last.page.getByRole('button', { name: 'Traffic' }).click();
  await last.page.getByRole('row').filter({ hasText: 'asked=after' }).waitFor();
  assert.equal(await last.page.getByRole('row').filter({ hasText: 'asked=before' }).count(), 0);
});

test('a port that is taken is said, and the others go on', async (t) => {
  const first = await stage(t, shop());
  const taken = new URL(await first.service('shop')).port;
  const { page, service } = await stage(t, {
    'understudy.yaml': `version: 1\nport: ${taken}\nservices:\n  shop: { dir: shop }\n  other: { dir: other, port: ${taken} }\n`,
    'shop/a.yaml': 'request: { path: /a }\nresponse: { status: 204 }\n',
    'other/b.yaml': 'request: { path: /b }\nresponse: { status: 204 }\n',
  });
  for (const what of ['other', 'the shared port']) {
    await page.getByRole('contentinfo').getByText(`${what}: port ${taken} is in use`).waitFor();
  }
  assert.equal((await fetch(`${await service('shop')}/a`)).status, 204);
});
