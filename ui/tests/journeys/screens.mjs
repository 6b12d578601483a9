// Makes the pictures of the README, from the sample project and a backend that breaks a promise. With SCREENS=FOLDER: every
// screen in both themes and two sizes, to look at.

import { mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { finish, stage } from './stage.mjs';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const OUT = process.env.SCREENS ?? join(ROOT, 'docs/screens');
const SHOWN = ['services-light', 'traffic-dark', 'record-light', 'verify-light'];
const SIZES = process.env.SCREENS ? [[1280, 800], [1024, 640]] : [[1280, 800]];

/** The sample as a map of files. */
function sample() {
  const files = {};
  const walk = (folder, prefix) => {
    for (const name of readdirSync(folder).filter((name) => !name.startsWith('.'))) {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) walk(path, `${prefix}${name}/`);
      else files[`${prefix}${name}`] = readFileSync(path);
    }
  };
  walk(join(ROOT, 'fixtures'), '');
  return files;
}

const ends = [];
const t = { after: (end) => ends.push(end) };
const files = sample();
const theatre = (backends) =>
  `version: 1\nservices:\n  theatre: { dir: theatre, owner: front-of-house${backends} }\n  registry: { dir: registry, owner: platform }\n`;
const play = String(files['theatre/plays/get.yaml']);
const real = await stage(t, {
  ...files,
  'understudy.yaml': theatre(''),
  'theatre/seats/get.yaml': 'request: { path: "/seats/{id}" }\nresponse: { body: { json: { id: 12, row: C, price: 24.00, free: true } } }\n',
  'theatre/sessions/create.yaml': 'request: { method: POST, path: /sessions }\nresponse: { status: 201, body: { json: { token: a-token-of-mine, expires: 3600 } } }\n',
  'theatre/plays/get.yaml': play.replace('price: 12.00', 'price: "12.00"').replace('genre: comedy, ', '').replace(/\n {4}\$\.price.*/, ''),
});
const backend = `, backends: { staging: { url: "${await real.service('theatre')}" } }`;

mkdirSync(OUT, { recursive: true });
for (const [width, height] of SIZES) {
  const app = await stage(t, { ...files, 'understudy.yaml': theatre(backend) }, { width, height });
  const { page } = app;
  const url = await app.service('theatre');
  const shot = async (name) => {
    for (const theme of ['light', 'dark']) {
      await page.evaluate((theme) => (document.documentElement.dataset.theme = theme), theme);
      if (!process.env.SCREENS && !SHOWN.includes(`${name}-${theme}`)) continue;
      const size = width === 1280 ? '' : `-${width}`;
      await page.screenshot({ path: join(OUT, `${name}-${theme}${size}.png`) });
    }
  };
  await page.getByText('Ask for something').waitFor();
  await page.keyboard.press('Control+4');
  await page.getByRole('button', { name: /Run/ }).click();
  await page.getByRole('contentinfo').getByText('broken of').waitFor();
  await page.getByRole('row').filter({ hasText: '$.price' }).waitFor();
  await shot('verify');
  await page.keyboard.press('Control+1');
  await shot('start');
  await page.keyboard.press('Control+p');
  await page.keyboard.type('one play');
  await page.keyboard.press('Enter');
  await page.getByText('Saved', { exact: true }).waitFor();
  await page.getByRole('textbox', { name: 'Body of the answer' }).getByText('"The Understudy"').click();
  await page.getByRole('combobox', { name: 'Rule for $.title' }).waitFor();
  await shot('services');
  await page.getByRole('tab', { name: 'Source' }).click();
  await shot('source');
  for (const path of ['/plays', '/plays/1', '/plays/404', '/stage/props/left/top/skull', '/play/1', '/plays/1/poster.svg']) {
    await fetch(`${url}${path}`);
  }
  await fetch(`${url}/bookings`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"play":1,"seat":"A1","name":"Robin"}' });
  await fetch(`${url}/bookings`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"play":1,"seat":"a1","name":"Robin"}' });
  await page.keyboard.press('Control+2');
  await page.getByRole('row').filter({ hasText: '/bookings' }).nth(1).click();
  await page.getByText('No fixture matches').waitFor();
  await shot('traffic');
  await page.keyboard.press('Control+3');
  await page.getByRole('region', { name: 'Inbox' }).waitFor();
  await shot('record-start');
  await page.getByRole('button', { name: 'Record', exact: true }).last().click();
  await page.getByRole('group', { name: 'Recording theatre' }).waitFor();
  const json = { 'content-type': 'application/json' };
  await fetch(`${url}/sessions`, { method: 'POST', headers: json, body: '{"user":"robin","password":"hunter2"}' });
  const headers = { authorization: 'Bearer a-token-of-mine' };
  for (const path of ['/plays', '/plays/1', '/plays/2', '/plays/1/poster.svg', '/seats/12', '/seats/13']) await fetch(`${url}${path}`, { headers });
  await page.getByText('7 exchanges, all on the disk').waitFor();
  await page.getByRole('treeitem').filter({ hasText: 'seats/get' }).first().click();
  await page.getByText('replaces a secret in').first().waitFor();
  await page.getByRole('textbox', { name: 'The fixture that is proposed' }).getByText('/seats/').first().waitFor();
  await shot('record');
  await page.getByRole('treeitem').filter({ hasText: 'plays/get' }).first().click();
  await shot('record-changed');
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await page.keyboard.press('Control+,');
  await shot('settings');
  await page.keyboard.press('Control+Shift+F');
  await page.getByRole('combobox', { name: 'Text in fixtures' }).pressSequentially('price');
  await page.getByText('plays/get.yaml:').first().waitFor();
  await shot('search');
  await page.keyboard.press('Escape');
}
for (const end of ends.reverse()) await end();
await finish();
